"""Footnote in LangChain programs: a retriever, and the whole answerer as a runnable."""

from app.langchain.answerer import FootnoteAnswerer
from app.langchain.retriever import FootnoteRetriever

__all__ = ["FootnoteAnswerer", "FootnoteRetriever"]
