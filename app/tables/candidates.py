"""Every query that a question may mean over a table, from what it names of cells and headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations, permutations

from app.language.dates import date_spans
from app.language.numbers import find_numbers
from app.language.tokens import STOP_WORDS, fold, soft_match, words
from app.question.parsed_question import ParsedQuestion
from app.tables.durations import FORMS
from app.tables.query import ROW_ORDER, Condition, Operation, Relation, TableQuery, meets
from app.tables.units import factor_between, in_base
from app.tables.values import Column, Grid, Kind, dates_order_rows, parse_number

_TOKEN = re.compile(r"\d+(?::[0-5]\d){1,2}|[$€£¥]?\d(?:[\d.,]*\d)?|[^\W\d_]+")
MAX_CONDITIONS = 8
MAX_COLUMNS = 24
# More rows than these are counted or summed, not listed.
MAX_LISTED_VALUES = 12
MAX_VALUE_WORDS = 10
MIN_SHARED_PREFIX = 5
_COMPARED = (Relation.ABOVE, Relation.BELOW, Relation.AT_LEAST, Relation.AT_MOST)
_REDUCED = (
    Operation.SUM, Operation.MEAN, Operation.HIGHEST, Operation.LOWEST, Operation.RANGE,
)  # fmt: skip
# The weights are learned from questions that say "first" and "last".
_TIME_WORDS = {"latest": "last", "newest": "last", "recent": "last", "earliest": "first"}
_SYMMETRIC = (Operation.DIFFERENCE, Operation.SUM, Operation.MEAN)
_PAIRED = (Operation.DIFFERENCE, Operation.CHANGE, Operation.PERCENT, Operation.RATIO)


@dataclass(frozen=True, slots=True)
class QuestionTokens:
    """A question's words, folded, and their stems; ``content`` are the places of content words.

    ``numbers`` are its numbers, each with the span of its words ("25,000" is two), and ``dates``
    its dates, as (year, month, day) with 0 for what is not given.
    """

    words: tuple[str, ...]
    stems: tuple[str, ...]
    content: frozenset[int]
    numbers: tuple[tuple[tuple[int, int], Decimal], ...]
    dates: tuple[tuple[tuple[int, int], tuple[int, int, int]], ...] = ()


@dataclass(frozen=True, slots=True)
class RowSelection:
    """Conditions, and the rows that meet them."""

    conditions: tuple[Condition, ...]
    rows: tuple[int, ...]
    either: bool = False


def tokenize_question(question: ParsedQuestion) -> QuestionTokens:
    """A question as words and numbers with their places."""
    content = frozenset(i for i, w in enumerate(question.words) if w not in STOP_WORDS)
    numbers = tuple(_numbers(question.text))
    dates = tuple(_dates(question.text))
    asked_words = tuple(_TIME_WORDS.get(word, word) for word in question.words)
    return QuestionTokens(asked_words, question.stems, content, numbers, dates)


def _dates(question: str) -> Iterator[tuple[tuple[int, int], tuple[int, int, int]]]:
    """The dates of a question and the words that they are written in."""
    for start, end, date in date_spans(question):
        at = len(words(question[:start]))
        span = (at, at + len(words(question[start:end])))
        yield span, (date.year or 0, date.month, date.day or 0)


def _numbers(question: str) -> Iterator[tuple[tuple[int, int], Decimal]]:
    """The numbers of a question and the words that they are written in."""
    for written in _TOKEN.finditer(question):
        value = parse_number(written[0])
        spoken = find_numbers(written[0]) if value is None and fold(written[0]) != "one" else set()
        value = Decimal(str(min(spoken))) if spoken else value
        if value is not None:
            at = len(words(question[: written.start()]))
            yield (at, at + max(1, len(words(written[0])))), value


def candidates(grid: Grid, named: Sequence[Condition]) -> list[TableQuery]:
    """Queries over a table with the conditions that a question names, the plain ones first."""
    queries: list[TableQuery] = []
    for chosen in choices(grid, named):
        queries += _queries(grid, chosen)
    return queries


def conditions(question: QuestionTokens, grid: Grid) -> list[Condition]:
    """What the question names of the cells: those that say most first."""
    named_conditions = [
        *_worded(question, grid), *_numbered(question, grid), *_dated(question, grid),
    ]  # fmt: skip
    exact = (Relation.IS, Relation.EQUAL)
    named_conditions.sort(
        key=lambda c: (-(c.span[1] - c.span[0]), c.relation not in exact, c.column)
    )
    return named_conditions


def _worded(question: QuestionTokens, grid: Grid) -> Iterator[Condition]:
    """Phrases of the question that a column's cells say; the longest of each column."""
    question_stems = {question.stems[i] for i in question.content}
    met = set[int]()
    for column in grid.columns[:MAX_COLUMNS]:
        spans: dict[tuple[int, int], Relation] = {}
        for cell_stems in {row[column.index].stems for row in grid.rows}:
            if question_stems.isdisjoint(cell_stems):
                continue
            for span, whole in _shared(question, cell_stems):
                if whole or span not in spans:
                    spans[span] = Relation.IS if whole else Relation.HAS
        for (a, b), relation in spans.items():
            longer = any(x <= a and b <= y and (x, y) != (a, b) for x, y in spans)
            if not longer:
                met.update(range(a, b))
                exact = _exact(question.words[a:b], question.stems[a:b], grid, column.index)
                yield Condition(column.index, relation, (a, b), question.stems[a:b], exact=exact)
    yield from _near(question, grid, met)


