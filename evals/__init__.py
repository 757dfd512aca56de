"""Evaluation: question sets, runs, scores, comparisons and reports."""
