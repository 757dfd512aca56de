"""The tables: made by Alembic, those of version 0.1.0 open, and none is ever half changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from app.service.access.users import Users
from app.service.conversations.conversations import Conversations
from app.service.storage.app_database import APP_SCHEMA
from store.catalogue.catalogue import Catalogue
from store.database import migration
from store.database.database import Database
from store.database.migration import CATALOGUE, Schema
from store.database.schema import metadata
from store.embedding.embedder import Embedder
from store.library import Library
from store.results import StoreError
from tests.support.databases import differences

OF_0_1_0 = Path(__file__).with_name("data_folder_0_1_0")
QUOTE = "The harbour at Tarn Bay was dredged to nine metres in 2019."


def made_by_0_1_0(folder: Path) -> None:
    """A data folder of version 0.1.0: a document in two revisions, an answer from the first."""
    for schema in (CATALOGUE, APP_SCHEMA):
        db = sqlite3.connect(folder / schema.file)
        db.executescript((OF_0_1_0 / schema.file).with_suffix(".sql").read_text(encoding="utf-8"))
        db.close()


def test_the_newest_revision_is_the_one_that_is_looked_for(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    with catalogue.database.reading() as db:
        script = ScriptDirectory.from_config(migration.configured(db, CATALOGUE))
    assert script.get_current_head() == CATALOGUE.head
    catalogue.database.close()


def test_the_tables_are_what_the_code_says(tmp_path: Path, both_databases: str) -> None:
    catalogue = Catalogue(tmp_path)
    assert differences(catalogue.database, metadata) == []
    catalogue.database.close()


def test_a_data_folder_of_version_0_1_0_opens(tmp_path: Path, embedder: Embedder) -> None:
    made_by_0_1_0(tmp_path)
    with Library.open(tmp_path, embedder) as library:
        assert differences(library._catalogue.database, metadata) == []
        assert [r.number for r in library.history("harbour.txt")] == [1, 2]
        assert "eleven metres" in library.search("How deep is the harbour?")[0].stored.passage.text
        (answer,) = library.answers()
        (citation,) = answer.citations
        assert (answer.status, citation.quote) == ("stale", QUOTE)
    kept = Conversations(tmp_path)
    (conversation,) = kept.find("ada")
    assert kept.exchanges(conversation.id)[0].answer.text == QUOTE
    kept.close()
    assert Users(tmp_path).check("ada", "correct horse battery")


@pytest.mark.parametrize(
    ("version", "advice"),
    [("0001", "ingest the documents again"), ("9999", "Upgrade Footnote")],
)
def test_tables_that_cannot_be_read_are_refused_and_kept(
    tmp_path: Path, version: str, advice: str
) -> None:
    made_by_0_1_0(tmp_path)
    with sqlite3.connect(tmp_path / CATALOGUE.file) as db:
        db.execute("UPDATE alembic_version SET version_num = ?", (version,))
    db.close()
    with pytest.raises(StoreError, match=advice):
        Catalogue(tmp_path)
    db = sqlite3.connect(tmp_path / CATALOGUE.file)
    assert db.execute("SELECT version_num FROM alembic_version").fetchone() == (version,)
    assert db.execute("SELECT count(*) FROM answers").fetchone() == (1,)
    db.close()


def test_a_failed_migration_leaves_the_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / "scripts"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text(
        "from store.database.migration import run_revisions\n"
        "from store.database.schema import metadata\n"
        "run_revisions(metadata)\n"
    )
    first = "from alembic import op\nrevision = '1'\ndown_revision = None\n"
    first += "def upgrade():\n    op.execute('CREATE TABLE whole (x)')\n"
    (scripts / "versions" / "1_first.py").write_text(first)
    schema = Schema("some.sqlite3", str(scripts), "1", "some_version")
    Database(tmp_path, schema=schema).close()
    second = "from alembic import op\nrevision = '2'\ndown_revision = '1'\n"
    second += "def upgrade():\n    op.execute('CREATE TABLE half (x)')\n    op.execute('NOT SQL')\n"
    (scripts / "versions" / "2_second.py").write_text(second)
    with pytest.raises(StoreError):
        Database(tmp_path, schema=Schema("some.sqlite3", str(scripts), "2", "some_version"))
    db = sqlite3.connect(tmp_path / "some.sqlite3")
    names = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
    assert "whole" in names and "half" not in names
    assert db.execute("SELECT version_num FROM some_version").fetchone() == ("1",)
    db.close()
