"""Fits the probabilities of ``app.evidence`` to labelled questions."""
