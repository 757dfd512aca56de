"""Whether a calculation may be shown: each content word of the question is used by it, and each
part of it is asked for.

A table has few queries, so that one is the likeliest whatever is asked: what the query leaves out
of the question, or adds to it, shows that another thing is meant. Measured in evals/FIGURES.md,
"Questions over tables".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from app.language.negation import NEGATION_WORDS
from app.language.tokens import soft_match, stem, words
from app.tables.candidates import QuestionTokens
from app.tables.features import NEARBY_WORDS, SPOKEN_WEIGHT, operation_name
from app.tables.query import EXACT_RELATIONS, ROW_ORDER, Operation, Relation, Result, TableQuery
from app.tables.values import Column, Grid, Kind

# A value so near to the sum of all others, as a share of it, is that of a row of totals.
TOTAL_ERROR = Decimal("0.01")
MIN_SUMMED_ROWS = 3
MIN_ORDERED_ROWS = 3
_OVER_COLUMNS = (Operation.SUM, Operation.MEAN)
_OVER_ROWS = (Operation.SUM, Operation.MEAN, Operation.HIGHEST, Operation.LOWEST)
_BY_ROWS = (Operation.MOST, Operation.LEAST)
_COMPARED = (
    Relation.EQUAL, Relation.ABOVE, Relation.BELOW, Relation.AT_LEAST, Relation.AT_MOST,
)  # fmt: skip
# Operations that a word by itself asks for, as the features name them.
_ASKED = (
    (Operation.SUM, Operation.SUM), (Operation.MEAN, Operation.MEAN),
    (f"{Operation.MOST} {Kind.NUMBER}", Operation.MOST),
    (f"{Operation.LEAST} {Kind.NUMBER}", Operation.LEAST),
    (Operation.HIGHEST, Operation.HIGHEST), (Operation.LOWEST, Operation.LOWEST),
    (Operation.DIFFERENCE, Operation.DIFFERENCE), (Operation.PERCENT, Operation.PERCENT),
)  # fmt: skip
# From this weight on, a word asks for an operation whatever else the question says.
COMPUTING_WEIGHT = 0.5
_RANGE = re.compile(r"(\d{4})\s*(?:[-–—]|to|through|until|bis|à)\s*(\d{4})")


def unused_words(
    question: QuestionTokens,
    grid: Grid,
    query: TableQuery,
    known: Mapping[str, float],
    context: str = "",
) -> list[str]:
    """Content words of the question, and its negations, that the query does not use.

    A word is used if a condition or the header of a column has it, if it asks for the operation by
    the learned weights ``known``, or if ``context``, what stands above the table, has it. The first
    column counts as used: it names the rows.
    """
    taken = {i for c in query.conditions for i in range(*c.span)}
    columns = {0} | {c.column for c in query.conditions}
    columns |= {c for c in (query.out, query.by, query.second) if c is not None and c != ROW_ORDER}
    among = {s for c in columns for s in grid.columns[c].stems} | {stem(w) for w in words(context)}
    asking = _asking_places(question, grid, query, known) | _measuring_places(question, grid, query)
    negations = {i for i, word in enumerate(question.words) if word in NEGATION_WORDS}
    return [
        question.words[i]
        for i in sorted((question.content | negations) - taken - asking)
        if i in negations or soft_match(question.words[i], among) == 0
    ]


def _asking_places(
    question: QuestionTokens, grid: Grid, query: TableQuery, known: Mapping[str, float]
) -> set[int]:
    """The places of the words that ask for the operation or for a comparison. What is learned of
    figures does not count: it is of the tables that were learned from."""
    name, operation = operation_name(grid, query), query.operation
    places: set[int] = set()
    for at, word in enumerate(question.words):
        weight = known.get(f"op {name}|{word}", 0.0) + known.get(f"left|{operation}|{word}", 0.0)
        if operation is not Operation.VALUES and weight >= SPOKEN_WEIGHT:
            places.add(at)
        after = question.words[at + 1 : at + 2]
        if after and known.get(f"op {name}|{word} {after[0]}", 0.0) >= SPOKEN_WEIGHT:
            places |= {at, at + 1}
    for condition in query.conditions:
        if condition.relation in _COMPARED:
            places |= _comparing_places(question, condition.relation, condition.span, known)
    return {at for at in places if not any(map(str.isdigit, question.words[at]))}


def _measuring_places(question: QuestionTokens, grid: Grid, query: TableQuery) -> set[int]:
    """The places of words for how much there is of a column that the query measures: "the number of
    visitors", "the amount of rain"."""
    measured = [c for c in (query.out, query.by) if c is not None and c != ROW_ORDER]
    stems = {
        s for c in measured if grid.columns[c].kind is Kind.NUMBER for s in grid.columns[c].stems
    }
    words = question.words
    return {
        at
        for at in range(len(words) - 2)
        if words[at + 1] == "of" and any(s in stems for s in question.stems[at + 2 : at + 4])
    }


def _comparing_places(
    question: QuestionTokens, relation: Relation, span: tuple[int, int], known: Mapping[str, float]
) -> set[int]:
    start, end = span
    before = range(max(0, start - NEARBY_WORDS), start)
    after = range(end, min(len(question.words), end + 2))
    near = [(at, "before") for at in before] + [(at, "after") for at in after]
    return {
        at
        for at, side in near
        if known.get(f"if {relation} {side}|{question.words[at]}", 0.0) >= SPOKEN_WEIGHT
    }


