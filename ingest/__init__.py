"""Documents in: loading files and links into text with exact offsets, and splitting into passages."""