def _exact(
    asked: tuple[str, ...], stems: tuple[str, ...], grid: Grid, column: int
) -> tuple[str, ...]:
    """The question's words if a cell has them, and another cell has others with the same stems."""
    cells = (row[column] for row in grid.rows)
    forms = {tuple(words(cell.text)) for cell in cells if cell.stems == stems}
    return asked if len(forms) > 1 and asked in forms else ()


def _near(question: QuestionTokens, grid: Grid, met: set[int]) -> Iterator[Condition]:
    """Words that no cell holds as they are, but some in another form: "German", "Germany"."""
    for at in sorted(question.content - met):
        word = question.words[at]
        if len(word) < MIN_SHARED_PREFIX or not word.isalpha():
            continue
        for column in grid.columns[:MAX_COLUMNS]:
            forms = {s for row in grid.rows for s in row[column.index].stems if s[:4] == word[:4]}
            for form in sorted(forms):
                if soft_match(word, {form}) > 0:
                    yield Condition(column.index, Relation.NEAR, (at, at + 1), (form,))


def _shared(
    question: QuestionTokens, cell: Sequence[str]
) -> Iterator[tuple[tuple[int, int], bool]]:
    """The longest runs of words that question and cell share, and whether they are all of it."""
    for a in range(len(question.stems)):
        for at, first in enumerate(cell):
            if first != question.stems[a] or a and at and cell[at - 1] == question.stems[a - 1]:
                continue
            size = 1
            while (
                size < MAX_VALUE_WORDS
                and a + size < len(question.stems)
                and at + size < len(cell)
                and cell[at + size] == question.stems[a + size]
            ):
                size += 1
            if any(i in question.content for i in range(a, a + size)):
                yield (a, a + size), size == len(cell)


def _numbered(question: QuestionTokens, grid: Grid) -> Iterator[Condition]:
    """Numbers of the question against the columns of numbers and dates."""
    for span, wanted in question.numbers:
        for column in grid.columns[:MAX_COLUMNS]:
            measured = _measured(question, span, wanted, column)
            if column.kind is not Kind.TEXT and measured:
                yield from _met(grid, measured)


def _measured(
    question: QuestionTokens, span: tuple[int, int], wanted: Decimal, column: Column
) -> Condition | None:
    """The condition that a column's cell is the number wanted, in the column's unit if a unit
    stands behind the number. None if the column counts something else."""
    plain = Condition(column.index, Relation.EQUAL, span, number=wanted)
    unit = next(iter(question.words[span[1] : span[1] + 1]), "")
    known, lasts = in_base(unit), column.unit in FORMS
    if lasts and span[1] - span[0] > 1:  # "2:30" is of the form of the cells
        return replace(plain, span=(span[0], span[1] + 1)) if known else plain
    if not known or not in_base(column.measured_in):  # "2" alone says not of what
        return None if lasts else plain
    factor = factor_between(unit, column.measured_in)
    if factor is None:
        return None
    return replace(plain, span=(span[0], span[1] + 1), number=wanted * factor)


def _dated(question: QuestionTokens, grid: Grid) -> Iterator[Condition]:
    """Dates of the question against the columns of dates."""
    for span, wanted in question.dates:
        for column in grid.columns[:MAX_COLUMNS]:
            if column.kind is Kind.DATE:
                yield from _met(grid, Condition(column.index, Relation.EQUAL, span, date=wanted))


