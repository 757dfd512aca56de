"""Says a query and its result in words: what was computed, over which rows, and what came out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from app.tables.durations import FORMS, write_duration
from app.tables.number_form import COMMA
from app.tables.query import ROW_ORDER, Condition, Operation, Relation, Result, TableQuery
from app.tables.values import Grid, Kind

MAX_DECIMAL_PLACES = 4
# As the table itself writes its numbers.
_SWAPPED = str.maketrans(".,", ",.")
_LONG = re.compile(r"(?<![.,\d])\d{4,}")
_COMPARES = {
    Relation.ABOVE: "is more than",
    Relation.BELOW: "is less than",
    Relation.AT_LEAST: "is at least",
    Relation.AT_MOST: "is at most",
    Relation.EQUAL: "is",
}
_DATED = {
    Relation.ABOVE: "is after",
    Relation.BELOW: "is before",
    Relation.AT_LEAST: "is not before",
    Relation.AT_MOST: "is not after",
}
_NAMES = {
    Operation.SUM: "Sum of",
    Operation.MEAN: "Mean of",
    Operation.HIGHEST: "Highest",
    Operation.LOWEST: "Lowest",
    Operation.RANGE: "Highest less lowest",
    Operation.DIFFERENCE: "Difference of",
    Operation.CHANGE: "Change of",
    Operation.PERCENT: "Change in percent of",
    Operation.RATIO: "Ratio of",
}


def describe_query(grid: Grid, query: TableQuery, result: Result) -> str:
    """One line: "Sum of Price over 14 rows where Category is Garden: 1,367.35"."""
    operation, value = query.operation, display_value(grid, query, result)
    if operation is Operation.VALUES:
        return _looked_up(grid, query, result)
    if operation in (Operation.COUNT, Operation.COUNT_DIFFERENCE):
        what = "Rows" if operation is Operation.COUNT else "Difference in rows"
        return f"{what}{_where(grid, query)}: {value}"
    if operation in (Operation.MOST, Operation.LEAST):
        return _extreme(grid, query, result)
    out = _header(grid, query.out)
    where = _where(grid, query)
    if operation in (Operation.NEXT, Operation.PREVIOUS):
        side = "after" if operation is Operation.NEXT else "before"
        return f"{out} of the row {side} that{where}: {value}"
    if operation is Operation.DISTINCT:
        return f"Different values of {out}{where or _over(query)}: {value}"
    if operation is Operation.OFTENEST:
        times = len(result.cells)
        return f"Most frequent {out}{where}: {value} ({times} rows)"
    if operation is Operation.SAME:
        same = _header(grid, query.by)
        return f"{out} of the rows with the same {same}{where}: {value}"
    return _computed(grid, query, result)


def _looked_up(grid: Grid, query: TableQuery, result: Result) -> str:
    """A cell with its row's first cell: "Grade B, Hourly pay: 21.10 EUR"."""
    out, value = _header(grid, query.out), display_value(grid, query, result)
    rows = {row for row, _ in result.cells}
    if len(rows) > 1 or query.out == 0:
        return f"{out}{_where(grid, query)}: {value}"
    key = grid.rows[result.cells[0][0]][0].text.strip()
    return f"{key}, {out}: {value}" if key else f"{out}: {value}"


def _extreme(grid: Grid, query: TableQuery, result: Result) -> str:
    assert query.by is not None
    out, where = _header(grid, query.out), _where(grid, query)
    value = display_value(grid, query, result)
    most = query.operation is Operation.MOST
    if query.by == ROW_ORDER:
        side = "last" if most else "first"
        return f"{out} of the {side} of {len(query.rows)} rows{where}: {value}"
    date = grid.columns[query.by].kind is Kind.DATE
    word = ("latest" if most else "earliest") if date else ("highest" if most else "lowest")
    by = _header(grid, query.by)
    at = grid.rows[result.cells[0][0]][query.by].text.strip()
    if query.by == query.out:
        return f"{word.capitalize()} {by} of {len(query.rows)} rows{where}: {at}"
    return f"{out} with the {word} {by} ({at}) of {len(query.rows)} rows{where}: {value}"


def _computed(grid: Grid, query: TableQuery, result: Result) -> str:
    name, out = _NAMES[query.operation], _header(grid, query.out)
    value = display_value(grid, query, result)
    texts = [grid.rows[r][c].text.strip() for r, c in result.cells]
    if len(texts) == 2:
        labels = [_label(grid, cell) for cell in result.cells]
        parts = " and ".join(f"{a} ({b})" for a, b in zip(labels, texts, strict=True))
        return f"{name} {parts}: {value}"
    return f"{name} {out} over {len(texts)} rows{_where(grid, query)}: {value}"


