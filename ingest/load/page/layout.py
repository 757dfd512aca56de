"""The reading order of a PDF page: columns are found by gaps that no line crosses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from statistics import median

from ingest.load.page.columns import beside_each_other, in_columns, is_sparse_table
from ingest.load.page.line import NO_COLUMN, Line
from ingest.load.page.words import is_right_to_left

CELL_SEPARATOR = " | "
# Empty cells at the end of a row.
_TRAILING = re.compile(r"(?: \| ?)+$")
MIN_COLUMN_LINES = 4
MIN_COLUMN_CHARACTERS = 18
# Centred heads over a table's columns: as many as the row below has cells, at least so many.
MIN_HEADED = 3


def reading_order(lines: Sequence[Line]) -> list[Line]:
    """The lines as they are read: columns one after the other, pieces of a line joined."""
    ordered: list[Line] = []
    for part in _cut(sorted(lines, key=lambda x: x.top)):
        rights = sorted(x.right for x in part)
        left, right = min(x.left for x in part), rights[int(0.9 * (len(rights) - 1))]
        for line in _joined(part):
            own = line.column != NO_COLUMN
            ordered.append(line if own else replace(line, column=(left, right)))
    return ordered


def _cut(lines: list[Line], depth: int = 0) -> list[list[Line]]:
    """Parts in reading order: lines across the gutter divide the page, columns in between."""
    gutter = _gutter(lines) if depth < 4 else None
    if gutter is None:
        return [lines] if lines else []
    parts: list[list[Line]] = []
    for across, run in groupby(lines, key=lambda line: line.left < gutter < line.right):
        zone = list(run)
        sides = [x for x in zone if x.right <= gutter], [x for x in zone if x.left >= gutter]
        if across or not all(map(_is_running_text, sides)):
            parts.append(zone)
        else:
            parts.extend(part for side in sides for part in _cut(side, depth + 1))
    return parts


def _gutter(lines: Sequence[Line]) -> float | None:
    """Where the fewest lines cross an upright between two columns of running text, if any."""
    if len(lines) < 2 * MIN_COLUMN_LINES:
        return None
    left, right = min(x.left for x in lines), max(x.right for x in lines)
    size = median(line.size for line in lines)
    best, fewest = None, 0.5 * len(lines)
    for step in range(20, 81):
        at = left + (right - left) * step / 100
        crossing = sum(1 for x in lines if x.left - 0.3 * size < at < x.right + 0.3 * size)
        if crossing < fewest:
            sides = [x for x in lines if x.right <= at], [x for x in lines if x.left >= at]
            if all(len(side) >= MIN_COLUMN_LINES and _is_running_text(side) for side in sides):
                best, fewest = at, crossing
    return best


def _is_running_text(side: Sequence[Line]) -> bool:
    """Whether half of the characters, if any, stand in pieces of a text's length: a table's
    cells are short. (Justified lines fall into pieces at their wide spaces.)"""
    lengths = sorted((len(line.words) for line in side), reverse=True)
    half, total = sum(lengths) / 2, 0
    for length in lengths:
        total += length
        if total >= half:
            return length >= MIN_COLUMN_CHARACTERS
    return True


def _joined(part: Sequence[Line]) -> list[Line]:
    """Lines from top to bottom; pieces at one height become one line, from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(part, key=lambda x: (x.top + x.bottom) / 2):
        middle = (line.top + line.bottom) / 2
        if rows and rows[-1][0].top <= middle <= rows[-1][0].bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    rows = [
        sorted(row, key=lambda x: x.left, reverse=is_right_to_left("".join(x.words for x in row)))
        for row in rows
    ]
    around = [[], *rows, [], []]
    cells = [
        _is_aligned(row, around[at])
        or _is_aligned(row, around[at + 2])
        or (_is_aligned(around[at + 2], around[at + 3]) and _heads(row, around[at + 2]))
        for at, row in enumerate(rows)
    ]
    for place in _runs_of_pieces(rows):
        if not beside_each_other(rows[place]) and is_sparse_table(rows[place]):
            cells[place] = [True] * len(rows[place])
    joined: list[Line] = []
    for in_table, run in groupby(zip(rows, cells, strict=True), lambda pair: pair[1]):
        joined += _as_lines([row for row, _ in run], in_table)
    return joined


def _runs_of_pieces(rows: Sequence[Sequence[Line]]) -> Iterator[slice]:
    """Where rows of two pieces or more follow each other."""
    start = 0
    for several, run in groupby(rows, key=lambda row: len(row) > 1):
        end = start + len(list(run))
        if several:
            yield slice(start, end)
        start = end


def _as_lines(rows: Sequence[Sequence[Line]], in_table: bool) -> list[Line]:
    """Rows as lines: of a table one a row, with its cells; of texts side by side one after the
    other."""
    if not in_table or any(is_right_to_left("".join(x.words for x in row)) for row in rows):
        return [_as_one(row, cells=in_table) for row in rows]
    if beside_each_other(rows):
        return [line for text in zip(*rows, strict=True) for line in _as_column(text)]
    columns = in_columns(rows)
    if columns is None:
        return [_as_one(row, cells=True) for row in rows]
    return [_as_row(cells) for cells in columns]


def _as_column(text: Sequence[Line]) -> list[Line]:
    column = min(x.left for x in text), max(x.right for x in text)
    return [replace(line, column=column) for line in text]


def _as_row(cells: Sequence[Line | None]) -> Line:
    """One line of a table's row; a cell that is empty keeps its place before those that are not."""
    filled = [cell for cell in cells if cell]
    words = CELL_SEPARATOR.join(cell.words if cell else "" for cell in cells)
    return replace(_as_one(filled, cells=True), words=_TRAILING.sub("", words))


def _is_aligned(row: Sequence[Line], other: Sequence[Line]) -> bool:
    """Whether most pieces after the first begin or end where the other row's do, as cells do."""
    fit = sum(
        1
        for x in row[1:]
        if any(abs(x.left - o.left) < 1.5 or abs(x.right - o.right) < 1.5 for o in other[1:])
    )
    return len(other) > 1 and fit * 2 > len(row) - 1


def _heads(row: Sequence[Line], below: Sequence[Line]) -> bool:
    """Whether each piece stands in the middle of a column of its own, above the row's cells."""
    if not MIN_HEADED <= len(row) == len(below):
        return False
    middles = [(x.left + x.right) / 2 for x in row]
    edges = [*(x.left for x in below[1:]), max(row[0].width, below[-1].right)]
    return all(
        cell.left <= middle < edge for middle, cell, edge in zip(middles, below, edges, strict=True)
    )


def _as_one(row: Sequence[Line], cells: bool) -> Line:
    """One line of the pieces; wide gaps between cells become bars."""
    if len(row) == 1:
        return row[0]
    words = row[0].words
    for before, line in zip(row, row[1:], strict=False):
        words += (
            CELL_SEPARATOR if cells and line.left - before.right > line.size else " "
        ) + line.words
    return replace(
        row[0],
        words=words,
        top=min(x.top for x in row),
        right=max(x.right for x in row),
        bottom=max(x.bottom for x in row),
        size=max(x.size for x in row),
        bold=all(x.bold for x in row),
    )
