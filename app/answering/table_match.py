"""Finds the table that may answer a question, and the likeliest query over it."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from app.evidence.calibration import TABLE, load_logistic, logistic
from app.evidence.evidence import Retrieved
from app.tables.candidates import QuestionTokens, tokenize_question
from app.tables.number_form import form_of
from app.tables.query import EXACT_RELATIONS, Operation, TableQuery
from app.tables.ranker import (
    CONFIDENCE_FEATURES,
    MISSING_FEATURES,
    Ranked,
    columns_in_words,
    features_of,
    rank_queries,
    weights,
)
from app.tables.support import asks_to_compute, unused_words, why_not_computed
from app.tables.values import Grid, build_grid, open_date, open_number
from ingest.document import Block, BlockKind, Passage
from ingest.table import Table, tables
from store.results import Hit

MAX_TABLES = 3
GRID_CACHE_SIZE = 16
# Of a longer table only the rows that search found are asked, for what one of them says: trying
# every query on all of it would take more than a second.
MAX_TABLE_CELLS = 10_000
# A small table has few queries, so that one of them is likely whatever is asked: a table that lacks
# more than this share of the question's content words is not asked.
MAX_MISSING_SHARE = 0.5
Vectors = Callable[[Sequence[str]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class TableMatch:
    """What a table answers, with the hit that led to it, and how likely it is right (0 to 1).

    ``lacking`` is the share of the question's content words that the table and its headings lack;
    ``why_not`` says why the result is not to be shown as computed, "" if it may be.
    ``asks_to_compute`` is whether words of the question ask for more than a row. ``rows`` are those
    that most of the likely lookups end in, ``row_share`` (0 to 1) is the share of these.
    ``others`` are tables alike that answer otherwise, if the question names none of them.
    """

    hit: Hit
    grid: Grid
    ranked: Ranked
    probability: float
    lacking: float
    why_not: str = ""
    asks_to_compute: bool = False
    rows: tuple[int, ...] = ()
    row_share: float = 0.0
    others: tuple[TableMatch, ...] = ()


@dataclass(frozen=True, slots=True)
class _FileTables:
    """The form of a revision's numbers, and its tables that are small enough to be read whole."""

    form: str
    grids: list[Grid]


