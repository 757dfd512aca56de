"""A small SQLite file shared by threads and processes: each use opens, commits and closes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_S = 20
"""How long a writer waits for another one."""


class SqliteFile:
    """An SQLite file with its schema, made where it is missing (its folder too)."""

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.transaction() as db:
            db.executescript(schema)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection whose rows have names; committed at the end, rolled back on an error."""
        db = sqlite3.connect(self.path, timeout=BUSY_S)
        db.row_factory = sqlite3.Row
        db.execute("pragma foreign_keys=on")
        try:
            with db:
                yield db
        finally:
            db.close()
