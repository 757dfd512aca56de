"""Documents in: files and links to text with exact offsets, and that text to passages."""
