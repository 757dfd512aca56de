"""Brings a database's tables up to this version of Footnote, by Alembic."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from store import sqlite_history
from store.results import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"
"""The newest revision in ``store.migrations``: a database that has it is not looked at further."""
BASE = "0001"
"""The revision that stands for the tables of before Alembic."""
TABLE = "alembic_version"

Transaction = Callable[[], AbstractContextManager[Connection]]


def migrate(reading: Transaction, writing: Transaction, place: str) -> None:
    """Makes or changes the tables in one transaction; ``StoreError`` where a newer Footnote made
    them. ``place`` is what a message calls the database."""
    with reading() as db:
        version = _version(db)
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise StoreError(
            f"A newer Footnote made {place} (version {version} of its tables; this one knows "
            f"{HEAD}). Upgrade Footnote, or choose another data folder with --data."
        )
    with writing() as db:
        _upgrade(db)


def _version(db: Connection) -> str | None:
    if not inspect(db).has_table(TABLE):
        return None
    found = db.execute(text(f"SELECT version_num FROM {TABLE}")).scalar_one_or_none()
    return None if found is None else str(found)


def _upgrade(db: Connection) -> None:
    from alembic import command

    config = configured(db)
    sqlite = db.dialect.name == "sqlite"
    if sqlite and _version(db) is None and sqlite_history.adopted(db):
        sqlite_history.bring_up(db)
        command.stamp(config, BASE)
    command.upgrade(config, "head")
    if sqlite:
        sqlite_history.refuse_older(db)


def configured(db: Connection) -> Config:
    """Alembic's configuration for this connection, whose transaction is the caller's."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = db
    return config
