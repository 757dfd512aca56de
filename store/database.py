"""An SQLite connection for each thread, with snapshots, transactions and clear errors."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.results import StoreError
from store.schema import Connection, connect, migrate

LEAST_ROOM = 1 << 16


class Database:
    """The SQLite file of a data folder; ``StoreError`` where the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "catalogue.sqlite3"
        self._local = threading.local()
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            migrate(self.db, self.path)

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connect(self.path)
            self._local.connection = connection
            self._open.add(connection)
        return connection

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in list(self._open):
            connection.close()
        self._local = threading.local()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A snapshot: everything read inside belongs to one moment. May be nested."""
        with self._explained():
            db = self.db
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN")
            try:
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of what is written inside, or nothing."""
        with self._explained():
            db = self.db
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except (sqlite3.DatabaseError, OSError) as error:
            raise StoreError(_explain(error, self.path.parent)) from error


def _explain(error: Exception, folder: Path) -> str:
    reason = str(error)
    if "full" in reason or "No space" in reason or _has_no_room(folder):
        return f"No space left for the data folder {folder}: free some, then run it again."
    if "not a database" in reason or "malformed" in reason:
        return f"The catalogue in {folder} is damaged ({reason}): restore it from a backup."
    if "locked" in reason:
        return f"Another program keeps the data folder {folder} busy: try again when it is done."
    return (
        f"The data folder {folder} cannot be used ({reason}): "
        "make it writable, or choose another with --data."
    )


def _has_no_room(folder: Path) -> bool:
    """Whether the disk is full: SQLite then sometimes says no more than "disk I/O error"."""
    return folder.is_dir() and shutil.disk_usage(folder).free < LEAST_ROOM
