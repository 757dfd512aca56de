"""Reading documents: files and links to text with exact offsets, and text to passages."""
