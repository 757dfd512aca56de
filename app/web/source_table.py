"""Finds the tables of a source that the pane draws as grids."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.document import Block
from ingest.table import Table, tables


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
