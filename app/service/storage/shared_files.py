"""Question sets, calibration and evaluation runs if several machines share a database.

They are files of the data folder. With a PostgreSQL database they are kept there too: the folder of
each machine has copies, which are brought up to date before they are read.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from app.service.storage.app_database import open_database
from app.service.storage.app_schema import files
from app.settings import Settings
from store.database import counters
from store.files import file_lock

SHARED_PATHS = ("sets", "runs", "calibration.json")
"""What is shared: files and folders of the data folder."""
SHARED_SUFFIXES = frozenset({".jsonl", ".json"})


class SharedFiles:
    """The shared files of a data folder, kept in the database at ``url`` ("": nowhere else).

    Methods may be called from any thread; they raise ``StoreError`` if the database does not
    answer.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._folder = folder
        self._database = open_database(folder, url) if url else None
        self._lock = threading.RLock()
        self._seen = 0

    def refresh(self) -> None:
        """Copies what other machines changed into the folder."""
        if self._database is not None:
            with self._lock, self._database.reading() as db:
                self._copy(db)

    @contextmanager
    def changing(self, path: Path) -> Iterator[None]:
        """While a file is read and rewritten: it is the latest, and nobody else, on any machine,
        does so meanwhile."""
        if self._database is None:
            with file_lock.changing(path):
                yield
            return
        with self._lock, self._database.writing() as db:
            self._copy(db)
            path.parent.mkdir(parents=True, exist_ok=True)
            yield
            self._keep(db, [path])

    def keep(self, place: Path) -> None:
        """Takes a file, or the files of a folder, into the database as they are here."""
        if self._database is None:
            return
        files_there = [place] if place.is_file() else sorted(place.rglob("*"))
        with self._lock, self._database.writing() as db:
            self._copy(db, without=place)
            self._keep(
                db,
                [file for file in files_there if file.is_file() and file.suffix in SHARED_SUFFIXES],
            )

    def keep_all(self) -> None:
        """Takes every shared file of the folder into the database."""
        for name in SHARED_PATHS:
            if (self._folder / name).exists():
                self.keep(self._folder / name)

    def _copy(self, db: Connection, without: Path | None = None) -> None:
        newer = select(files).where(files.c.number > self._seen).order_by(files.c.number)
        for row in db.execute(newer):
            path = self._folder / row.path
            if without is None or not path.is_relative_to(without):
                _write(path, row.data)
            self._seen = row.number

    def _keep(self, db: Connection, paths: list[Path]) -> None:
        latest = db.execute(select(func.coalesce(func.max(files.c.number), 0))).scalar_one()
        for number, path in enumerate(paths, latest + 1):
            values = {"number": number, "data": path.read_bytes()}
            name = path.relative_to(self._folder).as_posix()
            statement = counters.dialect_insert(db, files).values(path=name, **values)
            db.execute(statement.on_conflict_do_update(index_elements=["path"], set_=values))


def shared_files(settings: Settings) -> SharedFiles:
    """The shared files of the settings' data folder and database; opened once."""
    return _opened(settings.data, settings.database)


@lru_cache(maxsize=16)
def _opened(folder: Path, url: str) -> SharedFiles:
    return SharedFiles(folder, url)


def _write(path: Path, data: bytes) -> None:
    if path.exists():
        if path.read_bytes() == data:
            return
        if path.parent.name == "sets":  # somebody may have edited it here
            path.replace(path.with_name(f"{path.name}.before"))
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")  # several may share a folder
    fresh.write_bytes(data)
    fresh.replace(path)
