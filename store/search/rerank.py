"""Reranks hits by their sentences: a passage scores as high as its nearest sentence.

A passage's vector is the mean of all that it says, so one telling sentence among six is lost in it.
Comparing the question with every sentence of the first hits finds it again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from ingest.language.sentences import prose_sentences
from store.embedding.embedder import Embedder
from store.embedding.sentence_vectors import unpack_vectors
from store.results import Hit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# How many hits are compared sentence by sentence. Of the passages that hold the answer, all but one
# in two hundred are among the first twelve, on two public question sets and our own.
RERANKED_HITS = 12
# What the nearest sentence's cosine counts against the fused score. A logistic fit gives 0.7 to
# 0.85 on two question sets; recall@3 stays within one point for weights from 0.5 to 1.5.
SENTENCE_WEIGHT = 0.75
CACHE_SIZE = 20_000


class Reranker:
    """Compares questions with sentences; safe to share between threads.

    Most vectors of sentences are kept with their passages. Of those that are made here the ones
    used last are remembered, 1.5 kB each.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def rerank(
        self, question: NDArray[np.float32], hits: Sequence[Hit], packed: Mapping[str, bytes]
    ) -> list[Hit]:
        """The hits in their new order, each with ``cosines`` and the part ``sentence``.

        ``question`` is the question's unit vector, shape (dimensions,). ``packed`` are the vectors
        of the sentences that are kept, by passage; others are made. Ties keep their order.
        """
        embedded = self._made([hit for hit in hits if hit.stored.id not in packed])
        again = []
        for hit in hits:
            vector = packed.get(hit.stored.id)
            vectors = (
                embedded[hit.stored.id] if vector is None else unpack_vectors(vector, len(question))
            )
            cosines = tuple(float(cosine) for cosine in vectors @ question)
            nearest = max(cosines, default=-1.0)
            component_scores = {**hit.component_scores, "sentence": nearest}
            score = hit.score + SENTENCE_WEIGHT * nearest
            again.append(
                replace(hit, score=score, component_scores=component_scores, cosines=cosines)
            )
        again.sort(key=lambda hit: -hit.score)
        return [replace(hit, rank=rank) for rank, hit in enumerate(again, 1)]

    def _made(self, hits: Sequence[Hit]) -> dict[str, NDArray[np.float32]]:
        import numpy as np

        texts = {hit.stored.id: prose_sentences(hit.stored.passage.text) for hit in hits}
        vectors = self.vectors_of(sorted({text for some in texts.values() for text in some}))
        nothing = np.zeros((0, self._embedder.dimensions), np.float32)
        return {
            key: np.stack([vectors[text] for text in some]) if some else nothing
            for key, some in texts.items()
        }

    def vectors_of(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The unit vector of each text, shape (dimensions,), by text."""
        cached = {}
        with self._lock:
            for text in texts:
                if text in self._vectors:
                    self._vectors.move_to_end(text)
                    cached[text] = self._vectors[text]
        missing = [text for text in texts if text not in cached]
        embedded = (
            dict(zip(missing, self._embedder.encode_documents(missing), strict=True))
            if missing
            else {}
        )
        with self._lock:
            self._vectors.update(embedded)
            while len(self._vectors) > CACHE_SIZE:
                self._vectors.popitem(last=False)
        return cached | embedded