def _met(grid: Grid, equal: Condition) -> Iterator[Condition]:
    """The condition and its comparisons, those that a cell of the column meets."""
    cells = [row[equal.column] for row in grid.rows]
    for relation in (Relation.EQUAL, *_COMPARED):
        condition = replace(equal, relation=relation)
        if any(meets(cell, condition) for cell in cells):
            yield condition


def choices(grid: Grid, named: Sequence[Condition]) -> list[RowSelection]:
    """All rows, those that meet one condition, two, or one of two in the same column."""
    body = tuple(r for r in range(len(grid.rows)) if r not in grid.totals)
    everything = tuple(range(len(grid.rows)))
    selections = [RowSelection((), body)]
    plain = [c for c in named if c.relation not in _COMPARED][:MAX_CONDITIONS]
    compared = [c for c in named if c.relation in _COMPARED][: 2 * MAX_CONDITIONS]
    met = {
        c: tuple(r for r in everything if meets(grid.rows[r][c.column], c))
        for c in [*plain, *compared]
    }
    single = [RowSelection((c,), rows) for c, rows in met.items() if rows]
    selections += single
    for a, b in combinations([*plain, *compared], 2):
        if _overlap(a, b) and a.relation not in _COMPARED:
            continue
        both = tuple(sorted(set(met[a]) & set(met[b])))
        if both and len(both) < min(len(met[a]), len(met[b])):
            selections.append(RowSelection((a, b), both))
        plain_pair = a.relation not in _COMPARED and b.relation not in _COMPARED
        if plain_pair and a.column == b.column and not set(met[a]) & set(met[b]):
            selections.append(RowSelection((a, b), met[a] + met[b], either=True))
    return [RowSelection(c.conditions, _without_totals(c, grid), c.either) for c in selections]


def _overlap(a: Condition, b: Condition) -> bool:
    return a.span[0] < b.span[1] and b.span[0] < a.span[1]


def _without_totals(chosen: RowSelection, grid: Grid) -> tuple[int, ...]:
    """Rows without subtotals, unless these are what is named."""
    rows = tuple(r for r in chosen.rows if r not in grid.totals)
    return rows or chosen.rows


def _queries(grid: Grid, chosen: RowSelection) -> Iterator[TableQuery]:
    rows, conditions, either = chosen.rows, chosen.conditions, chosen.either
    columns = [c.index for c in grid.columns[:MAX_COLUMNS]]
    measured = [c.index for c in grid.columns[:MAX_COLUMNS] if c.kind is not Kind.TEXT]

    def query(operation: Operation, out: int | None = None, **more: int) -> TableQuery:
        return TableQuery(operation, conditions, rows, out, either=either, **more)

    yield query(Operation.COUNT)
    if either:
        yield query(Operation.COUNT_DIFFERENCE)
    if conditions and len(rows) <= MAX_LISTED_VALUES or len(rows) == 1:
        yield from (query(Operation.VALUES, out) for out in columns)
    for out in measured:
        yield from (query(op, out) for op in _REDUCED if len(rows) > 1)
    if len(rows) > 1:
        yield from (query(Operation.DISTINCT, out) for out in columns)
        yield from (query(Operation.OFTENEST, out) for out in columns)
        for by in [*([] if dates_order_rows(grid) else [ROW_ORDER]), *measured]:
            for op in (Operation.MOST, Operation.LEAST):
                yield from (query(op, out, by=by) for out in columns)
    if len(rows) == 2:
        yield from (query(op, out) for out in measured for op in _PAIRED)
    if conditions and len(rows) <= 3:
        yield from _beside(grid, query, rows, columns, measured)


def _beside(
    grid: Grid,
    query: Callable[..., TableQuery],
    rows: Sequence[int],
    columns: Sequence[int],
    measured: Sequence[int],
) -> Iterator[TableQuery]:
    """What stands next to the rows named, in the same row, or in rows like it."""
    for op in (Operation.NEXT, Operation.PREVIOUS):
        yield from (query(op, out) for out in columns)
    if len(rows) > 1:
        return
    for out, second in permutations(measured, 2):
        either_way = (*_PAIRED[1:], *(op for op in _SYMMETRIC if out < second))
        yield from (query(op, out, second=second) for op in either_way)
    for by in columns:
        if grid.columns[by].kind is Kind.TEXT:
            yield from (query(Operation.SAME, out, by=by) for out in columns if out != by)
