"""A library in PostgreSQL: used by several machines, killed on the way, gone and back."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from app.settings import Settings, SettingsError
from store.database.database import Database
from store.embedding.embedder import Embedder
from store.library import Library
from store.results import StoreError
from tests.support.commands import Footnote
from tests.support.databases import Server
from tests.support.documents import document_of
from tests.support.ingesting import Ingesting, check_whole, documents, ingesting_process  # noqa: F401

KILLS = int(os.environ.get("FOOTNOTE_KILLS", "5"))


def test_the_command_line_on_two_machines(
    footnote: Footnote, tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_DATABASE", postgresql.new())
    file = tmp_path / "timetable.txt"
    for fare in ("four", "six"):
        file.write_text(f"The ferry leaves at nine.\n\nA ticket costs {fare} pounds.\n")
        assert footnote("ingest", file).code == 0
    answered = json.loads(footnote("ask", "What does a ticket cost?", "--json").out)
    assert "six pounds" in answered["answer"]
    assert not list((tmp_path / "data").glob("*.sqlite3"))
    # Another machine has a data folder of its own, and finds everything in the database.
    monkeypatch.setenv("FOOTNOTE_DATA", str(tmp_path / "other"))
    assert len(json.loads(footnote("history", "timetable.txt", "--json").out)) == 2
    assert answered["id"] in footnote("answers", "--json").out
    again = json.loads(footnote("ask", "What does a ticket cost?", "--json").out)
    assert again["answer"] == answered["answer"]
    assert footnote("remove", "timetable.txt", "--purge", "--yes").code == 0
    assert json.loads(footnote("documents", "--json").out) == []
    assert json.loads(footnote("answers", "--json").out) == []


@pytest.mark.parametrize("moment", range(KILLS))
def test_kill_9_while_ingesting(
    moment: int,
    tmp_path: Path,
    embedder: Embedder,
    ingesting: Ingesting,
    postgresql: Server,
) -> None:
    url = postgresql.new()
    ingesting.start(tmp_path / "one", 1, url)
    ingesting.wait()
    process = ingesting.start(tmp_path / "one", 2, url)
    time.sleep(random.Random(moment).uniform(0, 1.5))
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    ingesting.wait()
    with Library.open(tmp_path / "two", embedder, database=url) as library:
        assert set(check_whole(library).values()) <= {"1", "2"}
        for report in library.add_many(documents(2)):
            assert report.status in ("changed", "unchanged")
        assert set(check_whole(library).values()) == {"2"}
        assert all(len(library.history(each.document)) == 2 for each in library.documents())


def test_two_processes_take_in_the_same_at_once(
    tmp_path: Path,
    embedder: Embedder,
    ingesting: Ingesting,
    postgresql: Server,
) -> None:
    url = postgresql.new()
    with Library.open(tmp_path / "one", embedder, database=url) as library:
        ingesting.start(tmp_path / "two", 1, url)
        for report in library.add_many(documents(1)):
            assert report.status in ("added", "unchanged", "changed")
        ingesting.wait()
        assert set(check_whole(library).values()) == {"1"}
        assert all(len(library.history(each.document)) == 1 for each in library.documents())


def test_two_processes_make_the_tables_at_once(tmp_path: Path, postgresql: Server) -> None:
    postgresql.execute("CREATE DATABASE test0")
    try:
        url = postgresql.url("test0")
        first = Database(tmp_path, url)
        second = Database(tmp_path, url)
        for database in (first, second):
            with database.reading() as db:
                assert db.exec_driver_sql("SELECT count(*) FROM documents").scalar_one() == 0
            database.close()
    finally:
        postgresql.execute("DROP DATABASE test0 WITH (FORCE)")


def test_a_connection_that_the_server_closed_is_made_again(
    tmp_path: Path, embedder: Embedder, postgresql: Server
) -> None:
    url = postgresql.new()
    with Library.open(tmp_path, embedder, database=url) as library:
        library.add(document_of("The lamp burns paraffin.", name="a.txt"))
        postgresql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname LIKE 'test%' AND pid <> pg_backend_pid()"
        )
        assert library.search("paraffin", 1)[0].stored.document == "a.txt"
        library.add(document_of("The bay is wide.", name="b.txt"))
        assert len(library.documents()) == 2


def test_a_server_that_is_away_is_told_without_the_password(
    footnote: Footnote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_DATABASE", "postgresql://ada:s3cret@127.0.0.1:1/footnote")
    told = footnote("documents")
    assert told.code != 0
    assert "127.0.0.1:1/footnote" in told.err
    assert "FOOTNOTE_DATABASE" in told.err
    assert "s3cret" not in told.err + told.out


def test_a_newer_database_is_refused(tmp_path: Path, postgresql: Server) -> None:
    url = postgresql.new()
    database = Database(tmp_path, url)
    with database.writing() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '0999'")
    database.close()
    with pytest.raises(StoreError, match="newer Footnote"):
        Database(tmp_path, url)


@pytest.mark.parametrize(
    "url", ["mysql://host/x", "host/x", "sqlite:///x", "postgresql+pg8000://h/x"]
)
def test_only_postgresql_is_a_database(url: str, tmp_path: Path) -> None:
    with pytest.raises((SettingsError, ValueError), match="postgresql"):
        Settings(data=tmp_path, database=url)
    with pytest.raises(StoreError, match="postgresql"):
        Database(tmp_path, url)


def test_without_psycopg_it_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"footnote\[postgresql\]"):
        Database(tmp_path, "postgresql://host/x")
