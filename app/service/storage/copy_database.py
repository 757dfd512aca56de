"""Copies what a data folder holds into a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path

from app.service.storage.app_database import open_database
from app.service.storage.app_schema import (
    choices,
    conversations,
    exchanges,
    former_users,
    members,
    users,
)
from app.service.storage.shared_files import SharedFiles
from store.catalogue.catalogue import Catalogue
from store.catalogue.copying import Progress, copy_catalogue, copy_rows, refuse_filled


def copy_database(folder: Path, url: str, progress: Progress | None = None) -> int:
    """Copies what the folder's SQLite files hold; returns how many documents there are.

    The folder stays as it is. Raises ``StoreError`` if the database holds something already, or
    cannot be used; nothing is copied then.
    """
    older, newer = open_database(folder, ""), open_database(folder, url)
    source, target = Catalogue(folder), Catalogue(folder, url)
    try:
        # Nobody's session is among them: people sign in again.
        tables = users, former_users, members, choices, conversations, exchanges
        with older.reading() as old, newer.writing() as new:
            refuse_filled(new, newer.place, tables)
            for table in tables:
                copy_rows(old, new, table, progress)
            copied = copy_catalogue(source, target, progress)
        SharedFiles(folder, url).keep_all()
        return copied
    finally:
        for database in (older, newer, source.database, target.database):
            database.close()
