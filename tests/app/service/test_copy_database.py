"""A data folder's documents, answers, users and conversations, copied into PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.service.access.users import Users
from app.service.conversations.conversations import Conversations
from app.service.storage.copy_database import copy_database
from store.embedding.embedder import Embedder
from store.library import Library
from store.results import StoreError
from tests.support.commands import Footnote
from tests.support.databases import Server
from tests.support.documents import PARAGRAPHS, document_of

PASSWORD = "correct horse battery"


def filled(folder: Path, embedder: Embedder) -> None:
    """Documents with revisions, one removed, an answer, a user, a conversation."""
    with Library.open(folder, embedder) as library:
        library.add(document_of(*PARAGRAPHS[:3]))
        library.add(document_of(*PARAGRAPHS))
        library.add(document_of("The ferry leaves at nine.", name="ferry.txt"))
        library.add(document_of("The old timetable.", name="gone.txt"))
        library.remove("gone.txt")
        library.record_answer({"id": "a1", "question": "When?", "answer": "At nine.", "x": "\0"})
    Users(folder).add("ada", PASSWORD)
    kept = Conversations(folder)
    one = kept.start("ada", "Ferries")
    kept.add(one, "When?", {"id": "a1", "answer": "At nine."})
    kept.add(kept.start("ada", "Return"), "And back?", None, "Stopped.")
    kept.close()


def test_everything_is_found_there(
    footnote: Footnote, tmp_path: Path, embedder: Embedder, postgresql: Server
) -> None:
    folder, url = tmp_path / "data", postgresql.new()
    filled(folder, embedder)
    told = footnote("copy-database", url)
    assert told.code == 0, told.err
    assert "2 documents" in told.out
    question = "How many steps has the tower?"
    with (
        Library.open(folder, embedder) as before,
        Library.open(tmp_path / "other", embedder, database=url) as after,
    ):
        assert after.documents() == before.documents()
        assert after.generation == before.generation
        for mode in ("hybrid", "dense", "lexical"):
            hits, same = (each.search(question, 5, mode=mode) for each in (before, after))
            assert [hit.stored for hit in hits] == [hit.stored for hit in same]
            assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in same])
        assert after.stored_answer("a1").payload == before.stored_answer("a1").payload
        assert len(after.history("lighthouse.txt")) == 2
        assert after.restore("gone.txt", 1).current
        # What comes next gets numbers of its own.
        after.add(document_of("A new one comes in.", name="new.txt"))
        assert after.search("new one", 1)[0].stored.document == "new.txt"
    assert Users(tmp_path / "other", url).check("ada", PASSWORD)
    kept = Conversations(tmp_path / "other", url)
    assert [each.name for each in kept.find("ada", "nine")] == ["Ferries"]
    assert [each[1:] for each in kept.answers_of("ada")] == [("When?", "a1")]
    (stopped,) = kept.find("ada", "back")
    kept.add(stopped.id, "Third?", None)
    asked = kept.exchanges(stopped.id)
    assert [(each.question, each.problem) for each in asked] == [
        ("And back?", "Stopped."),
        ("Third?", ""),
    ]
    kept.close()


def test_a_database_that_holds_something_is_refused(
    tmp_path: Path, embedder: Embedder, postgresql: Server
) -> None:
    filled(tmp_path / "data", embedder)
    url = postgresql.new()
    with Library.open(tmp_path / "other", embedder, database=url) as library:
        library.add(document_of("Mine.", name="mine.txt"))
        with pytest.raises(StoreError, match="already"):
            copy_database(tmp_path / "data", url)
        assert [each.document for each in library.documents()] == ["mine.txt"]
    assert Users(tmp_path / "other", url).names() == [], "nothing was copied"


def test_the_address_must_be_one(footnote: Footnote) -> None:
    told = footnote("copy-database", "mysql://host/x")
    assert told.code == 2
    assert "postgresql" in told.err
    assert json.loads(footnote("documents", "--json").out) == []
