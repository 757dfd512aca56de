"""Cells as values: what their text counts, measures or dates, and kinds of columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from app.language.dates import find_dates
from app.language.tokens import STOP_WORDS, stem, words
from ingest.table import Table

# A column is of a kind if so many of its filled cells are.
MIN_KIND_SHARE = 0.7
_NUMBER = re.compile(r"[-+−]?\d[\d.,'’\u00a0\u202f]*")
_LONE = re.compile(r"^[^\d()]{0,6}\(?[-+−]?[^\d()]{0,4}\d")
_CLOCK = re.compile(r"^(?:(\d+):)?(\d{1,2}):(\d{2}(?:[.,]\d+)?)$")
_YEAR = re.compile(r"\b(1[0-9]{3}|20[0-9]{2})\b")
_SUBTOTAL = re.compile(r"^(?:sub-?|grand |overall )?(?:total|sum|totals|average|mean)s?\b", re.I)


class Kind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Value:
    """A cell's words (folded, stemmed), its number and its date as (year, month, day), if any."""

    text: str
    stems: tuple[str, ...]
    number: Decimal | None
    date: tuple[int, int, int] | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its header, the header's stems without stop words, its kind and the unit of all."""

    index: int
    header: str
    stems: tuple[str, ...]
    kind: Kind
    unit: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as values; ``totals`` are the rows that sum up others, ``stems`` all its words."""

    table: Table
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    totals: frozenset[int]
    stems: frozenset[str]


def build_grid(table: Table) -> Grid:
    """The values of a table."""
    rows = tuple(tuple(value(cell.text) for cell in row.cells) for row in table.rows)
    columns = tuple(
        _column(i, head.text, [row[i] for row in rows]) for i, head in enumerate(table.header)
    )
    totals = frozenset(i for i, row in enumerate(table.rows) if _sums_up(row.cells[0].text))
    stems_there = frozenset(
        s
        for line in (*rows, [value(head.text) for head in table.header])
        for v in line
        for s in v.stems
    )
    return Grid(
        table, columns, rows, totals if len(totals) < len(rows) else frozenset(), stems_there
    )


@lru_cache(maxsize=200_000)
def value(text: str) -> Value:
    """What a cell's text says."""
    return Value(text, tuple(map(stem, words(text))), parse_number(text), parse_date(text))


def parse_number(text: str) -> Decimal | None:
    """The number that a cell begins with ("$1,234.50", "12 kg", "(3.4)", "30:05" as seconds)."""
    plain = text.strip()
    clock = _CLOCK.match(plain)
    if clock:
        hours, minutes, seconds = clock.groups()
        return Decimal(int(hours or 0) * 3600 + int(minutes) * 60) + _decimal(seconds)
    if not _LONE.match(plain):
        return None
    match = _NUMBER.search(plain)
    if match is None:
        return None
    before = plain[: match.start()]
    negative = "-" in before or "−" in before or before.endswith("(") and plain.endswith(")")
    amount = _decimal(match[0])
    return -abs(amount) if negative else amount


def _decimal(written: str) -> Decimal:
    """The value of digits with the separators of any country."""
    plain = re.sub(r"[\s'’\u00a0\u202f]", "", written.replace("−", "-")).rstrip(".,")
    german = re.fullmatch(r"[-+]?\d{1,3}(?:\.\d{3})+,\d+|[-+]?\d{1,3}(?:\.\d{3}){2,}", plain)
    if german or re.fullmatch(r"[-+]?\d+,\d{1,2}", plain):
        plain = plain.replace(".", "").replace(",", ".")
    plain = plain.replace(",", "")
    head, *tail = plain.split(".")
    return Decimal(head + (f".{tail[0]}" if tail else ""))


@lru_cache(maxsize=50_000)
def parse_date(text: str) -> tuple[int, int, int] | None:
    """The first date of a text as (year, month, day), 0 for what it does not give."""
    dates = find_dates(text) if len(text) < 80 else set()
    if dates:
        first = min(dates, key=lambda d: (d.year or 0, d.month, d.day or 0))
        return (first.year or 0, first.month, first.day or 0)
    year = _YEAR.search(text)
    return (int(year[1]), 0, 0) if year else None


def _column(index: int, header: str, cells: Sequence[Value]) -> Column:
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
    return Column(index, header, header_stems, kind, _unit(filled) if kind is Kind.NUMBER else "")


def _mixed(cells: Sequence[Value]) -> bool:
    """Whether the cells measure different things (480 W, 27 litres, 12 kg): nothing to compare."""
    units = _around(cells)
    named = [unit for unit in units if any(map(str.isalpha, unit))]
    return len(named) > 2 and max(units.values()) <= len(cells) / 2


def _around(cells: Sequence[Value]) -> Counter[str]:
    """What stands with the numbers of the cells."""
    return Counter(" ".join(_NUMBER.sub(" ", cell.text).split()) for cell in cells)


def _unit(cells: Sequence[Value]) -> str:
    """What stands with the numbers of nearly all cells: "€", "kg", "%"."""
    ((unit, often),) = _around(cells).most_common(1)
    return unit if often >= 0.9 * len(cells) and len(unit) <= 12 else ""


def _sums_up(text: str) -> bool:
    return bool(_SUBTOTAL.match(text.strip()))