def asks_to_compute(question: QuestionTokens, known: Mapping[str, float]) -> bool:
    """Whether a word of the question asks for more than one row says, by the learned weights."""
    return any(
        known.get(f"op {name}|{word}", 0.0) + known.get(f"left|{operation}|{word}", 0.0)
        >= COMPUTING_WEIGHT
        for at, word in enumerate(question.words)
        for name, operation in _ASKED
        if at in question.content or operation in _BY_ROWS
    )


def why_not_computed(
    question: QuestionTokens, text: str, grid: Grid, query: TableQuery, result: Result
) -> str:
    """Why a result is not to be shown though every word is used, in a sentence; "" if it is.

    ``text`` is the question as it is written.
    """
    checks = (
        _unaligned(grid),
        _unnamed_columns(question, grid, query, result),
        _one_of_its_kind(grid, query, result),
        _rows_in_no_order(grid, query),
        _totals_among_rows(grid, query),
        _open_range(text, query, result),
    )
    return next((why for why in checks if why), "")


def _unaligned(grid: Grid) -> str:
    """A header with fewer cells than the rows: which column is which is not certain."""
    last = grid.columns[-1]
    if len(grid.columns) > 1 and not last.header and any(row[-1].text for row in grid.rows):
        return "The table's header has fewer cells than its rows."
    return ""


def _unnamed_columns(
    question: QuestionTokens, grid: Grid, query: TableQuery, result: Result
) -> str:
    """A column that the query takes, though the question names none of several like it."""
    assert query.out is not None or query.operation in (
        Operation.COUNT, Operation.COUNT_DIFFERENCE,
    )  # fmt: skip
    stems = {question.stems[i] for i in question.content}
    if query.second is not None and query.out is not None:
        one, other = (set(grid.columns[c].stems) for c in (query.out, query.second))
        if not (one - other) & stems or not (other - one) & stems:
            return "The question does not name the columns."
        signs = {"%" in grid.rows[row][column].text for row, column in result.cells}
        if len(signs) > 1:
            return "One of the values is in percent, the other is not."
    numeric = sum(c.kind is Kind.NUMBER for c in grid.columns)
    looked_up = query.operation is Operation.VALUES and query.out is not None
    if looked_up and numeric > 1 and query.out is not None:
        column = grid.columns[query.out]
        if column.kind is Kind.NUMBER and not set(column.stems) & stems:
            return "The question does not name one of the columns."
    return ""


def _one_of_its_kind(grid: Grid, query: TableQuery, result: Result) -> str:
    """A count of the rows with a name that only one row can have."""
    if query.operation is not Operation.COUNT or result.number != 1 or len(query.conditions) != 1:
        return ""
    condition = query.conditions[0]
    cells = [row[condition.column].stems for row in grid.rows if row[condition.column].stems]
    single = condition.relation in EXACT_RELATIONS and len(set(cells)) == len(cells)
    return "Every row of that column has another name." if single else ""


def _rows_in_no_order(grid: Grid, query: TableQuery) -> str:
    """The first or last row is asked for, but nothing shows that the rows stand in an order; or the
    highest of a column that only numbers the rows."""
    if query.operation not in (*_BY_ROWS, *_OVER_ROWS) or query.second is not None:
        return ""
    if query.by == ROW_ORDER:
        ordered = any(_ascends(grid, column) for column in grid.columns)
        return "" if ordered else "Nothing shows in which order the rows stand."
    by = query.by if query.by is not None else query.out
    assert by is not None
    numbers = [row[by].number for row in grid.rows]
    steps = [b - a for a, b in zip(numbers, numbers[1:], strict=False) if a and b]
    counts = len(steps) >= MIN_ORDERED_ROWS and len(steps) == len(numbers) - 1 and set(steps) == {1}
    return "The column only numbers the rows." if counts else ""


def _ascends(grid: Grid, column: Column) -> bool:
    """Whether a column of dates or numbers rises from row to row."""
    cells = [row[column.index] for row in grid.rows]
    if column.kind is Kind.DATE:
        keys = [c.date for c in cells if c.date]
        return len(keys) == len(cells) >= MIN_ORDERED_ROWS and keys == sorted(keys)
    numbers = [c.number for c in cells if c.number is not None]
    rising = all(a < b for a, b in zip(numbers, numbers[1:], strict=False))
    return column.kind is Kind.NUMBER and len(numbers) == len(cells) >= MIN_ORDERED_ROWS and rising


def _totals_among_rows(grid: Grid, query: TableQuery) -> str:
    """One of the rows may sum up the others, so that it would count twice or win."""
    if query.second is not None or query.operation not in (*_BY_ROWS, *_OVER_ROWS):
        return ""
    by = query.by if query.operation in _BY_ROWS else query.out
    if by is None or by == ROW_ORDER or grid.columns[by].kind is not Kind.NUMBER:
        return ""
    if query.operation in (Operation.LEAST, Operation.LOWEST):
        return ""
    numbers = [n for r in query.rows if (n := grid.rows[r][by].number) is not None]
    largest = max(numbers, key=abs, default=Decimal(0))
    off = abs(sum(numbers) - 2 * largest)
    summed = len(numbers) >= MIN_SUMMED_ROWS and off <= TOTAL_ERROR * abs(largest)
    return "One of the rows may be the total of the others." if summed else ""


def _open_range(text: str, query: TableQuery, result: Result) -> str:
    """Only the ends of a range of years are used by a sum or mean."""
    years = _RANGE.search(text)
    if years is None or query.operation not in _OVER_COLUMNS:
        return ""
    between = int(years[2]) - int(years[1]) + 1
    return "Not every year of the range was found." if len(result.cells) < between else ""
