"""Cells as values: what their text counts, measures or dates, and kinds of columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from app.language.dates import day_first_of, find_dates
from app.language.tokens import STOP_WORDS, stem, words
from app.tables.durations import base_unit, clock_value, durations
from app.tables.number_form import DOT, NUMBER, OPEN, decimal_value, form_of
from app.tables.units import in_one_unit, of_several_quantities
from ingest.table import Row, Table

# A column is of a kind if so many of its filled cells are.
MIN_KIND_SHARE = 0.7
_LONE = re.compile(r"^[^\d()]{0,6}\(?[-+−]?[^\d()]{0,4}\d")
# Letters right before the digits, but for a currency's, make a name: "P-17", "SKU9201".
_NAME = re.compile(r"^(?!(?:[a-z]{2,3}|rs)\.?\d+[.,]\d)[^\W\d_]+[-–_/.]?\d", re.IGNORECASE)
_THOUSANDS = re.compile(r"[kK]\b")
_YEAR = re.compile(r"\b(1[0-9]{3}|20[0-9]{2})\b")
_SUBTOTAL = re.compile(r"^(?:sub-?|grand |overall )?(?:total|sum|totals|average|mean)s?\b", re.I)


class Kind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Value:
    """A cell's words (folded, stemmed), its number and its date as (year, month, day), if any.

    ``unit`` is the one that the number was converted to, or the form of a duration; "" if the
    number is as the cell has it.
    """

    text: str
    stems: tuple[str, ...]
    number: Decimal | None
    date: tuple[int, int, int] | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, the header's stems without stop words, its kind, the unit of all (or
    the form of its durations), and the form of its numbers."""

    index: int
    header: str
    stems: tuple[str, ...]
    kind: Kind
    unit: str
    form: str = OPEN

    @property
    def measured_in(self) -> str:
        """The unit that its numbers count; "" if neither cells nor header say so."""
        return base_unit(self.unit, self.header)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as values; ``totals`` are the rows that sum up others, ``stems`` all its words, and
    ``form`` is that of its file's numbers."""

    table: Table
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    totals: frozenset[int]
    stems: frozenset[str]
    form: str = OPEN


def build_grid(table: Table, form: str = OPEN) -> Grid:
    """The values of a table; ``form`` is that of its file's numbers (``form_of``)."""
    forms = _forms(table, form)
    orders = _day_orders(table)
    rows = tuple(
        tuple(value(cell.text, forms[i], orders[i]) for i, cell in enumerate(row.cells))
        for row in table.rows
    )
    by_column = [_converted([row[i] for row in rows]) for i in range(len(table.header))]
    rows = tuple(zip(*by_column, strict=True))
    columns = tuple(
        _column(i, head.text, cells, forms[i])
        for i, (head, cells) in enumerate(zip(table.header, by_column, strict=True))
    )
    totals = frozenset(i for i, row in enumerate(table.rows) if _sums_up(row))
    stems_there = frozenset(
        s
        for line in (*rows, [value(head.text) for head in table.header])
        for v in line
        for s in v.stems
    )
    some = totals if len(totals) < len(rows) else frozenset()
    return Grid(table, columns, rows, some, stems_there, form)


def _day_orders(table: Table) -> list[bool | None]:
    """Whether the dates of each column begin with the day: as the column shows, else the table."""
    cells = [[row.cells[i].text for row in table.rows] for i in range(len(table.header))]
    whole = day_first_of(text for column in cells for text in column)
    shown = (day_first_of(column) for column in cells)
    return [whole if order is None else order for order in shown]


def _forms(table: Table, form: str) -> list[str]:
    """The form of each column's numbers: its own, else the table's, else the file's."""
    cells = [[row.cells[i].text for row in table.rows] for i in range(len(table.header))]
    whole = form_of(text for column in cells for text in column) or form
    return [form_of(column) or whole for column in cells]


@lru_cache(maxsize=200_000)
def value(text: str, form: str = OPEN, day_first: bool | None = None) -> Value:
    """What a cell's text says, its number in a form."""
    number = parse_number(text, form)
    return Value(text, tuple(map(stem, words(text))), number, parse_date(text, day_first))


def parse_number(text: str, form: str = OPEN) -> Decimal | None:
    """The number that a cell begins with: "$1,234.50", "12 kg", "3k", "(3.4)" and "3.4-" below
    zero, "30:05" as its lower part (``clock_value``). None if there is none, or if its form is
    open."""
    plain = text.strip()
    if clock := clock_value(plain):
        return clock[0]
    if not _LONE.match(plain) or _NAME.match(plain):
        return None
    match = NUMBER.search(plain)
    if match is None:
        return None
    before, after = plain[: match.start()], plain[match.end() :].strip()
    negative = "-" in before or "−" in before or before.endswith("(") and plain.endswith(")")
    amount = decimal_value(match[0], form)
    if amount is None:
        return None
    if _THOUSANDS.match(after):
        amount *= 1000
    # Accounting programs write the sign behind.
    return -abs(amount) if negative or after in ("-", "−") else amount


