"""The commands of ``footnote eval``."""
