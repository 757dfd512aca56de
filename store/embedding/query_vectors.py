"""Vectors of questions, with a small cache: the same question is often asked again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from store.embedding.embedder import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CACHE_SIZE = 64


class QueryVectors:
    """Unit vectors of questions, the last ones remembered; safe to share between threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def of(self, questions: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vector of each question, shape (dimensions,); blank ones are left out."""
        distinct = [question for question in dict.fromkeys(questions) if question.strip()]
        with self._lock:
            cached = {
                question: self._known[question] for question in distinct if question in self._known
            }
        fresh = [question for question in distinct if question not in cached]
        if fresh:
            cached.update(zip(fresh, self._embedder.encode_queries(fresh), strict=True))
            with self._lock:
                self._known.update(cached)
                while len(self._known) > CACHE_SIZE:
                    self._known.popitem(last=False)
        return cached

    def clear(self) -> None:
        """Forgets all vectors."""
        with self._lock:
            self._known.clear()
