"""Tells the header of a PDF's table from its rows: a PDF does not mark it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ingest.document import BlockKind
from ingest.load.base.table_rows import is_number
from ingest.load.page.layout import CELL_SEPARATOR
from ingest.load.page.paragraphs import Paragraph

# Rows below a header, at least; the share of them that are as wide as it is.
MIN_ROWS = 2
MIN_WIDTH_SHARE = 0.6
# Two columns may be labels with what is filled in: their first row is a header only in bold.
MIN_COLUMNS = 3


def with_headers(paragraphs: Iterable[Paragraph]) -> Iterator[Paragraph]:
    """The paragraphs, with level 1 for each row that heads the rows after it."""
    for in_table, run in groupby(paragraphs, lambda p: p.kind is BlockKind.TABLE_ROW):
        head, *below = run
        # On the next page the header stands again, and the table goes on.
        rest = [row for row in below if row.words != head.words or row.page == head.page]
        if in_table and _has_header([head, *rest]):
            head, below = replace(head, level=1), rest
        yield from (head, *below)


def _has_header(rows: Sequence[Paragraph]) -> bool:
    """Whether the first row has only names, and below them stand numbers or lighter letters."""
    head, below = (
        rows[0].words.split(CELL_SEPARATOR),
        [row.words.split(CELL_SEPARATOR) for row in rows[1:]],
    )
    named = all(any(map(str.isalpha, cell)) and not is_number(cell) for cell in head)
    # Empty cells at the end of a row are left out of its line.
    wide = [[*cells, *[""] * (len(head) - len(cells))] for cells in below if len(cells) > 1]
    wide = [cells for cells in wide if len(cells) == len(head)]
    if not named or len(below) < MIN_ROWS or len(wide) < MIN_WIDTH_SHARE * len(below):
        return False
    if rows[0].bold and not any(row.bold for row in rows[1:]):
        return True
    return len(head) >= MIN_COLUMNS and any(
        not _has_digit(name) and any(column) and all(map(_has_digit, filter(None, column)))
        for name, column in zip(head, zip(*wide, strict=True), strict=True)
    )


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))
