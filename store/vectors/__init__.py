"""The vector index: Chroma, and exact search over what it does not have yet."""
