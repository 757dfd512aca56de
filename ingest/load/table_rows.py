"""Rows of a sheet to blocks: finds the header row and keeps row numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.document import BlockKind
from ingest.load.builder import Builder, row_text

MAX_CELLS = 4_000_000


class TooManyCells(Exception):
    """A sheet holds more cells than are read."""


def add_rows(builder: Builder, rows: Iterable[tuple[int, list[str]]], page: int | None) -> None:
    """Rows ``(number, cells)`` as blocks: lines of one cell before the header are headings.

    The header is the first row of two cells or more if none of its cells is a number.
    Raises TooManyCells.
    """
    header_found = False
    for number, cells in _filled(rows):
        words = row_text(cells)
        filled = sum(1 for cell in cells if cell.strip())
        if header_found or not words:
            builder.add(BlockKind.TABLE_ROW, words, 0, page=page, row=number)
        elif filled == 1:
            builder.add(BlockKind.HEADING, words.strip(" |"), 2, page=page, row=number)
        else:
            level = int(not any(_is_number(cell) for cell in cells))
            builder.add(BlockKind.TABLE_ROW, words, level, page=page, row=number)
            header_found = True


def _filled(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, counted against the limit."""
    seen = 0
    for number, cells in rows:
        seen += len(cells)
        if seen > MAX_CELLS:
            raise TooManyCells(f"more than {MAX_CELLS:,} cells")
        if any(cell.strip() for cell in cells):
            yield number, cells


def _is_number(cell: str) -> bool:
    digits = cell.strip().strip("$€£%+-").replace(",", "").replace(".", "").replace(" ", "")
    return digits.isdigit() and len(digits) != 4  # a year may head a column
