"""Answers a question from a table: the likeliest query, computed, in words, with its rows cited."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from app.answer import Answer, Computed, Sentence, Verdict
from app.answering.citations import CitationNumbering
from app.answering.extract import MAX_QUOTED_SENTENCES
from app.evidence.calibration import TABLE, load_logistic, logistic
from app.evidence.evidence import Evidence, Retrieved, ScoredEvidence
from app.tables.candidates import QuestionTokens, tokenize_question
from app.tables.describe_query import describe_query, display_value
from app.tables.number_form import form_of
from app.tables.query import EXACT_RELATIONS, Operation, TableQuery, meets, run_query
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
from ingest.table import Row, Table, tables
from store.results import Hit

MAX_TABLES = 3
GRID_CACHE_SIZE = 16
# Of a longer table only the rows that search found are asked, for what one of them says: trying
# every query on all of it would take more than a second.
MAX_TABLE_CELLS = 10_000
# From this probability on, the rows of a lookup are quoted in place of their neighbours.
ROW_PREFERENCE = 0.4
# A small table has few queries, so that one of them is likely whatever is asked: a table that lacks
# more than this share of the question's content words is not asked.
MAX_MISSING_SHARE = 0.5
# Rows of one citation, and citations of one answer, at most.
MAX_CITED_ROWS = 20
MAX_CITATIONS = 12
Vectors = Callable[[Sequence[str]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class TableMatch:
    """What a table answers, with the hit that led to it, and how likely it is right (0 to 1).

    ``lacking`` is the share of the question's content words that the table and its headings lack;
    ``why_not`` says why the result is not to be shown as computed, "" if it may be.
    ``asks_to_compute`` is whether words of the question ask for more than a row.
    """

    hit: Hit
    grid: Grid
    ranked: Ranked
    probability: float
    lacking: float
    why_not: str = ""
    asks_to_compute: bool = False


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
        return max(
            answers,
            key=lambda one: (not one.why_not, one.probability - one.lacking),
            default=None,
        )

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
        return TableMatch(hit, grid, best, likely, lacking, why_not, asks)


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


def computed_answer(retrieved: Retrieved, match: TableMatch) -> Answer | None:
    """The answer with its calculation in words and the rows it was computed from.

    None if doing it again, over the cells as the text has them, gives anything else.
    """
    grid, query, result = match.grid, match.ranked.query, match.ranked.result
    if not _holds(match):
        return None
    footnotes = CitationNumbering()
    cells = result.cells if result.number is None else ()
    for row, column in cells[:MAX_CITATIONS]:
        line, cell = grid.table.rows[row], grid.table.rows[row].cells[column]
        footnotes.cite(match.hit, line.start, line.end, (cell.start, cell.end))
    rows = sorted(_rows(match))
    for first, last in _runs(grid.table.rows, rows):
        if len(footnotes.citations) < MAX_CITATIONS:
            footnotes.cite(match.hit, first.start, last.end)
    text = describe_query(grid, query, result)
    values = result.texts or (display_value(grid, query, result),)
    numbers = tuple(c.n for c in footnotes.citations)
    return Answer(
        retrieved.question.text,
        retrieved.question.text,
        "answer",
        (Sentence(text, numbers, Verdict.COMPUTED),),
        footnotes.citations,
        "",
        (),
        match.probability,
        "none",
        _notes(rows),
        computed=Computed(tuple(" ".join(v.split()) for v in values), text),
    )


def prefer_rows(result: ScoredEvidence, match: TableMatch) -> ScoredEvidence:
    """The evidence with the rows first in which a table's lookup ends, its others left out.

    For what is not sure enough to be computed: the right row is quoted, and not its neighbours.
    """
    query, cells = match.ranked.query, match.ranked.result.cells
    rows = [match.grid.table.rows[row] for row in dict.fromkeys(row for row, _ in cells)]
    sure = query.operation is Operation.VALUES and match.probability >= ROW_PREFERENCE
    if not sure or not result.evidence or not 0 < len(rows) <= MAX_QUOTED_SENTENCES:
        return result
    best = result.evidence[0]
    preferred = [
        replace(best, hit=match.hit, start=r.start, end=r.end, text=_text(match, r), key=None)
        for r in rows
    ]
    others = [e for e in result.evidence if not _in_table(e, match)]
    # What was read by itself is another sentence.
    return replace(result, evidence=(*preferred, *others), alone=None)


def mark_not_computed(answer: Answer, match: TableMatch | None) -> Answer:
    """The answer in quotes with a note if it shows rows of a table that should be computed with.

    No value in the rows is set in bold then: it would look like the result.
    """
    if match is None or not match.asks_to_compute:
        return answer
    table = match.grid.table
    rows = {
        c.n
        for c in answer.citations
        if c.revision == match.hit.stored.revision and table.start <= c.start < table.end
    }
    if not rows or answer.citations[0].n not in rows:
        return answer
    citations = tuple(replace(c, key=None) if c.n in rows else c for c in answer.citations)
    note = f"I did not compute this; these are rows of the table. {match.why_not}".strip()
    return replace(answer, citations=citations, notes=(*answer.notes, note), headline="")


def _text(match: TableMatch, row: Row) -> str:
    return match.hit.source.text[row.start : row.end]


def _in_table(evidence: Evidence, match: TableMatch) -> bool:
    table = match.grid.table
    same = evidence.hit.stored.revision == match.hit.stored.revision
    return same and table.start <= evidence.start < table.end


def _holds(match: TableMatch) -> bool:
    """Whether the query, run again over what the revision's text says today, gives the same."""
    text, grid, table = match.hit.source.text, match.grid, match.grid.table
    cells = [cell for row in table.rows for cell in row.cells]
    if any(text[cell.start : cell.end] != cell.text for cell in cells):
        return False
    query = match.ranked.query
    fresh = build_grid(table, grid.form)
    met = [r for r in query.rows if _meets(fresh, query, r)]
    return len(met) == len(query.rows) and run_query(fresh, query) == match.ranked.result


def _meets(grid: Grid, query: TableQuery, row: int) -> bool:
    met = [meets(grid.rows[row][c.column], c) for c in query.conditions]
    return any(met) if query.either else all(met)


def _rows(match: TableMatch) -> set[int]:
    """The rows that the result depends on, besides those that hold its cells."""
    query, result = match.ranked.query, match.ranked.result
    used = {row for row, _ in result.cells}
    lookups = (Operation.VALUES,)
    return used if query.operation in lookups else used | set(query.rows)


def _runs(rows: Sequence[Row], used: Sequence[int]) -> Iterator[tuple[Row, Row]]:
    """First and last row of each run of rows that follow each other."""
    start = 0
    for at in range(1, len(used) + 1):
        ended = at == len(used) or used[at] != used[at - 1] + 1 or at - start == MAX_CITED_ROWS
        if ended:
            yield rows[used[start]], rows[used[at - 1]]
            start = at


def _notes(rows: Sequence[int]) -> tuple[str, ...]:
    most = MAX_CITED_ROWS * MAX_CITATIONS
    if len(rows) <= most:
        return ()
    return (f"Computed from {len(rows):,} rows; the first of them are cited.",)
