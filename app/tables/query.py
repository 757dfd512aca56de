"""A query over one table: rows chosen by conditions, one operation on them; and its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import mean

from app.language.tokens import words
from app.tables.values import Grid, Kind, Value

ROW_ORDER = -1
"""Stands for a column to sort by: the order of the rows in the table."""


class Operation(StrEnum):
    """What is done with the chosen rows."""

    VALUES = "values"
    COUNT = "count"
    COUNT_DIFFERENCE = "count difference"
    DISTINCT = "distinct"
    SUM = "sum"
    MEAN = "mean"
    MOST = "most"
    LEAST = "least"
    HIGHEST = "highest"
    LOWEST = "lowest"
    RANGE = "range"
    DIFFERENCE = "difference"
    CHANGE = "change"
    PERCENT = "percent"
    RATIO = "ratio"
    NEXT = "next"
    PREVIOUS = "previous"
    OFTENEST = "oftenest"
    SAME = "same"


class Relation(StrEnum):
    """How a cell stands to what the question names."""

    IS = "is"
    HAS = "has"
    NEAR = "near"
    EQUAL = "="
    ABOVE = ">"
    BELOW = "<"
    AT_LEAST = ">="
    AT_MOST = "<="


EXACT_RELATIONS = (Relation.IS, Relation.EQUAL)
"""The relations in which the whole of a cell is named."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A column's cell against words or a number; ``span`` are the question's words that say so.

    ``exact`` are the words themselves if cells differ from each other by their endings alone.
    ``date`` is (year, month, day), 0 for what the question does not give.
    """

    column: int
    relation: Relation
    span: tuple[int, int]
    stems: tuple[str, ...] = ()
    number: Decimal | None = None
    exact: tuple[str, ...] = ()
    date: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class TableQuery:
    """``operation`` over ``rows`` (indices that meet the conditions), in the column ``out``.

    MOST and LEAST give ``out`` of the row with the highest or lowest ``by``. DIFFERENCE, CHANGE,
    PERCENT and RATIO take two numbers: of two rows in ``out``, or of one row in ``out`` and
    ``second``.
    """

    operation: Operation
    conditions: tuple[Condition, ...]
    rows: tuple[int, ...]
    out: int | None = None
    by: int | None = None
    second: int | None = None
    either: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """The texts or the number that a query gives, and the cells (row, column) it was made from."""

    texts: tuple[str, ...]
    number: Decimal | None
    cells: tuple[tuple[int, int], ...]


def meets(cell: Value, condition: Condition) -> bool:
    """Whether a cell meets a condition."""
    relation = condition.relation
    if relation is Relation.IS:
        same = not condition.exact or tuple(words(cell.text)) == condition.exact
        return same and cell.stems == condition.stems
    if relation in (Relation.HAS, Relation.NEAR):
        return _contains(cell.stems, condition.stems)
    if condition.date is not None:
        return _dated(cell, relation, condition.date)
    measured = _measure(cell)
    if measured is None or condition.number is None:
        return False
    return _compares((measured,), relation, (condition.number,))


def _compares(
    measured: tuple[Decimal | int, ...], relation: Relation, wanted: tuple[Decimal | int, ...]
) -> bool:
    if relation is Relation.EQUAL:
        return measured == wanted
    if relation is Relation.ABOVE:
        return measured > wanted
    if relation is Relation.BELOW:
        return measured < wanted
    return measured >= wanted if relation is Relation.AT_LEAST else measured <= wanted


def _dated(cell: Value, relation: Relation, wanted: tuple[int, int, int]) -> bool:
    """Whether a cell's date stands so to the one wanted, by the parts that this gives."""
    given = [at for at, part in enumerate(wanted) if part]
    if cell.date is None or not all(cell.date[at] for at in given):
        return False
    if relation is not Relation.EQUAL and not wanted[0]:
        return False  # without a year, before and after are not known
    return _compares(
        tuple(cell.date[at] for at in given), relation, tuple(wanted[at] for at in given)
    )


def _contains(cell_stems: Sequence[str], stems: Sequence[str]) -> bool:
    size = len(stems)
    return any(
        tuple(cell_stems[i : i + size]) == tuple(stems) for i in range(len(cell_stems) - size + 1)
    )


def _measure(cell: Value) -> Decimal | None:
    """A cell as a number; a date as its year."""
    if cell.date is not None and cell.date[0] and (cell.date[1] or cell.number is None):
        return Decimal(cell.date[0])
    return cell.number


def sort_key(grid: Grid, row: int, by: int) -> tuple[Decimal | int, ...] | None:
    """What a row is sorted by; None if its cell has nothing to sort by."""
    if by == ROW_ORDER:
        return (row,)
    cell = grid.rows[row][by]
    if grid.columns[by].kind is Kind.DATE:
        return cell.date
    return None if cell.number is None else (cell.number,)


