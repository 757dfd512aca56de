"""The vectors in the catalogue's database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from store.database import row_mapping
from store.database.counters import read_counters
from store.database.database import Database
from store.database.queries import LAST_VECTOR, THIS_MODEL
from store.database.schema import embeddings
from store.vectors.brute_force import VectorState


class VectorTable:
    """The vectors of passages and of their sentences, by the passage's key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_vectors(self, model: str, vectors: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Keeps vectors at once, so that no crash makes them again: key, float32 bytes, and what
        ``pack_vectors`` made of the passage's sentences (nothing for rows of a sheet)."""
        with self._database.writing() as db:
            row_mapping.insert_vectors(db, model, vectors)

    def sentence_vectors(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What was packed for the sentences of these passages; some may have none."""
        packed_vectors: dict[str, bytes] = {}
        columns = select(embeddings.c.key, embeddings.c.sentences)
        with self._database.reading() as db:
            for part in row_mapping.batched(keys):
                rows = db.execute(columns.where(embeddings.c.key.in_(part)))
                packed_vectors.update((row.key, row.sentences) for row in rows)
        return {key: packed for key, packed in packed_vectors.items() if packed}

    def vectors_after(self, seq: int, limit: int | None = None) -> list[tuple[int, str, bytes]]:
        """``(seq, key, float32 bytes)`` of the vectors saved after ``seq``, oldest first."""
        statement = (
            select(embeddings.c.seq, embeddings.c.key, embeddings.c.vector)
            .where(embeddings.c.seq > seq, THIS_MODEL)
            .order_by(embeddings.c.seq)
            .limit(limit)
        )
        with self._database.reading() as db:
            return [(row.seq, row.key, row.vector) for row in db.execute(statement)]

    def vector_state(self) -> VectorState:
        """What a cache of the vectors must follow."""
        with self._database.reading() as db:
            counters = read_counters(db)
            return VectorState(
                model=counters.get("model", ""),
                last=int(db.execute(LAST_VECTOR).scalar_one()),
                collections=int(counters.get("collections", 0)),
            )

    def unknown_vectors(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` that are no vectors of today's embedder."""
        distinct = list(keys)
        known: set[str] = set()
        ours = select(embeddings.c.key).where(THIS_MODEL)
        with self._database.reading() as db:
            for part in row_mapping.batched(distinct):
                known.update(db.execute(ours.where(embeddings.c.key.in_(part))).scalars())
        return set(distinct) - known
