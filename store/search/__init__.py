"""Retrieval: dense, lexical and hybrid search, and the reranker."""
