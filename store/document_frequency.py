"""How many current passages have a word; counted once, since a count reads all that have it."""

from __future__ import annotations

import math
import sqlite3
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from time import monotonic

REMEMBERED = 20_000
# In a library of so many passages, counts made before a change still tell what is rare: they are
# kept while the number of passages changes by less than this share, for at most so many seconds.
LARGE = 20_000
DRIFT = 0.01
KEPT_S = 600.0


@dataclass(frozen=True, slots=True)
class _Counted:
    count: int
    generation: int
    passages: int
    at: float


class DocumentFrequency:
    """Counts the passages that a full-text term matches; safe to share between threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Counted] = OrderedDict()
        self._lock = Lock()

    def passages(self, db: sqlite3.Connection) -> int:
        """How many passages are current."""
        return _state(db)[1]

    def counts(self, db: sqlite3.Connection, terms: list[str]) -> dict[str, int]:
        """For each term (as FTS5's MATCH takes it), how many current passages have it."""
        generation, passages = _state(db)
        counts = {}
        for term in terms:
            known = self._known.get(term)
            if known is None or not _holds(known, generation, passages):
                known = _Counted(_count(db, term), generation, passages, monotonic())
                self._remember(term, known)
            counts[term] = known.count
        return counts

    def _remember(self, term: str, counted: _Counted) -> None:
        with self._lock:
            self._known[term] = counted
            self._known.move_to_end(term)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


def idf(passages: int, having: int) -> float:
    """BM25's smoothed inverse document frequency (natural logarithm, never negative)."""
    return math.log1p((passages - having + 0.5) / (having + 0.5))


def _holds(known: _Counted, generation: int, passages: int) -> bool:
    if known.generation == generation:
        return True
    near = abs(passages - known.passages) <= DRIFT * passages
    return passages >= LARGE and near and monotonic() - known.at < KEPT_S


def _state(db: sqlite3.Connection) -> tuple[int, int]:
    found = db.execute("SELECT key, value FROM meta WHERE key IN ('generation', 'passages')")
    held = {row["key"]: int(row["value"]) for row in found}
    return held.get("generation", 0), held.get("passages", 0)


def _count(db: sqlite3.Connection, term: str) -> int:
    counted = db.execute("SELECT count(*) FROM fulltext WHERE fulltext MATCH ?", (term,))
    return int(counted.fetchone()[0])