class TableReader:
    """Tables of the revisions asked last, as values. Thread-safe."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors
        self._grids: OrderedDict[str, _FileTables] = OrderedDict()
        self._lock = Lock()

    def find(self, retrieved: Retrieved) -> TableMatch | None:
        """The likeliest answer from a table that the hits lie in; None if they lie in none."""
        near = self._near(retrieved.hits)
        matches = [self._asked(retrieved, hit, grid, part) for hit, grid, part in near]
        answers = [one for one in matches if one is not None]
        # Of tables alike, one a month, the question names the one that it means.
        best = max(
            answers,
            key=lambda one: (not one.why_not, one.probability - one.lacking),
            default=None,
        )
        return best and replace(best, others=tuple(_alike(best, answers)))

    def _near(self, hits: Sequence[Hit]) -> Iterator[tuple[Hit, Grid, bool]]:
        """Tables that hold a passage found, each once, in the order of the hits, and whether only
        the rows that were found are read of it."""
        seen: set[tuple[str, int]] = set()
        for hit in hits:
            passage = hit.stored.passage
            of_file = self._of(hit)
            mine = [grid for grid in of_file.grids if _holds_some(grid.table, passage)]
            for grid in mine or _found_rows(hit, hits, of_file.form):
                key = (hit.stored.revision, grid.table.start)
                if key not in seen:
                    seen.add(key)
                    yield hit, grid, not mine
                    if len(seen) == MAX_TABLES:
                        return

    def _of(self, hit: Hit) -> _FileTables:
        revision = hit.stored.revision
        with self._lock:
            if revision in self._grids:
                self._grids.move_to_end(revision)
                return self._grids[revision]
        found_tables = tables(hit.source.text, hit.source.blocks)
        form = form_of(cell.text for t in found_tables for row in t.rows for cell in row.cells)
        small = (t for t in found_tables if len(t.rows) * len(t.header) <= MAX_TABLE_CELLS)
        of_file = _FileTables(form, [build_grid(table, form) for table in small])
        with self._lock:
            self._grids[revision] = of_file
            while len(self._grids) > GRID_CACHE_SIZE:
                self._grids.popitem(last=False)
        return of_file

    def _asked(self, retrieved: Retrieved, hit: Hit, grid: Grid, part: bool) -> TableMatch | None:
        question = retrieved.question
        columns = columns_in_words(grid)
        vectors = self._vectors([question.text, *columns])
        likeness = [float(vectors[c] @ vectors[question.text]) for c in columns]
        tokens = tokenize_question(question)
        ranked = rank_queries(tokens, grid, likeness)
        if not ranked or part and not _looks_up(ranked[0].query):
            return None
        context = f"{retrieved.about(hit)} {' '.join(grid.table.headings)}"
        best = ranked[0]
        why_not = _why_not(tokens, question.text, grid, best, context)
        features = features_of(tokens, grid, context, ranked, supported=not why_not)
        above, lacking = (features[CONFIDENCE_FEATURES.index(name)] for name in MISSING_FEATURES)
        if above + lacking > MAX_MISSING_SHARE:
            return None
        likely = logistic(load_logistic(TABLE), features)
        asks = asks_to_compute(tokens, weights())
        rows, share = _likely_rows(ranked)
        share = 0.0 if asks else share
        return TableMatch(hit, grid, best, likely, lacking, why_not, asks, rows, share)


def _likely_rows(ranked: Sequence[Ranked]) -> tuple[tuple[int, ...], float]:
    """The rows that lookups end in most likely, whichever of their cells is asked for, and their
    share of all lookups."""
    shares: dict[tuple[int, ...], float] = {}
    for one in ranked:
        if one.query.operation is Operation.VALUES:
            rows = tuple(dict.fromkeys(row for row, _ in one.result.cells))
            shares[rows] = shares.get(rows, 0.0) + one.share
    rows, share = max(shares.items(), key=lambda item: item[1], default=((), 0.0))
    return rows, share / (sum(shares.values()) or 1.0)


def _alike(best: TableMatch, answers: Sequence[TableMatch]) -> Iterator[TableMatch]:
    """Tables with the header of the best, to which the same query gives another result, and of
    which the question names none more than the best: two years, two branches."""
    for one in answers:
        alike = _header(one) == _header(best) and one.lacking == best.lacking
        operation = one.ranked.query.operation is best.ranked.query.operation
        other = one is not best and one.ranked.result != best.ranked.result
        if alike and operation and other and not one.why_not:
            yield one


def _header(match: TableMatch) -> tuple[str, ...]:
    return tuple(column.header for column in match.grid.columns)


def _why_not(question: QuestionTokens, text: str, grid: Grid, best: Ranked, context: str) -> str:
    """Why the result is not shown as computed, in a sentence; "" if it may be."""
    if best.query.operation is not Operation.VALUES and (written := open_number(grid)):
        return f"“{written}” can be read with decimals or with thousands, and nothing shows which."
    if best.query.operation is not Operation.VALUES and (written := open_date(grid)):
        return f"Which part of “{written}” is the day, and which the month, nothing shows."
    unused = unused_words(question, grid, best.query, weights(), context)
    if unused:
        return f"What “{'”, “'.join(dict.fromkeys(unused))}” stands for in the table is not clear."
    return why_not_computed(question, text, grid, best.query, best.result)


def _holds_some(table: Table, passage: Passage) -> bool:
    return table.start < passage.end and passage.start < table.end


def _found_rows(hit: Hit, hits: Sequence[Hit], form: str) -> list[Grid]:
    """Of a long table that the hit's passage lies in: its header with the rows that were found."""
    if hit.stored.passage.kind is not BlockKind.TABLE_ROW:
        return []
    spans = [h.stored.passage for h in hits if h.stored.revision == hit.stored.revision]
    run = _rows_around(hit.source.blocks, hit.stored.passage.start)
    rows = [b for b in run if b.level or any(p.start <= b.start < p.end for p in spans)]
    return [build_grid(table, form) for table in tables(hit.source.text, rows)]


def _rows_around(blocks: Sequence[Block], at: int) -> Sequence[Block]:
    """The rows of the table that holds character ``at``, its header the first of them."""
    here = bisect_right(blocks, at, key=lambda b: b.start) - 1
    first, last = here, here + 1
    while first > 0 and _continues(blocks, first):
        first -= 1
    while last < len(blocks) and _continues(blocks, last):
        last += 1
    return blocks[max(0, first) : last]


def _continues(blocks: Sequence[Block], at: int) -> bool:
    """Whether the block is a further row of the table that the one before it belongs to."""
    row = BlockKind.TABLE_ROW
    return blocks[at].kind is row and not blocks[at].level and blocks[at - 1].kind is row


def _looks_up(query: TableQuery) -> bool:
    """Whether the query asks what the one row says that a whole cell of it names: what the rows
    next to it say does not matter."""
    exact = any(c.relation in EXACT_RELATIONS for c in query.conditions)
    return query.operation is Operation.VALUES and exact and len(query.rows) == 1
