"""Benchmarks of speed, memory and quality, run as ``python -m evals.benchmarks.NAME``."""
