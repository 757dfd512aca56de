"""Draws the tables of a source as grids, the cited row marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingest.document import Block
from ingest.table import Cell, Row, Table, tables

Cut = Callable[[int, int], str]
"""A slice of the source's text as HTML, with the cited words in it marked."""


def grids(text: str, blocks: Sequence[Block]) -> dict[int, Table]:
    """Tables by the start of the block that they begin in."""
    by_row: dict[int, Table] = {}
    waiting = iter(tables(text, blocks))
    table = next(waiting, None)
    for block in blocks:
        if table is not None and block.start <= table.start < block.end:
            by_row[block.start] = table
            table = next(waiting, None)
    return by_row


def render_tables(table: Table, cut: Cut, cited: tuple[int, int] | None) -> str:
    """The table as HTML; ``cited`` is the span of the citation, if there is one."""
    head = ""
    if any(cell.text for cell in table.header):
        head = f"<thead><tr>{_cells(table.header, cut, 'th')}</tr></thead>"
    rows = "".join(
        f"<tr{_mark(row, cited)}>{_cells(row.cells, cut, 'td')}</tr>" for row in table.rows
    )
    return (
        '<div class="grid" tabindex="0" role="group" aria-label="Table"><table>'
        f"{head}<tbody>{rows}</tbody></table></div>"
    )


def _mark(row: Row, cited: tuple[int, int] | None) -> str:
    inside = cited is not None and cited[0] < row.end and row.start < cited[1]
    return ' class="cited"' if inside else ""


def _cells(cells: Sequence[Cell], cut: Cut, tag: str) -> str:
    return "".join(f'<{tag} dir="auto">{cut(c.start, c.end)}</{tag}>' for c in cells)
