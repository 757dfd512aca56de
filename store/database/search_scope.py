"""What may be found: some collections, some documents of them, or everything."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.engine import Connection

from store.database.counters import read_counters
from store.database.schema import collections, documents, passages

CURRENT_PASSAGES = passages.join(documents, documents.c.current == passages.c.revision)
FEW_PASSAGES = 5000
"""Up to so many passages, looking at them all is faster than asking an index for more and more."""
MAX_RANGES = 100
"""Of more ranges of ids, looking a passage up takes less than comparing it with each."""
WORDS_COUNTER = "words"
"""The counter of all words in the full text."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Of what may be found: a number that is another one after every change, how many passages are
    current, and how many words they have."""

    generation: int
    passages: int
    words: int

    @property
    def mean_length(self) -> float:
        """The mean number of words of a passage."""
        return self.words / max(1, self.passages)


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ids of passages, in ranges that do not overlap: the first and the last of each, in order."""

    firsts: tuple[int, ...]
    lasts: tuple[int, ...]

    def __contains__(self, passage: int) -> bool:
        at = bisect_right(self.firsts, passage) - 1
        return at >= 0 and passage <= self.lasts[at]

    def holding(self, passage: ColumnElement[int]) -> ColumnElement[bool]:
        """Whether the passage of that id is in one of them."""
        pairs = zip(self.firsts, self.lasts, strict=True)
        return or_(false(), *(passage.between(first, last) for first, last in pairs))


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be found: of these ``collections``, and of these ``documents`` (ids); None is all.

    Nothing outside has any influence on what is found inside, not even on its scores. ``ranges``,
    if they are known, are those of the collections' passages, of what is current.
    """

    collections: frozenset[str] | None = None
    documents: tuple[str, ...] | None = None
    ranges: Ranges | None = field(default=None, compare=False)

    @property
    def restricted(self) -> bool:
        """Whether some collections may not be read."""
        return self.collections is not None

    @property
    def where(self) -> ColumnElement[bool]:
        """Whether a row of ``documents`` is inside."""
        inside = []
        if self.collections is not None:
            inside.append(documents.c.collection.in_(sorted(self.collections)))
        if self.documents is not None:
            inside.append(documents.c.id.in_(self.documents))
        return and_(true(), *inside)

    @property
    def checked(self) -> ColumnElement[bool]:
        """The same, of rows that something else finds: no index leads to them from here, which
        SQLite would take for the quicker way."""
        if self.collections is None:
            return self.where
        named = (documents.c.collection + "").in_(sorted(self.collections))
        return and_(named, Scope(documents=self.documents).where)

    def is_small(self, db: Connection) -> bool:
        """Whether its passages are so few that each may be looked at."""
        return self.restricted and self.totals(db).passages <= FEW_PASSAGES

    def holding(self, db: Connection, passage: ColumnElement[int]) -> ColumnElement[bool]:
        """Whether the passage of that id is current, and inside."""
        if self.documents is not None or self.is_small(db):
            inside = select(passages.c.id).select_from(CURRENT_PASSAGES).where(self.where)
            return passage.in_(inside)
        # Asked of each match: there are fewer of them than passages in the scope.
        one = exists().select_from(CURRENT_PASSAGES)
        return one.where(passages.c.id == passage, self.checked)

    def find_ranges(self, db: Connection) -> Ranges | None:
        """The ranges of the collections' current passages, with whatever is not current between
        them; None if there are too many to be of use."""
        of_it = select(passages.c.id).where(passages.c.revision == documents.c.current)
        first, last = (
            of_it.with_only_columns(end(passages.c.id)).scalar_subquery()
            for end in (func.min, func.max)
        )
        columns = self.checked.label("inside"), first.label("first"), last.label("last")
        current = select(*columns).where(documents.c.current.is_not(None)).order_by(first)
        firsts: list[int] = []
        lasts: list[int] = []
        before, inside = 0, False
        for row in db.execute(current):
            if row.first is None:
                continue
            if row.first <= before:
                return None  # passages of two documents are mixed
            if row.inside and not inside:
                firsts.append(row.first)
                lasts.append(row.last)
            elif row.inside:
                lasts[-1] = row.last
            before, inside = row.last, bool(row.inside)
        return Ranges(tuple(firsts), tuple(lasts)) if len(firsts) <= MAX_RANGES else None

    def totals(self, db: Connection) -> Totals:
        """Counted as documents become current, so that nothing is counted here. The scope of
        ``documents`` makes no difference."""
        if self.collections is None:
            by_name = read_counters(db)
            counters = (
                int(by_name.get(name, 0)) for name in ("generation", "passages", WORDS_COUNTER)
            )
            return Totals(*counters)
        of_them = select(collections).where(collections.c.name.in_(sorted(self.collections)))
        rows = db.execute(of_them.order_by(collections.c.name)).all()
        state = repr([(row.name, row.generation) for row in rows]).encode()
        return Totals(
            generation=int.from_bytes(hashlib.blake2b(state, digest_size=6).digest()),
            passages=sum(row.passages for row in rows),
            words=sum(row.words for row in rows),
        )


EVERYTHING = Scope()
