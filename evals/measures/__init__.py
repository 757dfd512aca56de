"""Measures, each with its definition and source where it is written."""
