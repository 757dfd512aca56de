"""The tables: made by Alembic, taken over from before it, and never half changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from store.catalogue.catalogue import Catalogue
from store.database import migration, sqlite_history
from store.database.database import Database
from store.database.migration import CATALOGUE
from store.database.schema import documents, embeddings, meta, metadata, passages, revisions
from store.database.search_scope import Scope
from store.embedding.embedder import Embedder
from store.fulltext.text_index import text_index
from store.library import Library
from store.results import StoreError
from tests.support.databases import differences
from tests.support.documents import document_of

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


def test_documents_of_before_are_put_into_collections(
    tmp_path: Path, embedder: Embedder, both_databases: str, request: pytest.FixtureRequest
) -> None:
    """A catalogue of revision 0001 is what today's is without collections."""
    if both_databases == "postgresql":
        request.getfixturevalue("postgresql").of(tmp_path / "older", "template1")
    sources = {"/srv/notes/lamp.txt": "notes", "upload:ada/tide.txt": "@ada", "upload:x": "uploads"}
    with Library.open(tmp_path / "new", embedder) as new:
        for number, (source, collection) in enumerate(sources.items()):
            made = document_of(f"The lamp {number} burns paraffin.", "It is old.", name="a.txt")
            new.add(replace(made, source=source, collection=collection))
        new.remove("upload:x")
        older = Database(tmp_path / "older", schema=replace(CATALOGUE, head="0001"))
        with new._catalogue.reading() as there, older.writing() as db:
            for table in (documents, revisions, passages, embeddings, meta):
                left_out = {"collection", "current"} if table is documents else set()
                if (number := table.autoincrement_column) is not None:
                    left_out.add(number.name)
                columns = [column.name for column in table.c if column.name not in left_out]
                listed = ", ".join(columns)
                rows = there.execute(text(f"SELECT {listed} FROM {table.name}")).all()
                insert_all(db, table.name, columns, [row._mapping for row in rows])
            if db.dialect.name == "postgresql":  # the column came with 0002
                db.execute(text("ALTER TABLE fulltext ADD COLUMN revision TEXT"))
            current = "UPDATE documents SET current = :current WHERE id = :id"
            for row in there.execute(text("SELECT id, current FROM documents")):
                db.execute(text(current), dict(row._mapping))
                if row.current:
                    text_index(db).add_terms(db, row.current)
            if db.dialect.name == "postgresql":
                db.execute(text("ALTER TABLE fulltext DROP COLUMN revision"))
            db.execute(text("DELETE FROM meta WHERE key = 'words'"))
        older.close()
        with Library.open(tmp_path / "older", embedder) as library:
            held = {d.source: d.collection for d in library.documents()}
            assert held == {s: c for s, c in sources.items() if s != "upload:x"}
            assert library.collections() == new.collections()
            assert library.collection_names() == new.collection_names()
            for only in (None, frozenset({"@ada"})):
                totals = []
                for each in (library, new):
                    with each._catalogue.reading() as db:
                        totals.append(replace(Scope(only).totals(db), generation=0))
                assert totals[0] == totals[1]
            assert [h.score for h in library.within(["@ada"]).search("lamp")] == pytest.approx(
                [h.score for h in new.within(["@ada"]).search("lamp")]
            )
            words = ["lamp", "burns", "tide", "nowhere"]
            for mine in (["@ada"], ["notes", "@ada"]):
                assert library.within(mine).idf(words) == new.within(mine).idf(words)
            assert library.idf(words) == new.idf(words)
            library.add(replace(document_of("A new lamp."), source="/srv/notes/lamp.txt"))
            assert len(library.history("/srv/notes/lamp.txt")) == 2
            assert library.restore("upload:x", 1).collection == "uploads"


def insert_all(
    db: Connection, table: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    if rows:
        db.execute(
            text(f"INSERT INTO {table} ({names}) VALUES ({values})"), [dict(r) for r in rows]
        )
