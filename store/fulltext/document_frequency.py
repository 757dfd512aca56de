"""How many current passages have a word; counted once, since a count reads all that have it."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from time import monotonic

from sqlalchemy.engine import Connection

from store.database.search_scope import EVERYTHING, Scope, Totals
from store.fulltext.query_terms import Every, Phrase
from store.fulltext.text_index import text_index

CACHE_SIZE = 20_000
# In a library of so many passages, counts made before a change still show what is rare: they are
# kept while the number of passages changes by less than this share, for at most so many seconds.
LARGE_LIBRARY_PASSAGES = 20_000
MAX_DRIFT = 0.01
KEPT_S = 600.0
MIN_IDF = 1e-6


@dataclass(frozen=True, slots=True)
class _Counted:
    count: int
    of: Totals
    at: float


class DocumentFrequency:
    """Counts the passages of a scope that have some phrases; safe to share between threads."""

    def __init__(self, scope: Scope = EVERYTHING) -> None:
        self.scope = scope
        self._known: OrderedDict[Every, _Counted] = OrderedDict()
        self._ranged: tuple[int, Scope] | None = None
        self._lock = Lock()

    def scope_in(self, db: Connection) -> Scope:
        """The scope with the ranges of its passages in this snapshot, if they help."""
        if not self.scope.restricted or not text_index(db).RANGES:
            return self.scope
        now = EVERYTHING.totals(db).generation  # what is outside moves the ranges too
        known = self._ranged
        if known is None or known[0] != now:
            known = now, replace(self.scope, ranges=self.scope.find_ranges(db))
            self._ranged = known
        return known[1]

    def passages(self, db: Connection) -> int:
        """How many passages are current."""
        return self.scope.totals(db).passages

    def counts(self, db: Connection, words: Sequence[Every]) -> dict[Every, int]:
        """For each, how many current passages have all its phrases."""
        totals = self.scope.totals(db)
        counts, missing = {}, []
        for every in words:
            known = self._known.get(every)
            if known is not None and _holds(known, totals):
                counts[every] = known.count
            else:
                missing.append(every)
        if missing:
            counted = text_index(db).counts(db, missing, self.scope_in(db))
            for every, count in zip(missing, counted, strict=True):
                self._remember(every, _Counted(count, totals, monotonic()))
                counts[every] = count
        return counts

    def ranking_idf(self, db: Connection, some: Sequence[Phrase]) -> dict[Phrase, float]:
        """The idf that BM25 ranks by, as FTS5 has it: not smoothed, and never below ``MIN_IDF``."""
        passages = self.passages(db)
        counts = self.counts(db, [(phrase,) for phrase in some])
        return {
            phrase: max(MIN_IDF, math.log((passages - having + 0.5) / (having + 0.5)))
            for (phrase,), having in counts.items()
        }

    def _remember(self, every: Every, counted: _Counted) -> None:
        with self._lock:
            self._known[every] = counted
            self._known.move_to_end(every)
            while len(self._known) > CACHE_SIZE:
                self._known.popitem(last=False)


def idf(passages: int, having: int) -> float:
    """BM25's smoothed inverse document frequency (natural logarithm, never negative)."""
    return math.log1p((passages - having + 0.5) / (having + 0.5))


def _holds(known: _Counted, now: Totals) -> bool:
    if known.of.generation == now.generation:
        return True
    near = abs(now.passages - known.of.passages) <= MAX_DRIFT * now.passages
    return now.passages >= LARGE_LIBRARY_PASSAGES and near and monotonic() - known.at < KEPT_S
