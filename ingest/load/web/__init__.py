"""Fetching pages and files by their URL."""
