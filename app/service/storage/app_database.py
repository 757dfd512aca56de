"""Opens the database of users and conversations: a file of the data folder, or PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path

from store.database.database import Database
from store.database.migration import Schema

APP_SCHEMA = Schema("app.sqlite3", "app.service.storage:migrations", "0004", "alembic_version_app")


def open_database(folder: Path, url: str) -> Database:
    """The database of a data folder, or the one at ``url``; ``StoreError`` if it cannot be
    used."""
    return Database(folder, url, APP_SCHEMA)


def of_answer(text: str | None) -> dict[str, str]:
    """What is kept with an answer's JSON: its id, and its words in small letters."""
    payload = json.loads(text) if text else {}
    words = str(payload.get("answer") or "").replace("\0", " ").casefold()
    return {"answer_id": str(payload.get("id") or ""), "words": words}
