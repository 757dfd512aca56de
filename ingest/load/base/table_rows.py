"""Rows of a sheet to blocks: finds the header row and keeps row numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from ingest.document import BlockKind
from ingest.load.base.builder import Builder, row_text
from ingest.load.base.grid import merge_header_rows

MAX_CELLS = 4_000_000
# Header rows over each other, at most.
MAX_HEADER_ROWS = 3
MAX_HEADER_COLUMNS = 200
Span = tuple[int, int]
"""A row and a column, or how many of each."""
NO_SPANS: Mapping[Span, Span] = MappingProxyType({})


class TooManyCells(Exception):
    """A sheet holds more cells than are read."""


def add_rows(
    builder: Builder,
    rows: Iterable[tuple[int, list[str]]],
    page: int | None,
    spans: Mapping[Span, Span] = NO_SPANS,
) -> None:
    """Rows ``(number, cells)`` as blocks: lines of one cell before the header are headings.

    The header is the first row of two cells or more if none of its cells is a number; with the rows
    below it that its merged cells part further. ``spans`` are the merged areas: what a cell of
    several rows says stands in each of them. Raises TooManyCells.
    """
    heads: list[list[str]] = []
    last_head = 0
    header_found = False
    for number, cells in _spread(_filled(rows), spans):
        words = row_text(cells)
        filled = sum(1 for cell in cells if cell.strip())
        if heads and number <= last_head:
            heads.append(cells)
            continue
        _add_heads(builder, heads, page, last_head)
        if header_found or not words:
            builder.add(BlockKind.TABLE_ROW, words, 0, page=page, row=number)
        elif filled == 1:
            builder.add(BlockKind.HEADING, words.strip(" |"), 2, page=page, row=number)
        elif any(is_number(cell) for cell in cells):
            builder.add(BlockKind.TABLE_ROW, words, 0, page=page, row=number)
            header_found = True
        else:
            heads, header_found = [cells], True
            last_head = _last_head(number, len(cells), spans)
    _add_heads(builder, heads, page, last_head)


def _add_heads(builder: Builder, heads: list[list[str]], page: int | None, number: int) -> None:
    """The header rows, gathered so far, as one."""
    if heads:
        width = max(map(len, heads))
        even = [[*line, *[""] * (width - len(line))] for line in heads]
        words = row_text([merge_header_rows(column) for column in zip(*even, strict=True)])
        builder.add(BlockKind.TABLE_ROW, words, 1, page=page, row=number)
        heads.clear()


def _last_head(number: int, width: int, spans: Mapping[Span, Span]) -> int:
    """The last row of a header that begins at ``number``."""
    mine = [spans[number, at] for at in range(1, width + 1) if (number, at) in spans]
    if not any(across > 1 for _, across in mine):
        return number
    return number + min(max(2, *(down for down, _ in mine)) if mine else 1, MAX_HEADER_ROWS) - 1


def _spread(
    rows: Iterable[tuple[int, list[str]]], spans: Mapping[Span, Span]
) -> Iterator[tuple[int, list[str]]]:
    """Rows with the words of merged cells in every row of their area, in its first column; in a
    header also in every column, which ``add_rows`` needs to name them."""
    going: dict[int, tuple[int, str]] = {}
    for number, cells in rows:
        line = list(cells)
        for at in range(1, len(line) + 1):
            down, across = spans.get((number, at), (1, 1))
            if down > 1:
                going[at] = (number + down - 1, line[at - 1])
            elif at in going and number <= going[at][0]:
                line[at - 1] = line[at - 1] or going[at][1]
            if across > 1 and not any(is_number(cell) for cell in cells):
                end = at - 1 + min(across, MAX_HEADER_COLUMNS)
                line[at:end] = [line[at - 1]] * (end - at)
        yield number, line


def _filled(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, counted against the limit."""
    seen = 0
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            seen += len(cells)
            if seen > MAX_CELLS:
                raise TooManyCells(f"more than {MAX_CELLS:,} cells")
            yield number, cells


def is_number(cell: str) -> bool:
    """Whether a cell is a number, with its sign; a year may head a column and is none."""
    digits = cell.strip().strip("$€£%+-").replace(",", "").replace(".", "").replace(" ", "")
    return digits.isdigit() and len(digits) != 4