@lru_cache(maxsize=50_000)
def parse_date(text: str, day_first: bool | None = None) -> tuple[int, int, int] | None:
    """The first date of a text as (year, month, day), 0 for what it does not give."""
    dates = find_dates(text, day_first) if len(text) < 80 else set()
    if dates:
        first = min(dates, key=lambda d: (d.year or 0, d.month, d.day or 0))
        return (first.year or 0, first.month, first.day or 0)
    year = _YEAR.search(text)
    return (int(year[1]), 0, 0) if year else None


def open_number(grid: Grid) -> str:
    """A number of the table that can be read in two ways, as it is written; "" if there is none."""
    cells = (cell for row in grid.rows for cell in row if cell.number is None)
    return next((c.text.strip() for c in cells if parse_number(c.text, DOT) is not None), "")


def open_date(grid: Grid) -> str:
    """A date of the table of which nothing shows what is the day, as it is written; else ""."""
    cells = (cell for row in grid.rows for cell in row if cell.date and not cell.date[1])
    return next((c.text.strip() for c in cells if (parse_date(c.text, True) or (0, 0))[1]), "")


def dates_order_rows(grid: Grid) -> bool:
    """Whether a column of dates, in another order than the rows, says what comes first and last."""
    dated = [c.index for c in grid.columns if c.kind is Kind.DATE]
    columns = ([row[at].date for row in grid.rows if row[at].date] for at in dated)
    return bool(dated) and not any(dates == sorted(filter(None, dates)) for dates in columns)


def _converted(cells: Sequence[Value]) -> list[Value]:
    """A column's cells: durations by their form, those that measure one thing in several units in
    the unit of most."""
    if lasting := _lasting(cells):
        return lasting
    measured = [i for i, cell in enumerate(cells) if cell.number is not None]
    units = [_beside(cells[i]) for i in measured]
    converted = in_one_unit(units) if len(set(units)) > 1 else None
    out = list(cells)
    for i, factor in zip(measured, converted[1] if converted else (), strict=False):
        number = cells[i].number
        assert number is not None
        out[i] = replace(cells[i], number=number * factor, unit=converted[0] if converted else "")
    return out


def _lasting(cells: Sequence[Value]) -> list[Value]:
    """The cells of a column of durations as such; [] for another."""
    filled = [i for i, cell in enumerate(cells) if any(map(str.isdigit, cell.text))]
    found = durations([cells[i].text for i in filled]) if filled else None
    out = list(cells) if found else []
    for i, number in zip(filled, found[0] if found else (), strict=False):
        out[i] = replace(cells[i], number=number, unit=found[1] if found else "")
    return out


def _column(index: int, header: str, cells: Sequence[Value], form: str) -> Column:
    filled = [cell for cell in cells if any(map(str.isalnum, cell.text))]
    share = len(filled) * MIN_KIND_SHARE
    kind = Kind.TEXT
    if (
        filled
        and sum(c.date is not None and (c.date[1] or c.number is None) for c in filled) >= share
    ):
        kind = Kind.DATE
    elif filled and sum(c.number is not None for c in filled) >= share and not _mixed(filled):
        kind = Kind.NUMBER
    header_stems = tuple(dict.fromkeys(stem(w) for w in words(header) if w not in STOP_WORDS))
    unit = _unit(filled) if kind is Kind.NUMBER else ""
    return Column(index, header, header_stems, kind, unit, form)


def _mixed(cells: Sequence[Value]) -> bool:
    """Whether the cells measure different things (480 W, 27 litres, 12 kg): nothing to compare."""
    units = _around(cells)
    named = [unit for unit in units if any(map(str.isalpha, unit))]
    if of_several_quantities(named):
        return True
    return len(named) > 2 and max(units.values()) <= len(cells) / 2


def _around(cells: Sequence[Value]) -> Counter[str]:
    """What stands with the numbers of the cells."""
    return Counter(map(_beside, cells))


def _beside(cell: Value) -> str:
    return cell.unit or " ".join(NUMBER.sub(" ", cell.text).split())


def _unit(cells: Sequence[Value]) -> str:
    """What stands with the numbers of nearly all cells: "€", "kg", "%"."""
    ((unit, often),) = _around(cells).most_common(1)
    return unit if often >= 0.9 * len(cells) and len(unit) <= 12 else ""


def _sums_up(row: Row) -> bool:
    """Whether a row sums up others: it is called a total, or one name goes over two columns."""
    first, second = (cell.text.strip() for cell in (*row.cells, row.cells[0])[:2])
    named = any(_SUBTOTAL.match(text) for text in (first, second))
    spanned = len(row.cells) > 1 and first == second and not any(map(str.isdigit, first))
    return named or spanned and bool(first)
