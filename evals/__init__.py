"""Answers measured: question sets, runs, scores and comparisons."""
