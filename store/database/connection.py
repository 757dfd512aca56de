"""Makes SQLAlchemy engines for SQLite and PostgreSQL, and says what went wrong with them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy import Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from store.results import StoreError

BUSY_SECONDS = 60
"""How long a writer waits for another one."""
CONNECT_SECONDS = 10
"""How long a PostgreSQL server may take to answer."""
IDLE_CONNECTIONS = 5
"""Connections that are kept for the next reader."""
MIN_FREE_BYTES = 1 << 16
EXAMPLE_URL = "postgresql+psycopg://user:password@host/footnote"


def make_engine(file: Path, url: str) -> Engine:
    """An engine for the PostgreSQL database at ``url``, or for the SQLite ``file``."""
    return _postgresql(url) if url else _sqlite(file)


def _postgresql(url: str) -> Engine:
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
        if parsed.get_backend_name() != "postgresql":
            raise StoreError(
                f"Footnote keeps no database in {parsed.drivername}: give {EXAMPLE_URL}."
            )
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=IDLE_CONNECTIONS,
            pool_use_lifo=True,
            max_overflow=-1,
            pool_pre_ping=True,
            connect_args={"connect_timeout": parsed.query.get("connect_timeout", CONNECT_SECONDS)},
        )
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreError(f"The database's address cannot be read: give {EXAMPLE_URL}.") from error
    except ModuleNotFoundError as error:
        raise StoreError(
            "PostgreSQL needs psycopg: install it with `pip install 'footnote[postgresql]'`."
        ) from error


def _sqlite(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=IDLE_CONNECTIONS,
        pool_use_lifo=True,  # the one used last has the most in its cache
        max_overflow=-1,
        # Transactions are begun below: Python's own way of beginning them knows no snapshot.
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("foreign_keys = ON", "synchronous = NORMAL", "journal_mode = WAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(db: Connection) -> None:
    options = db.get_execution_options()
    if not options.get("outside"):
        # By the driver itself: each reading begins with it.
        connection = db.connection.driver_connection
        if options.get("unchecked"):
            connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]
        connection.execute("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")  # type: ignore[union-attr]


def snapshot_engine(engine: Engine) -> Engine:
    """The engine whose transactions are snapshots."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writing_engine(engine: Engine) -> Engine:
    """The engine whose transactions write; each statement sees what others wrote before it, so also
    what they wrote while ``begin_writing`` waited."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(writes=True)
    return engine.execution_options(isolation_level="READ COMMITTED")


def schema_engine(engine: Engine) -> Engine:
    """The engine whose transactions change tables: they do not check references."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(writes=True, unchecked=True)
    return writing_engine(engine)


def check_references(db: Connection, place: str) -> None:
    """``StoreError`` if a row refers to one that is not there."""
    if db.dialect.name == "sqlite" and db.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreError(f"{place[:1].upper()}{place[1:]} is damaged: restore it from a backup.")


def autocommit_engine(engine: Engine) -> Engine:
    """The engine whose statements each stand alone."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(autocommit_engine=True)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def begin_writing(db: Connection, tables: str) -> None:
    """Waits until no other process writes these tables, as SQLite does: vectors are followed in
    the order of their numbers, so they must become visible in it."""
    if db.dialect.name == "postgresql":
        db.execute(text(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"))
        db.execute(select(func.pg_advisory_xact_lock(crc32(tables.encode()))))


def explain_error(error: BaseException, file: Path, url: str) -> str:
    """What went wrong, and what to do next."""
    reason = " ".join(str(error).split())
    if url:
        return _explain_server(reason, url)
    folder = file.parent
    if "full" in reason or "No space" in reason or _has_no_room(folder):
        return f"No space left for the data folder {folder}: free some, then run it again."
    if "not a database" in reason or "malformed" in reason:
        return f"{file.name} in {folder} is damaged ({reason}): restore it from a backup."
    if "locked" in reason:
        return f"Another program keeps the data folder {folder} busy: try again when it is done."
    return (
        f"The data folder {folder} cannot be used ({reason}): "
        "make it writable, or choose another with --data."
    )


def _explain_server(reason: str, url: str) -> str:
    shown = make_url(url).render_as_string(hide_password=True)
    if "lock timeout" in reason:
        return f"Another program keeps the database {shown} busy: try again when it is done."
    if "disk full" in reason or "No space" in reason:
        return f"No space left for the database {shown}: free some, then run it again."
    return f"The database {shown} cannot be used ({reason}): start it, or check FOOTNOTE_DATABASE."


def _has_no_room(folder: Path) -> bool:
    """Whether the disk is full: SQLite then sometimes says no more than "disk I/O error"."""
    return folder.is_dir() and shutil.disk_usage(folder).free < MIN_FREE_BYTES
