"""Stored answers, and whether their citations still hold after a change."""
