"""Retrieval: dense (cosine), lexical (BM25), and hybrid.

``store.search.rerank`` then puts the first of the fused in a better order.

Every strategy has one signature: a ``SearchQuery`` and how many candidates it may return.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from ingest.document import LOWER_KINDS
from store.database import row_mapping
from store.database.queries import PASSAGES, has_twin
from store.database.schema import documents, embeddings, passages, revisions
from store.database.search_scope import EVERYTHING, FEW_PASSAGES, Scope
from store.fulltext import full_text_search
from store.fulltext.document_frequency import DocumentFrequency
from store.fulltext.query_terms import informative_terms
from store.results import Hit, StoredPassage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from store.vectors.vector_index import Vectors

Mode = Literal["hybrid", "dense", "lexical"]
# Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009), kept with every hit.
DEFAULT_K = 5
# What orders the hits: cosine + WORDS * (BM25 / the question's whole rarity). A sum of scores keeps
# how much better the best is, which ranks forget (Bruch, Gai and Ingber, TOIS 42(1), 2023): on two
# public question sets recall@3 and MRR rose over rank fusion of the same candidates, and stayed
# within half a point for weights from 0.3 to 0.6.
LEXICAL_WEIGHT = 0.45
CANDIDATE_POOL = 50
# What a caption or page furniture is ranked lower by: found if no other text says it.
FURNITURE_WEIGHT = 0.25


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question over one snapshot of the catalogue.

    ``vector`` is the question's unit vector (None for ``lexical``); ``documents`` are document ids,
    or None for all of the scope of ``frequency``.
    """

    db: Connection
    vectors: Vectors
    text: str
    vector: NDArray[np.float32] | None
    documents: Sequence[str] | None
    frequency: DocumentFrequency

    @property
    def scope(self) -> Scope:
        """What may be found."""
        chosen = None if self.documents is None else tuple(self.documents)
        return replace(self.frequency.scope, documents=chosen)


Candidates = list[tuple[int, float]]
Strategy = Callable[[SearchQuery, int], Candidates]


def dense_search(query: SearchQuery, n: int) -> Candidates:
    """``(passage id, cosine)``, nearest first."""
    if query.vector is None:
        return []
    if query.scope != EVERYTHING and _count(query) <= FEW_PASSAGES:
        return _compare(query, n)
    count = n
    while True:
        nearest = query.vectors.nearest(query.vector, count)
        current = _current(query, [key for key, _ in nearest])
        candidates = [(row, cosine) for key, cosine in nearest for row in current.get(key, ())]
        # Vectors of other revisions or documents took places: ask for more until there are enough.
        if len(candidates) >= n or len(nearest) < count:
            return candidates[:n]
        count *= 4


def _count(query: SearchQuery) -> int:
    """How many current passages the question is asked of."""
    if query.documents is None:
        return query.frequency.passages(query.db)
    current = documents.join(revisions, revisions.c.id == documents.c.current)
    counted = select(func.coalesce(func.sum(revisions.c.passages), 0)).select_from(current)
    return int(query.db.execute(counted.where(query.scope.where)).scalar_one())


def _current(query: SearchQuery, keys: Sequence[str]) -> dict[str, list[int]]:
    """Ids of the current passages that have these vectors."""
    by_key: dict[str, list[int]] = {}
    current = passages.join(documents, documents.c.current == passages.c.revision)
    statement = (
        select(passages.c.id, passages.c.key)
        .select_from(current)
        .where(query.scope.checked)
        .order_by(passages.c.id)
    )
    for part in row_mapping.batched(keys):
        for row in query.db.execute(statement.where(passages.c.key.in_(part))):
            by_key.setdefault(row.key, []).append(row.id)
    return by_key


def _compare(query: SearchQuery, n: int) -> Candidates:
    """Every passage of the documents compared: exact, and faster than a narrow filter."""
    import numpy as np

    vectors = documents.join(passages, passages.c.revision == documents.c.current).join(
        embeddings, embeddings.c.key == passages.c.key
    )
    statement = (
        select(passages.c.id, embeddings.c.vector).select_from(vectors).where(query.scope.where)
    )
    rows = query.db.execute(statement.order_by(passages.c.id)).all()
    if not rows or query.vector is None:
        return []
    matrix = np.frombuffer(b"".join(row.vector for row in rows), dtype=np.float32)
    cosines = matrix.reshape(len(rows), -1) @ query.vector
    best = np.argsort(-cosines, kind="stable")[:n]
    return [(rows[int(i)].id, float(cosines[int(i)])) for i in best]


