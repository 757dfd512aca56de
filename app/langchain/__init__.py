"""LangChain integration: a retriever, and the answerer as a runnable."""

from app.langchain.answerer import FootnoteAnswerer
from app.langchain.retriever import FootnoteRetriever

__all__ = ["FootnoteAnswerer", "FootnoteRetriever"]