def run_query(grid: Grid, query: TableQuery) -> Result | None:
    """The result; None if the cells do not allow the operation."""
    rows, out, operation = query.rows, query.out, query.operation
    if operation is Operation.COUNT:
        return _number(Decimal(len(rows)), [(r, _first(query)) for r in rows])
    if operation is Operation.COUNT_DIFFERENCE:
        return _count_difference(grid, query)
    assert out is not None
    if operation is Operation.VALUES:
        return _texts(grid, [(r, out) for r in rows])
    if operation in (Operation.MOST, Operation.LEAST):
        return _extreme(grid, query)
    if operation in (Operation.NEXT, Operation.PREVIOUS):
        step = 1 if operation is Operation.NEXT else -1
        at = (rows[-1] if step > 0 else rows[0]) + step
        return _texts(grid, [(at, out)]) if 0 <= at < len(grid.rows) else None
    if operation is Operation.OFTENEST:
        return _oftenest(grid, rows, out)
    if operation is Operation.DISTINCT:
        seen = {grid.rows[r][out].stems: (r, out) for r in rows if grid.rows[r][out].stems}
        return _number(Decimal(len(seen)), list(seen.values()))
    if operation is Operation.SAME:
        return _same(grid, query)
    return _computed(grid, query)


def _count_difference(grid: Grid, query: TableQuery) -> Result:
    """How many more rows meet one condition than the other."""
    one, _ = query.conditions
    met = sum(meets(grid.rows[r][one.column], one) for r in query.rows)
    return _number(Decimal(abs(len(query.rows) - 2 * met)), [(r, one.column) for r in query.rows])


def _first(query: TableQuery) -> int:
    return query.conditions[0].column if query.conditions else 0


def _texts(grid: Grid, cells: Sequence[tuple[int, int]]) -> Result | None:
    filled = [(r, c) for r, c in cells if grid.rows[r][c].text.strip()]
    texts = tuple(dict.fromkeys(grid.rows[r][c].text for r, c in filled))
    return Result(texts, None, tuple(filled)) if texts else None


def _number(value: Decimal, cells: Sequence[tuple[int, int]]) -> Result:
    return Result((), value, tuple(cells))


def _extreme(grid: Grid, query: TableQuery) -> Result | None:
    assert query.by is not None and query.out is not None
    keyed = [(k, r) for r in query.rows if (k := sort_key(grid, r, query.by)) is not None]
    if not keyed:
        return None
    choose = max if query.operation is Operation.MOST else min
    best = choose(k for k, _ in keyed)
    return _texts(grid, [(r, query.out) for k, r in keyed if k == best])


def _oftenest(grid: Grid, rows: Sequence[int], out: int) -> Result | None:
    counts = Counter(grid.rows[r][out].stems for r in rows if grid.rows[r][out].stems)
    top = counts.most_common(2)
    if not top or top[0][1] < 2 or len(top) > 1 and top[1][1] == top[0][1]:
        return None
    cells = [(r, out) for r in rows if grid.rows[r][out].stems == top[0][0]]
    return Result((grid.rows[cells[0][0]][out].text,), None, tuple(cells))


def _same(grid: Grid, query: TableQuery) -> Result | None:
    """``out`` of the other rows that say the same in ``by`` as the chosen row."""
    assert query.by is not None and query.out is not None
    shared_stems = grid.rows[query.rows[0]][query.by].stems
    others = [
        (r, query.out)
        for r, row in enumerate(grid.rows)
        if r not in query.rows and shared_stems and row[query.by].stems == shared_stems
    ]
    return _texts(grid, others)


def _computed(grid: Grid, query: TableQuery) -> Result | None:
    """A number computed from the numbers of a column, or of two cells."""
    assert query.out is not None
    cells = [(r, query.out) for r in query.rows]
    if query.second is not None:
        cells += [(r, query.second) for r in query.rows]
    measured = [(v, cell) for cell in cells if (v := _measured(grid, *cell)) is not None]
    if not measured or len(measured) < len(cells) * 0.5:
        return None
    numbers = [v for v, _ in measured]
    value = compute_value(query.operation, numbers)
    return None if value is None else _number(value, [cell for _, cell in measured])


def _measured(grid: Grid, row: int, column: int) -> Decimal | None:
    cell = grid.rows[row][column]
    return _measure(cell) if grid.columns[column].kind is Kind.DATE else cell.number


def compute_value(operation: Operation, numbers: Sequence[Decimal]) -> Decimal | None:
    """The number that an operation makes of numbers; None if it cannot.

    Of two numbers, CHANGE, PERCENT and RATIO compare the second with the first.
    """
    if operation is Operation.SUM:
        return sum(numbers, Decimal(0))
    if operation is Operation.MEAN:
        return mean(numbers)
    if operation is Operation.HIGHEST:
        return max(numbers)
    if operation is Operation.LOWEST:
        return min(numbers)
    if operation is Operation.RANGE:
        return max(numbers) - min(numbers)
    if len(numbers) != 2:
        return None
    first, last = numbers
    if operation is Operation.DIFFERENCE:
        return abs(last - first)
    if operation is Operation.CHANGE:
        return last - first
    if not first:
        return None
    return (last - first) / first * 100 if operation is Operation.PERCENT else last / first
