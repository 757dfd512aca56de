"""Users and conversations: in a file of the data folder or in PostgreSQL, and taken over from the
files of before."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from app.service.access.users import Users
from app.service.conversations.conversations import Conversations
from app.service.storage.app_database import APP_SCHEMA, OLDER_FILES, open_database
from app.service.storage.app_schema import metadata
from store.database.migration import configured
from store.results import StoreError
from tests.support.databases import differences

PASSWORD = "correct horse battery"
OLDER_USERS = "create table user (name text primary key, hash text not null)"
OLDER_CONVERSATIONS = """
create table conversation (
    id text primary key, owner text not null, name text not null, updated text not null);
create table exchange (
    id text primary key, conversation text not null, question text not null, answer text,
    problem text not null default '', before text, mark text not null default '',
    created text not null);
create table deleted (conversation text primary key, at text not null);
"""


def test_the_tables_are_what_the_code_says(tmp_path: Path, both_databases: str) -> None:
    database = open_database(tmp_path, "")
    assert differences(database, metadata) == []
    with database.reading() as db:
        script = ScriptDirectory.from_config(configured(db, APP_SCHEMA))
        assert script.get_current_head() == APP_SCHEMA.head
    database.close()


def made_before(folder: Path, hashed: str) -> None:
    """The files that users and conversations were kept in before."""
    with sqlite3.connect(folder / OLDER_FILES[0]) as db:
        db.execute(OLDER_USERS)
        db.execute("insert into user values ('ada', ?)", (hashed,))
    db.close()
    with sqlite3.connect(folder / OLDER_FILES[1]) as db:
        db.executescript(OLDER_CONVERSATIONS)
        db.execute("insert into conversation values ('c1', 'ada', 'Lamps', '2099-01-01')")
        db.execute("insert into conversation values ('c2', 'ada', 'Gone', '2099-01-02')")
        db.execute("insert into deleted values ('c2', '2099-01-03')")
        for number, answer in (("2", None), ("1", {"id": "a1", "answer": "It burned PARAFFIN."})):
            text = answer and json.dumps(answer)
            values = (f"x{number}", "c1", f"Question {number}?", text, "2026-01-01")
            named = "(id, conversation, question, answer, created)"
            db.execute(f"insert into exchange {named} values (?, ?, ?, ?, ?)", values)
    db.close()


def test_what_older_files_hold_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    Users(tmp_path / "new").add("ada", PASSWORD)
    with sqlite3.connect(tmp_path / "new" / APP_SCHEMA.file) as db:
        hashed = db.execute("select hash from users").fetchone()[0]
    db.close()
    made_before(tmp_path, hashed)
    kept = Conversations(tmp_path)
    assert [each.name for each in kept.find("ada")] == ["Lamps"]
    assert [each.name for each in kept.find("ada", "paraffin")] == ["Lamps"]
    assert kept.answers_of("ada") == [("x1", "Question 1?", "a1")]
    kept.undelete("ada", "c2")
    assert len(kept.find("ada")) == 2
    assert Users(tmp_path).check("ada", PASSWORD)
    assert not list(tmp_path.glob("users*")) and not list(tmp_path.glob("conversations*"))
    with sqlite3.connect(tmp_path / APP_SCHEMA.file) as db:
        asked = db.execute("select id from exchanges order by number").fetchall()
    db.close()
    assert [row[0] for row in asked] == ["x2", "x1"], "in the order in which they were asked"


def test_conversations_of_the_first_versions_are_taken_over(tmp_path: Path) -> None:
    made_before(tmp_path, "hash")
    with sqlite3.connect(tmp_path / OLDER_FILES[1]) as db:
        db.execute("drop table deleted")  # it came later
    db.close()
    assert len(Conversations(tmp_path).find("ada")) == 2
    assert Users(tmp_path).names() == ["ada"]


def test_a_damaged_older_file_is_told_and_kept(tmp_path: Path) -> None:
    (tmp_path / OLDER_FILES[1]).write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match=r"conversations\.sqlite3"):
        Conversations(tmp_path)
    assert (tmp_path / OLDER_FILES[1]).exists()


def test_conversations_are_found_whatever_the_case(tmp_path: Path, both_databases: str) -> None:
    kept = Conversations(tmp_path)
    one = kept.start("", "Über die Lampe")
    kept.add(one, "Was brannte?", {"id": "a1", "answer": "ÖL \0 und Paraffin, 100 %."})
    for words in ("öl", "PARAFFIN", "100 %", "brannte", "lampe"):
        assert [each.id for each in kept.find("", words)] == [one], words
    for words in ("answer", "a1", "100%", "_"):
        assert kept.find("", words) == [], words
    kept.forget_revisions(["a1"], "gone")
    assert kept.find("", "paraffin") == []
    assert kept.exchanges(one)[0].problem == "gone"
    kept.close()
