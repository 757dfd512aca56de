"""Embedding models: the one that comes with Footnote, another local one, or a provider's."""
