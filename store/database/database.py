"""The database: SQLite in the data folder or PostgreSQL, with snapshots, transactions and clear
errors. Nothing but this and ``store.database.connection`` knows how a connection is made.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from store.database.connection import (
    autocommit_engine,
    begin_writing,
    check_references,
    explain_error,
    make_engine,
    schema_engine,
    snapshot_engine,
    writing_engine,
)
from store.database.migration import CATALOGUE, Schema, migrate
from store.files.private_files import private_file, private_folder
from store.results import StoreError


class Database:
    """The tables of ``schema``: a file of the data folder, or the PostgreSQL database at ``url``.

    ``StoreError`` if it cannot be used. Safe to share between threads.
    """

    def __init__(self, folder: Path, url: str = "", schema: Schema = CATALOGUE) -> None:
        self.folder = folder
        self._url = url
        self._schema = schema
        self._local = threading.local()
        with self._explained():
            private_folder(folder)
            if not url:
                private_file(folder / schema.file)
            self._engine = make_engine(folder / schema.file, url)
            self._reader, self._writer = snapshot_engine(self._engine), writing_engine(self._engine)
            self._outside = autocommit_engine(self._engine)
        try:
            migrate(schema, self.reading, self._changing, self.place)
        except BaseException:
            self.close()
            raise

    @property
    def place(self) -> str:
        """Where the tables are, as messages name it; no password."""
        if not self._url:
            return f"the data folder {self.folder}"
        return f"the database {self._engine.url.render_as_string(hide_password=True)}"

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is inside ``writing``."""
        return getattr(self._local, "writes", False)

    def close(self) -> None:
        """Closes the connections; those in use are closed when they are done with."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: everything read inside belongs to one moment. May be nested."""
        with self._explained():
            connection: Connection | None = getattr(self._local, "connection", None)
            if connection is not None:
                yield connection
                return
            with self._reader.connect() as db, self._noted(db, writes=False):
                yield db.execution_options(remembered={})

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of what is written inside, or nothing. One at a time, for all
        processes; not within another."""
        if getattr(self._local, "connection", None) is not None:
            raise RuntimeError("A transaction cannot begin inside another.")
        with (
            self._explained(),
            self._writer.connect() as db,
            self._noted(db, writes=True),
            db.begin(),
        ):
            begin_writing(db, self._schema.version_table)
            yield db

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction that changes tables. SQLite recreates some, and rows that refer to them
        must not mind: references are checked at the end."""
        engine = schema_engine(self._engine)
        with self._explained(), engine.connect() as db:
            try:
                with self._noted(db, writes=True), db.begin():
                    begin_writing(db, self._schema.version_table)
                    yield db
                    check_references(db, self.place)
            finally:
                db.invalidate()  # the next one is to check references again

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """A connection outside any transaction, for what cannot be done in one."""
        with self._explained(), self._outside.connect() as db:
            yield db

    def empty_log(self) -> None:
        """Writes SQLite's log of changes into the file and empties it, so that nothing deleted is
        left there; PostgreSQL looks after its own."""
        with self.outside() as db:
            if db.dialect.name == "sqlite":
                db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _noted(self, db: Connection, *, writes: bool) -> Iterator[None]:
        self._local.connection, self._local.writes = db, writes
        try:
            yield
        finally:
            self._local.connection, self._local.writes = None, False

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            reason = error.orig if isinstance(error, DBAPIError) and error.orig else error
            raise StoreError(
                explain_error(reason, self.folder / self._schema.file, self._url)
            ) from error