def _label(grid: Grid, cell: tuple[int, int]) -> str:
    """What names a cell: its row's first cell, or its column if the row is the same."""
    row, column = cell
    first = grid.rows[row][0].text.strip()
    header = _header(grid, column)
    return f"{first}, {header}" if first and column else header


def _over(query: TableQuery) -> str:
    return f" over {len(query.rows)} rows"


def _where(grid: Grid, query: TableQuery) -> str:
    if not query.conditions:
        return ""
    joint = " or " if query.either else " and "
    return " where " + joint.join(_condition(grid, query, c) for c in query.conditions)


def _condition(grid: Grid, query: TableQuery, condition: Condition) -> str:
    header = _header(grid, condition.column)
    if condition.date is not None:
        wanted = "-".join(f"{part:02}" for part in condition.date if part)
        return f"{header} {_DATED.get(condition.relation, 'is')} {wanted}"
    if condition.number is not None:
        unit = grid.columns[condition.column].unit
        wanted = _measured(condition.number, unit) or f"{condition.number.normalize():f}"
        return f"{header} {_COMPARES[condition.relation]} {wanted}"
    texts = [grid.rows[r][condition.column].text.strip() for r in query.rows]
    if condition.relation is Relation.IS or len(set(texts)) == 1:
        met = [t for r, t in zip(query.rows, texts, strict=True) if _is(grid, r, condition)]
        return f"{header} is {(met or texts)[0]}"
    return f"{header} has “{' '.join(condition.stems)}”"


def _is(grid: Grid, row: int, condition: Condition) -> bool:
    return grid.rows[row][condition.column].stems == condition.stems


def _header(grid: Grid, column: int | None) -> str:
    if column is None:
        return ""
    return " ".join(grid.columns[column].header.split()) or f"Column {column + 1}"


def display_value(grid: Grid, query: TableQuery, result: Result) -> str:
    """The result as text: cells as they stand, a number with its column's unit."""
    if result.number is None:
        return "; ".join(" ".join(t.split()) for t in result.texts)
    unit = ""
    counts = (Operation.COUNT, Operation.COUNT_DIFFERENCE, Operation.DISTINCT)
    if query.operation is Operation.PERCENT:
        unit = "%"
    elif query.operation not in (*counts, Operation.RATIO) and query.out is not None:
        unit = grid.columns[query.out].unit
    if duration := _measured(result.number, unit):
        return duration
    places = 0 if query.operation in counts else _places(grid, result.cells)
    amount = write_number(result.number, places)
    if not _grouped(grid, query.out):
        amount = amount.replace(",", "")
    if query.out is not None and grid.columns[query.out].form == COMMA:
        amount = amount.translate(_SWAPPED)
    if len(unit) == 1 and unit in "$€£¥₹₽₺₼":
        return f"{unit}{amount}"
    return f"{amount}{'' if unit == '%' else ' '}{unit}".strip()


def _measured(number: Decimal, unit: str) -> str:
    """A duration as its column writes it; "" for a number of another unit."""
    return write_duration(number, unit) if unit in FORMS else ""


def _places(grid: Grid, cells: Sequence[tuple[int, int]]) -> int:
    """Decimal places that the cells have, at most."""
    values = [grid.rows[r][c].number for r, c in cells]
    exponents = [v.as_tuple().exponent for v in values if v is not None]
    return max([0, *(-e for e in exponents if isinstance(e, int))])


def _grouped(grid: Grid, column: int | None) -> bool:
    """Whether thousands are set off: always, unless the column's own cells do not do it."""
    return column is None or not any(_LONG.search(row[column].text) for row in grid.rows)


def write_number(value: Decimal, places: int) -> str:
    """A number with commas; what division adds is cut to two places more than the cells have."""
    most = min(places + 2, max(MAX_DECIMAL_PLACES, places))
    rounded = round(value, most)
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text and places == 0 else _padded(text, places)


def _padded(text: str, places: int) -> str:
    """Zeros at the end gone, down to the places that the cells have."""
    head, _, tail = text.partition(".")
    tail = tail.rstrip("0").ljust(places, "0")
    return f"{head}.{tail}" if tail else head