def lexical_search(query: SearchQuery, n: int) -> Candidates:
    """``(passage id, BM25)``, best first."""
    return full_text_search.matches(query.db, query.text, n, query.documents, query.frequency)


def hybrid_search(query: SearchQuery, k: int, mode: Mode) -> list[Hit]:
    """The ``k`` best current passages, with the score of each part that found them."""
    # More candidates than asked for: the fusion may prefer one that neither search ranks first.
    strategies: dict[str, Strategy] = {"dense": dense_search, "bm25": lexical_search}
    names = {"hybrid": ("dense", "bm25"), "dense": ("dense",), "lexical": ("bm25",)}[mode]
    component_scores: dict[int, dict[str, float]] = {}
    for name in names:
        for rank, (passage, score) in enumerate(
            strategies[name](query, max(CANDIDATE_POOL, 2 * k)), 1
        ):
            component_scores.setdefault(passage, {}).update(
                {name: score, f"{name}_rank": float(rank)}
            )
    scores = (
        _fused(query, component_scores) if mode == "hybrid" else _alone(component_scores, names[0])
    )
    ranked = sorted(scores, key=lambda passage: (-scores[passage], passage))
    stored = _load(query, ranked[: 3 * k])
    best = list(stored)[:k]
    return [
        Hit(
            stored=stored[passage],
            rank=rank,
            score=scores[passage],
            component_scores=component_scores[passage],
        )
        for rank, passage in enumerate(best, 1)
    ]


def _alone(component_scores: Mapping[int, Mapping[str, float]], name: str) -> dict[int, float]:
    return {passage: scores_found[name] for passage, scores_found in component_scores.items()}


def _fused(
    query: SearchQuery, component_scores: Mapping[int, dict[str, float]]
) -> dict[int, float]:
    """One score from both, with the cosine also of what words alone found."""
    _add_cosines(query, component_scores)
    asked_terms = informative_terms(query.text)
    rarity = sum(full_text_search.idf(query.db, asked_terms, query.frequency).values()) or 1.0
    scores = {}
    for passage, scores_found in component_scores.items():
        ranks = (scores_found[name] for name in ("dense_rank", "bm25_rank") if name in scores_found)
        scores[passage] = (
            scores_found.get("dense", 0.0) + LEXICAL_WEIGHT * scores_found.get("bm25", 0.0) / rarity
        )
        scores_found["rrf"] = sum(1 / (DEFAULT_K + rank) for rank in ranks)
    for passage in _furniture(query.db, list(component_scores)):
        scores[passage] -= FURNITURE_WEIGHT
    return scores


def _add_cosines(query: SearchQuery, component_scores: Mapping[int, dict[str, float]]) -> None:
    """Compares the passages that only their words brought here."""
    import numpy as np

    lacking = [
        passage for passage, scores_found in component_scores.items() if "dense" not in scores_found
    ]
    if query.vector is None:
        return
    vectors = passages.join(embeddings, embeddings.c.key == passages.c.key)
    statement = select(passages.c.id, embeddings.c.vector).select_from(vectors)
    for part in row_mapping.batched(lacking):
        for row in query.db.execute(statement.where(passages.c.id.in_(part))):
            cosine = np.frombuffer(row.vector, dtype=np.float32) @ query.vector
            component_scores[row.id]["dense"] = float(cosine)


def _furniture(db: Connection, ids: Sequence[int]) -> list[int]:
    """Those of the passages that are captions or page furniture."""
    statement = select(passages.c.id).where(passages.c.kind.in_([*LOWER_KINDS]))
    return [
        passage
        for part in row_mapping.batched(ids)
        for passage in db.execute(statement.where(passages.c.id.in_(part))).scalars()
    ]


def _load(query: SearchQuery, ranked: Sequence[int]) -> dict[int, StoredPassage]:
    """The passages by id, in that order; words that a revision repeats come once."""
    named = PASSAGES.add_columns(has_twin(query.scope.collections))
    rows = query.db.execute(named.where(passages.c.id.in_(ranked)))
    loaded = {row.id: row_mapping.passage_of_row(row) for row in rows}
    seen: set[tuple[str, str]] = set()
    first: dict[int, StoredPassage] = {}
    for passage in ranked:
        stored = loaded[passage]
        if (stored.revision, stored.id) not in seen:
            seen.add((stored.revision, stored.id))
            first[passage] = stored
    return first
