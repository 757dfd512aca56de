"""Searches a catalogue: the question's vector, the candidates, their order by sentences."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from sqlalchemy.engine import Connection

from store.catalogue.catalogue import Catalogue
from store.catalogue.document_lookup import current_ids
from store.catalogue.listing import listing
from store.embedding.embedder import Embedder
from store.embedding.query_vectors import QueryVectors
from store.fulltext import full_text_search
from store.fulltext.document_frequency import DocumentFrequency
from store.results import NO_TEXT, Hit
from store.search import hybrid_search
from store.search.hybrid_search import Mode, SearchQuery
from store.search.rerank import RERANKED_HITS, Reranker
from store.search.retrieval import Retrieval
from store.vectors.vector_index import Vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Searcher:
    """Searches in snapshots; safe to share between threads."""

    def __init__(self, catalogue: Catalogue, vectors: Vectors, embedder: Embedder) -> None:
        self._catalogue = catalogue
        self._vectors = vectors
        self._query_vectors = QueryVectors(embedder)
        self._reranker = Reranker(embedder)
        self._frequency = DocumentFrequency(catalogue.scope)

    def over(self, catalogue: Catalogue) -> Self:
        """A searcher of what a reader sees of the catalogue; vectors of questions are shared."""
        other = copy.copy(self)
        other._catalogue, other._frequency = catalogue, DocumentFrequency(catalogue.scope)
        return other

    def search_many(
        self, questions: Sequence[str], k: int, documents: Sequence[str] | None, mode: Mode
    ) -> list[list[Hit]]:
        """The ``k`` best current passages for each question, embedded together."""
        # Lone surrogates cannot be encoded, so they are replaced.
        questions = [question.encode("utf-8", "replace").decode() for question in questions]
        vectors = self.question_vectors(questions) if mode != "lexical" else {}
        results = []
        for question in questions:
            with self._catalogue.database.reading() as db:
                chosen = None if documents is None else current_ids(self._catalogue, documents)
                query = self._query(db, question, vectors.get(question), chosen)
                results.append(self._with_texts(self._candidates(query, k, mode)[:k]))
        return results

    def retrieve(
        self, question: str, words: Sequence[str], k: int, documents: Sequence[str] | None
    ) -> Retrieval:
        """The ``k`` best passages, the idf of ``words``, and what was searched."""
        question = question.encode("utf-8", "replace").decode()
        vector = self.question_vectors([question]).get(question)
        with self._catalogue.database.reading() as db:
            chosen = None if documents is None else current_ids(self._catalogue, documents)
            candidates = self._candidates(self._query(db, question, vector, chosen), k, "hybrid")
            return Retrieval(
                tuple(self._with_texts(candidates[:k])),
                tuple(candidates),
                full_text_search.idf(db, words, self._frequency),
                listing(self._catalogue, documents),
                None if chosen is None else tuple(chosen),
                b"" if vector is None else vector.tobytes(),
            )

    def _candidates(self, query: SearchQuery, k: int, mode: Mode) -> list[Hit]:
        """At least the ``k`` best, compared by their sentences too; call inside the snapshot."""
        hits = hybrid_search.hybrid_search(query, max(k, RERANKED_HITS), mode)
        if mode == "hybrid" and query.vector is not None:
            packed = self._catalogue.vectors.sentence_vectors([hit.stored.id for hit in hits])
            hits = self._reranker.rerank(query.vector, hits, packed)
        return hits

    def by_vector(
        self,
        question: str,
        vector: NDArray[np.float32] | None,
        k: int,
        documents: Sequence[str] | None,
    ) -> list[Hit]:
        """The ``k`` best of these documents (ids; None: of all) for a question whose vector may be
        known, not compared by sentences."""
        if vector is None:
            vector = self.question_vectors([question]).get(question)
        with self._catalogue.database.reading() as db:
            query = self._query(db, question, vector, documents)
            return hybrid_search.hybrid_search(query, k, "hybrid")

    def as_hits(self, revision_id: str) -> list[Hit]:
        """The passages of a revision as a search would give them, in order, with its text."""
        with self._catalogue.database.reading():
            stored = self._catalogue.passages(revision_id)
            text = self._catalogue.texts([revision_id]).get(revision_id, NO_TEXT)
        return [Hit(each, at, 0.0, {}, source=text) for at, each in enumerate(stored, 1)]

    def idf(self, words: Sequence[str]) -> dict[str, float]:
        """How rare each word is in the current passages (BM25's idf, natural logarithm)."""
        with self._catalogue.database.reading() as db:
            return full_text_search.idf(db, words, self._frequency)

    def question_vectors(self, questions: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors of the questions; none before there is anything to compare them with."""
        return self._query_vectors.of(questions) if self._catalogue.generation else {}

    def sentence_vectors(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The unit vector of each text, shape (dimensions,), by text; those used last are kept."""
        return self._reranker.vectors_of(sorted(set(texts)))

    def forget(self) -> None:
        """Forgets the vectors of questions: another model made them."""
        self._query_vectors.clear()

    def _query(
        self,
        db: Connection,
        question: str,
        vector: NDArray[np.float32] | None,
        documents: Sequence[str] | None,
    ) -> SearchQuery:
        return SearchQuery(db, self._vectors, question, vector, documents, self._frequency)

    def _with_texts(self, hits: Sequence[Hit]) -> list[Hit]:
        """The hits with the texts of their revisions; call inside the snapshot of the search."""
        texts = self._catalogue.texts(hit.stored.revision for hit in hits)
        return [replace(hit, source=texts[hit.stored.revision]) for hit in hits]
