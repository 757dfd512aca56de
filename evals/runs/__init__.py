"""Evaluation runs: systems are asked a set's questions, and their answers are scored."""
