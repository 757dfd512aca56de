"""Tables of a document: the rows of its blocks as cells, each with its place in the text.

A table is a run of ``TABLE_ROW`` blocks; a row of level 1 is its header. The cells are slices of
the row's line, parted by bars as the loaders write them (or as Markdown does).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.document import Block, BlockKind

_BARS = re.compile(r"(?:(?<=\s)|^)\|(?=\s|$)")
_MARKDOWN_BARS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"^[\s|:-]*-[\s|:-]*$")


@dataclass(frozen=True, slots=True)
class Cell:
    """``document.text[start:end] == text``; an empty cell has ``start == end``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row's line in the text, its cells from the left, and its number in a sheet (or None)."""

    start: int
    end: int
    cells: tuple[Cell, ...]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A header (one cell a column; empty texts if the table has none) and rows as wide."""

    header: tuple[Cell, ...]
    rows: tuple[Row, ...]
    headings: tuple[str, ...] = ()

    @property
    def start(self) -> int:
        """Where the table begins: at its header, if it has one."""
        first = self.rows[0].start
        return min([first, *(cell.start for cell in self.header if cell.text)])

    @property
    def end(self) -> int:
        """Where its last row ends."""
        return self.rows[-1].end


def tables(text: str, blocks: Sequence[Block]) -> list[Table]:
    """The tables of a document that have a row below the header, in order."""
    tables_found = []
    for headings, run in _runs(text, blocks):
        head = run[0] if run[0].level > 0 else None
        markdown = head is not None and "\n" in text[head.start : head.end]
        header = _cells(text, head, markdown) if head else ()
        rows = [
            Row(b.start, b.end, _cells(text, b, markdown), b.row) for b in run[1 if head else 0 :]
        ]
        # After a page break the header stands again: it is no row.
        rows = [row for row in rows if not head or _texts(row.cells) != _texts(header)]
        if rows:
            width = max(len(header), *(len(row.cells) for row in rows))
            even = (Row(r.start, r.end, _widened(r.cells, width, r.end), r.number) for r in rows)
            at = head.end if head else rows[0].start
            tables_found.append(Table(_widened(header, width, at), tuple(even), headings))
    return tables_found


def cells_of_line(line: str) -> tuple[str, ...]:
    """The cells of one row's line, as the loaders write it; one cell if it has no bars."""
    block = Block(BlockKind.TABLE_ROW, 0, len(line))
    return tuple(cell.text for cell in _cells(line, block, False))


def _runs(text: str, blocks: Sequence[Block]) -> Iterator[tuple[tuple[str, ...], list[Block]]]:
    """Rows that stand together, a header only at the front, with the headings above them."""
    above: list[Block] = []
    run: list[Block] = []
    for block in blocks:
        row = block.kind is BlockKind.TABLE_ROW
        if run and (not row or block.level > 0 and not _heads_again(text, run[0], block)):
            yield tuple(text[h.start : h.end] for h in above), run
            run = []
        if row:
            run.append(block)
        elif block.kind is BlockKind.HEADING:
            above = [*(h for h in above if h.level < block.level), block]
    if run:
        yield tuple(text[h.start : h.end] for h in above), run


def _heads_again(text: str, head: Block, block: Block) -> bool:
    """Whether a header is that of the table again: the table goes on below it."""
    same = text[head.start : head.end] == text[block.start : block.end]
    return head.level > 0 and same


def _cells(text: str, block: Block, markdown: bool) -> tuple[Cell, ...]:
    """The cells of a row's line; the rule below a header of Markdown is left out."""
    line = text[block.start : block.end]
    if markdown:
        first, _, rest = line.partition("\n")
        line = first if _RULE.match(rest) else line.replace("\n", " ")
    ends = len(line.rstrip())
    framed = ends > 1 and line.startswith("|") and line[ends - 1] == "|"
    bars = _MARKDOWN_BARS if markdown or framed else _BARS
    edges = [-1, *(m.start() for m in bars.finditer(line)), len(line)]
    spans = [(a + 1, b) for a, b in zip(edges, edges[1:], strict=False)]
    if framed:
        spans = spans[1:-1]
    return tuple(_cell(block.start, line, a, b) for a, b in spans)


def _cell(offset: int, line: str, start: int, end: int) -> Cell:
    words = line[start:end].strip()
    at = offset + (line.index(words, start) if words else end)
    return Cell(at, at + len(words), words)


def _texts(cells: Sequence[Cell]) -> list[str]:
    return [cell.text for cell in cells]


def _widened(cells: tuple[Cell, ...], width: int, at: int) -> tuple[Cell, ...]:
    return cells + (Cell(at, at, ""),) * (width - len(cells))
