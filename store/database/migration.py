"""Brings a database's tables up to this version of Footnote, by Alembic."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, inspect, text
from sqlalchemy.engine import Connection

from store.results import StoreError

if TYPE_CHECKING:
    from alembic.config import Config


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables with Alembic revisions of their own: ``file`` keeps them in SQLite, ``migrations`` is
    Alembic's script location, and a database at revision ``head``, the newest, is not looked at
    further; ``version_table`` notes it."""

    file: str
    migrations: str
    head: str
    version_table: str


CATALOGUE = Schema("catalogue.sqlite3", "store:migrations", "0003", "alembic_version")
Transaction = Callable[[], AbstractContextManager[Connection]]


def migrate(schema: Schema, reading: Transaction, changing: Transaction, place: str) -> None:
    """Makes or changes the tables in one transaction (``changing`` does not check references until
    it ends). ``place`` is what a message calls the database.

    Raises :class:`~store.results.StoreError` if a newer Footnote made the tables, or a preview
    older than version 0.1.0.
    """
    with reading() as db:
        version = _version(db, schema)
    if version == schema.head:
        return
    if version is not None and version > schema.head:
        raise StoreError(
            f"A newer Footnote made {place} (version {version} of its tables; this one knows "
            f"{schema.head}). Upgrade Footnote, or choose another data folder with --data."
        )
    from alembic import command
    from alembic.util import CommandError

    with changing() as db:
        try:
            command.upgrade(configured(db, schema), schema.head)
        except CommandError as error:
            raise StoreError(
                f"A preview of Footnote made {place} (version {version} of its tables), and this "
                "version cannot read it. Choose another data folder with --data and ingest the "
                "documents again."
            ) from error


def _version(db: Connection, schema: Schema) -> str | None:
    if not inspect(db).has_table(schema.version_table):
        return None
    query = text(f"SELECT version_num FROM {schema.version_table}")
    version: str | None = db.execute(query).scalar_one_or_none()
    return version


def run_revisions(metadata: MetaData) -> None:
    """What each ``env.py`` does: the revisions, inside the transaction of ``migrate``."""
    from alembic import context

    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata,
        version_table=attributes["schema"].version_table,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def configured(db: Connection, schema: Schema) -> Config:
    """Alembic's configuration for this connection, whose transaction is the caller's."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", schema.migrations)
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=db, schema=schema)
    return config
