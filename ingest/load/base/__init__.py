"""Shared by all loaders: the input, the text builder, encodings, archives and tables."""
