"""Indexing: reads, splits and embeds documents, here or on a Ray cluster, and maintenance."""
