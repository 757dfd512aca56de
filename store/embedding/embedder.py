"""The embedding model that the store needs, as an extension of LangChain's ``Embeddings``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EncodeProgress = Callable[[int, int], None]
"""Texts done, texts in all."""


class Embedder(Embeddings):
    """An embedding model. Safe to share between threads; building one loads nothing.

    LangChain programs call ``embed_documents`` and ``embed_query``; the store takes arrays.
    """

    name: str
    fingerprint: str
    """What makes vectors comparable: model, its weights, its prompts and its window."""
    max_tokens: int
    """The longest text of a document in tokens, special tokens included; more is cut off."""
    dimensions: int
    """Length of a vector."""
    workers: int = 1
    """How many processes encode: as many times as many texts are encoded together."""

    @abstractmethod
    def count_tokens(self, text: str) -> int:
        """Tokens that ``text`` takes of the window, special tokens included."""

    @abstractmethod
    def encode_documents(
        self, texts: Sequence[str], progress: EncodeProgress | None = None
    ) -> NDArray[np.float32]:
        """Unit-length float32 vectors of shape ``(len(texts), dimensions)``, in order.

        ``progress(done, total)`` is called after each batch. Raises ``StoreError`` if the model
        cannot be used.
        """

    @abstractmethod
    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As ``encode_documents``, for questions: some models want another prompt for them."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's interface to ``encode_documents``."""
        return [[float(x) for x in vector] for vector in self.encode_documents(texts)]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's interface to ``encode_queries``."""
        return [float(x) for x in self.encode_queries([text])[0]]
