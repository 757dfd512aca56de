"""What each user chose for their own questions, if several people sign in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.service.storage.app_database import open_database
from app.service.storage.app_schema import choices
from store.database import counters


class UserSettings:
    """The choices kept in a data folder, or in the database at ``url``: each process knows them,
    and they outlive it. Methods may be called from any thread."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self._database = open_database(folder, url)

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def of(self, user: str) -> dict[str, Any]:
        """Settings by name, as this user chose them."""
        statement = select(choices.c.chosen).where(choices.c.owner == user)
        with self._database.reading() as db:
            kept: str | None = db.execute(statement).scalar_one_or_none()
        chosen: dict[str, Any] = json.loads(kept) if kept else {}
        return chosen

    def put(self, user: str, chosen: Mapping[str, Any]) -> None:
        """Keep a user's choices in place of those before."""
        text = json.dumps(chosen)
        with self._database.writing() as db:
            statement = counters.dialect_insert(db, choices).values(owner=user, chosen=text)
            db.execute(
                statement.on_conflict_do_update(index_elements=["owner"], set_={"chosen": text})
            )
