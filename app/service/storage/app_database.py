"""Opens the database of users and conversations: a file of the data folder, or PostgreSQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Table
from sqlalchemy.engine import Connection

from app.service.storage.app_schema import conversations, exchanges, users
from store.database.counters import dialect_insert
from store.database.database import Database
from store.database.migration import Schema
from store.results import StoreError

APP_SCHEMA = Schema("app.sqlite3", "app.service.storage:migrations", "0004", "alembic_version_app")
OLDER_FILES = "users.sqlite3", "conversations.sqlite3"
"""Where users and conversations were kept before, each in a file of its own."""


def open_database(folder: Path, url: str) -> Database:
    """The database of a data folder, or the one at ``url``; ``StoreError`` where it cannot be
    used. What is in files of before is moved into the data folder's."""
    database = Database(folder, url, APP_SCHEMA)
    older = [folder / name for name in OLDER_FILES if (folder / name).exists()]
    if older and not url:
        _take_over(database, folder)
    return database


def _take_over(database: Database, folder: Path) -> None:
    with database.writing() as db:
        held = [folder / name for name in OLDER_FILES]
        if held[0].exists():
            _insert(db, users, _rows(held[0], "SELECT name, hash, name AS owner FROM user"))
        if held[1].exists():
            _take_conversations(db, held[1])
    for path in held:  # they hold quotes: a purge must find every one
        for ending in ("", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)


def _take_conversations(db: Connection, path: Path) -> None:
    # The first versions had no such table.
    _rows(path, "CREATE TABLE IF NOT EXISTS deleted (conversation TEXT PRIMARY KEY, at TEXT)")
    said = (
        "SELECT c.id, owner, name, updated, d.at AS deleted FROM conversation c"
        " LEFT JOIN deleted d ON d.conversation = c.id"
    )
    _insert(db, conversations, _rows(path, said))
    kept = "id, conversation, question, answer, problem, before, mark, created"
    rows = _rows(path, f"SELECT {kept} FROM exchange ORDER BY rowid")
    _insert(db, exchanges, [{**row, **of_answer(row["answer"])} for row in rows])


def of_answer(text: str | None) -> dict[str, str]:
    """What is kept beside an answer's JSON: its id, and its words in small letters."""
    payload = json.loads(text) if text else {}
    words = str(payload.get("answer") or "").replace("\0", " ").casefold()
    return {"answer_id": str(payload.get("id") or ""), "words": words}


def _rows(path: Path, query: str) -> list[dict[str, Any]]:
    try:
        with closing(sqlite3.connect(path)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query)]
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path} cannot be read ({error}): restore it from a backup, or move it away."
        ) from error


def _insert(db: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        db.execute(dialect_insert(db, table).on_conflict_do_nothing(), rows)
