"""Excel and CSV."""
