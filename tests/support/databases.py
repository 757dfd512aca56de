"""A PostgreSQL server for the tests, and a database of it for each data folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from app.service.storage.app_database import APP_SCHEMA
from store.database.database import Database
from store.database.migration import CATALOGUE, Schema

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300")
SYSTEM_USER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this user."""


def program(name: str) -> str | None:
    """A program of PostgreSQL: on the path, or where Debian puts it."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(versions[-1]) if versions else shutil.which(name)


def differences(database: Database, tables: MetaData) -> list[object]:
    """What the tables have that ``tables`` does not say, and what they lack; types are not
    compared, nor other tables of the same database."""

    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name in tables.tables

    with database.reading() as db:
        options = {"include_name": ours, "compare_type": False}
        return list(compare_metadata(MigrationContext.configure(db, opts=options), tables))


class Server:
    """A server in a folder of its own, reached by a socket there."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="footnote-postgresql-"))
        self._user = SYSTEM_USER if os.getuid() == 0 else None
        if self._user:
            shutil.chown(self._folder, self._user)
        data = str(self._folder / "data")
        encoded = ("--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync")
        self._run("initdb", "-D", data, "-U", SYSTEM_USER, *encoded)
        options = [f"-c {option}" for option in (*QUICK, "listen_addresses=")]
        started = " ".join([*options, f"-k {self._folder}"])
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", data, "-l", log, "-o", started, "-w", "-t", "120", "start")
        self._made: dict[Path, str] = {}
        self._number = 0
        self.execute("CREATE DATABASE blank")
        with tempfile.TemporaryDirectory() as folder:
            for schema in (CATALOGUE, APP_SCHEMA):
                Database(Path(folder), self.url("blank"), schema).close()

    def _run(self, name: str, *arguments: str) -> None:
        tool = program(name)
        assert tool is not None
        subprocess.run(
            [tool, *arguments],
            check=True,
            user=self._user,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def url(self, name: str) -> str:
        """The address of a database."""
        return f"postgresql+psycopg://{SYSTEM_USER}@/{name}?host={self._folder}"

    def execute(self, statement: str) -> None:
        """Runs a statement outside any transaction."""
        said = f"host={self._folder} user={SYSTEM_USER} dbname=postgres"
        with psycopg.connect(said, autocommit=True) as connection:
            connection.execute(statement)

    def new(self, template: str = "blank") -> str:
        """The address of a new database, whose tables are there (none by ``template1``)."""
        self._number += 1
        name = f"test{self._number}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def named(self, name: str) -> str:
        """The address of a new database that outlives the test."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE blank")
        return self.url(name)

    def of(self, folder: Path, template: str = "blank") -> str:
        """The address of the database that stands for a data folder."""
        if folder not in self._made:
            self._made[folder] = self.new(template)
        return self._made[folder]

    def forget(self) -> None:
        """Deletes the databases of the last test."""
        for number in range(1, self._number + 1):
            self.execute(f"DROP DATABASE IF EXISTS test{number} WITH (FORCE)")
        self._made, self._number = {}, 0

    def stop(self) -> None:
        """Stops the server and deletes its folder."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A running server; the test is left out where PostgreSQL is not installed."""
    if program("initdb") is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def postgresql(postgresql_server: Server) -> Iterator[Server]:
    """The server, without databases of earlier tests."""
    yield postgresql_server
    postgresql_server.forget()


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs the test twice: the second time, a PostgreSQL database stands for each data folder."""
    kind: str = request.param
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        made = Database.__init__

        def instead(
            self: Database, folder: Path, url: str = "", schema: Schema = CATALOGUE
        ) -> None:
            made(self, folder, url or server.of(folder), schema)

        monkeypatch.setattr(Database, "__init__", instead)
    return kind
