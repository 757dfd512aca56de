"""Tables with cells that span: every row on a line, header rows over header rows made one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.document import BlockKind
from ingest.load.base.builder import Builder, row_text

MAX_COLUMNS = 1_000


@dataclass(frozen=True, slots=True)
class SpannedCell:
    """A cell's text, how many columns and rows it spans, and whether it is marked as a header."""

    text: str
    across: int = 1
    down: int = 1
    heads: bool = False


def add_table(
    builder: Builder,
    rows: Sequence[Sequence[SpannedCell]],
    *,
    heads: int = 0,
    page: int | None = None,
) -> None:
    """A table as rows; ``heads`` is how many rows are said to be headers (0: found here).

    A cell that goes down stands in each of its rows, so that a row can be read alone. Header rows
    become one, column by column: "2023" over "Q1" is "2023 Q1". A first row of one cell over all
    columns is the table's title.
    """
    width = max((sum(cell.across for cell in row) for row in rows), default=0)
    while len(rows) > 1 and width > 1 and _is_title(rows[0], width):
        builder.add(BlockKind.PARAGRAPH, rows[0][0].text, page=page)
        rows, heads = rows[1:], max(0, heads - 1)
    lines = fill_spans(rows)
    heads = min(heads or _header_rows(rows), len(lines) - 1)
    if heads > 0:
        merged = [merge_header_rows(column) for column in zip(*_even(lines[:heads]), strict=True)]
        builder.add(BlockKind.TABLE_ROW, row_text(merged), 1, page=page)
    for line in lines[max(heads, 0) :]:
        builder.add(BlockKind.TABLE_ROW, row_text(line), 0, page=page)


def add_rows(
    builder: Builder, rows: Sequence[Sequence[SpannedCell]], *, page: int | None = None
) -> None:
    """A table without a header."""
    for line in fill_spans(rows):
        builder.add(BlockKind.TABLE_ROW, row_text(line), 0, page=page)


def _is_title(row: Sequence[SpannedCell], width: int) -> bool:
    return len(row) == 1 and row[0].across >= width and row[0].down == 1


def _header_rows(rows: Sequence[Sequence[SpannedCell]]) -> int:
    """Rows of header cells at the top; without any, the first row and those that its cells span
    or part further."""
    marked = 0
    for row in rows:
        if not row or not all(cell.heads for cell in row):
            break
        marked += 1
    if marked or len(rows) < 2 or len(rows[0]) < 2:
        return _deepest(rows, marked)
    return _deepest(rows, 1)


def _deepest(rows: Sequence[Sequence[SpannedCell]], count: int) -> int:
    """``count`` with the rows that its last row's cells reach into or are parted by."""
    if not count:
        return 0
    first = rows[0]
    parted = any(cell.across > 1 for cell in first)
    reach = max((cell.down for cell in first), default=1)
    return max(count, min(reach, 3), 2 if parted and len(rows) > 2 else 1)


def fill_spans(rows: Sequence[Sequence[SpannedCell]]) -> list[list[str]]:
    """The cells' texts, column by column; what goes down is repeated."""
    lines: list[list[str]] = []
    going: dict[int, tuple[int, str]] = {}
    for row in rows:
        line: list[str] = []
        waiting = list(row)
        while waiting or len(line) in going:
            at = len(line)
            if at in going:
                left, text = going.pop(at)
                line.append(text)
                if left > 1:
                    going[at] = (left - 1, text)
                continue
            cell = waiting.pop(0)
            for step in range(min(cell.across, MAX_COLUMNS)):
                line.append(cell.text if not step or not lines else "")
                if cell.down > 1:
                    going[at + step] = (cell.down - 1, line[-1])
        lines.append(line)
    return lines


def _even(lines: Sequence[Sequence[str]]) -> list[list[str]]:
    width = max(len(line) for line in lines)
    return [[*line, *[""] * (width - len(line))] for line in lines]


def merge_header_rows(column: Sequence[str]) -> str:
    """The different texts of a header column, from top to bottom."""
    return " ".join(dict.fromkeys(" ".join(text.split()) for text in column if text.strip()))
