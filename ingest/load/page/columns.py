"""The columns of a table on a PDF page: which cell of a row stands in which, and side-by-side text.

A PDF draws the cells of a row as pieces at their places. An empty cell is no piece, and two heads
near each other are one: without its column the next cell would be taken for another's value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.load.page.line import Line

# Rows that have every cell, at least: fewer show no columns.
MIN_FULL_ROWS = 2
# A piece belongs to two columns if it covers so much of each.
MIN_COVERED = 0.5
# Beside an address or a picture stands text: so long are its lines on the average, in characters.
MIN_TEXT_LINE = 22
# Rows and columns of a table that is known by its columns alone, at least, and the share of its
# pieces that stand in line with another.
MIN_SPARSE_ROWS, MIN_SPARSE_COLUMNS, MIN_ALIGNED = 4, 3, 0.9
# Points between edges that are in line.
FLUSH = 1.5
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*$")

Row = Sequence[Line]
Interval = tuple[float, float]


def in_columns(rows: Sequence[Row]) -> list[list[Line | None]] | None:
    """Each row with one cell a column, None where it is empty; None if no columns show.

    The rows with the most pieces show the columns. A piece over two of them is split at a space
    between; if that cannot be done, it stands in the first.
    """
    columns = _columns(rows)
    if columns is None:
        return None
    placed = [_placed(row, columns) for row in rows]
    return [cells for cells in placed if cells] if all(placed) else None


def is_sparse_table(rows: Sequence[Row]) -> bool:
    """Whether rows, many of them with empty cells, are those of a table: nearly every piece begins
    or ends where one of another row does, in three columns or more."""
    pieces = [(at, x) for at, row in enumerate(rows) for x in row]
    aligned = sum(any(at != other and _is_flush(x, y) for other, y in pieces) for at, x in pieces)
    columns = _columns_of_pieces(rows)
    enough = columns is not None and len(columns) >= MIN_SPARSE_COLUMNS
    return enough and aligned >= MIN_ALIGNED * len(pieces) and len(rows) >= MIN_SPARSE_ROWS


def _is_flush(one: Line, other: Line) -> bool:
    return abs(one.left - other.left) < FLUSH or abs(one.right - other.right) < FLUSH


def _columns(rows: Sequence[Row]) -> list[Interval] | None:
    most = max(map(len, rows), default=0)
    full = [row for row in rows if len(row) == most]
    if most < 2 or len(full) < MIN_FULL_ROWS:
        return _columns_of_pieces(rows)
    by_column = zip(*full, strict=True)
    columns = [(min(x.left for x in at), max(x.right for x in at)) for at in by_column]
    apart = all(a[1] < b[0] for a, b in zip(columns, columns[1:], strict=False))
    return columns if apart else None


def _columns_of_pieces(rows: Sequence[Row]) -> list[Interval] | None:
    """The columns of rows of which few have every cell: from the narrowest piece to the widest,
    each lies in a column, begins one, or goes over several and is left out."""
    columns: list[tuple[float, float, int]] = []
    pieces = sorted((x.right - x.left, x.left, x.right) for row in rows for x in row)
    for _, left, right in pieces:
        over = [c for c in columns if left < c[1] and c[0] < right]
        if len(over) == 1:
            columns.remove(over[0])
            columns.append((min(left, over[0][0]), max(right, over[0][1]), over[0][2] + 1))
        elif not over:
            columns.append((left, right, 1))
    columns.sort()
    enough = len(columns) > 1 and all(count >= MIN_FULL_ROWS for _, _, count in columns)
    return [(left, right) for left, right, _ in columns] if enough else None


def _placed(row: Row, columns: Sequence[Interval]) -> list[Line | None] | None:
    """The row's pieces in the columns; None if two pieces fall into one, or their order differs."""
    cells: list[Line | None] = [None] * len(columns)
    last = -1
    for piece in _pieces(row, columns):
        at = max(range(len(columns)), key=lambda i: _nearness(piece, columns[i]))
        if at <= last:
            return None
        cells[at], last = piece, at
    return cells


def _nearness(piece: Line, column: Interval) -> tuple[float, float]:
    """How far a piece lies in a column; if not at all, how near."""
    overlap = min(piece.right, column[1]) - max(piece.left, column[0])
    return max(overlap, 0.0), overlap


def _pieces(row: Row, columns: Sequence[Interval]) -> Iterator[Line]:
    for piece in row:
        covered = [c for c in columns if _covers(piece, c)]
        yield from _split(piece, covered) if len(covered) > 1 else [piece]


def _covers(piece: Line, column: Interval) -> bool:
    width = max(column[1] - column[0], 1.0)
    return min(piece.right, column[1]) - max(piece.left, column[0]) >= MIN_COVERED * width


def _split(piece: Line, columns: Sequence[Interval]) -> list[Line]:
    """The piece parted at the widest space between each two columns; whole if one is missing."""
    parts: list[Line] = []
    rest, taken = piece, 0
    for before, after in zip(columns, columns[1:], strict=False):
        middle = (before[1] + after[0]) / 2
        between = [
            s for s in piece.spaces if s[0] >= taken and before[0] < s[2] and s[1] < after[1]
        ]
        if not between:
            return [piece]
        # The head begins where its cells do; else it stands over their middle.
        flush = [s for s in between if abs(s[2] - after[0]) < 0.6 * piece.size]
        at, left, right = min(flush or between, key=lambda s: abs((s[1] + s[2]) / 2 - middle))
        words, more = rest.words[: at - taken].rstrip(), rest.words[at - taken :].lstrip()
        if not words or not more:
            return [piece]
        parts.append(replace(rest, words=words, right=left))
        rest, taken = replace(rest, words=more, left=right), at + 1
    return [*parts, rest]


def beside_each_other(rows: Sequence[Row]) -> bool:
    """Whether the pieces are lines of texts that stand side by side, and no cells.

    One of the texts goes on from line to line, and none is a column of numbers.
    """
    width = len(rows[0])
    if len(rows) < 2 or width < 2 or any(len(row) != width for row in rows):
        return False
    texts = [[row[at].words for row in rows] for at in range(width)]
    if any(sum(map(_is_figure, lines)) * 2 > len(lines) for lines in texts):
        return False
    return any(map(_goes_on, texts))


def _goes_on(lines: Sequence[str]) -> bool:
    """Whether lines are those of running text: long, with a sentence over two of them."""
    length = sum(map(len, lines)) / len(lines)
    over = any(
        not _SENTENCE_END.search(a) and b[:1].islower()
        for a, b in zip(lines, lines[1:], strict=False)
    )
    begins, ends = lines[0][:1].isupper(), any(_SENTENCE_END.search(line) for line in lines)
    return length >= MIN_TEXT_LINE and over and begins and ends


def _is_figure(words: str) -> bool:
    letters = sum(map(str.isalpha, words))
    return any(map(str.isdigit, words)) and letters <= len(words) / 2
