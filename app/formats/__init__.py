"""Answers and text as other forms: JSON, plain text, Markdown inside a line, safe HTML."""
