"""Users and conversations: in a file of the data folder or in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from alembic.script import ScriptDirectory

from app.service.conversations.conversations import Conversations
from app.service.storage.app_database import APP_SCHEMA, open_database
from app.service.storage.app_schema import metadata
from store.database.migration import configured
from tests.support.databases import differences


def test_the_tables_are_what_the_code_says(tmp_path: Path, both_databases: str) -> None:
    database = open_database(tmp_path, "")
    assert differences(database, metadata) == []
    with database.reading() as db:
        script = ScriptDirectory.from_config(configured(db, APP_SCHEMA))
        assert script.get_current_head() == APP_SCHEMA.head
    database.close()


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
