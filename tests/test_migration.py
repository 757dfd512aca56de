"""The tables: made by Alembic, taken over from before it, and never half changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from conftest import document_of
from databases import differences

from store import migration, sqlite_history
from store.catalogue import Catalogue
from store.embedder import Embedder
from store.library import Library
from store.migration import CATALOGUE
from store.results import StoreError
from store.tables import metadata

FILE = "catalogue.sqlite3"
VERSIONS = range(1, len(sqlite_history.MIGRATIONS) + 1)


def made_before_alembic(folder: Path, version: int) -> None:
    """A catalogue of that version with one document, nothing of it current."""
    db = sqlite3.connect(folder / FILE)
    for statements in sqlite_history.MIGRATIONS[:version]:
        for statement in statements:
            db.execute(statement)
    db.execute("INSERT INTO documents VALUES ('d', 'lamp.txt', '/documents/lamp.txt', NULL)")
    db.execute(f"PRAGMA user_version = {version}")
    db.commit()
    db.close()


def structure(folder: Path) -> dict[str, object]:
    """Columns, foreign keys and indexes of every table, as SQLite tells them."""
    db = sqlite3.connect(folder / FILE)
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found: dict[str, object] = {}
    for table in tables:
        columns = db.execute(f"PRAGMA table_info({table})").fetchall()
        keys = {row[2:] for row in db.execute(f"PRAGMA foreign_key_list({table})")}
        indexes = {
            (row[2], row[4], *(each[2] for each in db.execute(f"PRAGMA index_info({row[1]})")))
            for row in db.execute(f"PRAGMA index_list({table})")
        }
        named = {(name, kind, needed or key, key) for _, name, kind, needed, _, key in columns}
        found[table] = named, keys, indexes
    db.close()
    return found


def version_of(folder: Path) -> tuple[str, int]:
    """Alembic's version of a catalogue, and the one that a Footnote of before Alembic reads."""
    db = sqlite3.connect(folder / FILE)
    found = db.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    older = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    return found, older


def test_the_newest_revision_is_the_one_that_is_looked_for(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    with catalogue.reading() as db:
        script = ScriptDirectory.from_config(migration.configured(db, CATALOGUE))
    assert script.get_current_head() == CATALOGUE.head
    catalogue.close()


def test_the_tables_are_what_the_code_says(tmp_path: Path, both_databases: str) -> None:
    catalogue = Catalogue(tmp_path)
    assert differences(catalogue, metadata) == []
    catalogue.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_catalogue_of_before_alembic_is_taken_over(
    tmp_path: Path, embedder: Embedder, version: int
) -> None:
    Catalogue(tmp_path / "new").close()
    made_before_alembic(tmp_path, version)
    with Library.open(tmp_path, embedder) as library:
        assert structure(tmp_path) == structure(tmp_path / "new")
        assert library._catalogue.document_ids("lamp.txt", current=False)
        library.add(document_of("The lamp burns paraffin.", name="b.txt"))
        assert library.search("paraffin", 1)[0].stored.document == "b.txt"
    found, older = version_of(tmp_path)
    assert found == CATALOGUE.head
    assert older > len(sqlite_history.MIGRATIONS), "an older Footnote must refuse it"
    with Library.open(tmp_path, embedder) as library:
        assert len(library.documents()) == 1


def test_a_failed_migration_leaves_the_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_before_alembic(tmp_path, VERSIONS[-1])
    broken = (*sqlite_history.MIGRATIONS, ("CREATE TABLE half (x)", "NOT SQL"))
    monkeypatch.setattr(sqlite_history, "MIGRATIONS", broken)
    with pytest.raises(StoreError):
        Catalogue(tmp_path)
    db = sqlite3.connect(tmp_path / FILE)
    assert db.execute("PRAGMA user_version").fetchone()[0] == VERSIONS[-1]
    names = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    assert not names & {"half", "alembic_version"}
    db.close()
