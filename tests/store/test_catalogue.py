"""The catalogue: snapshots, one moment of change, threads, and its tables."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, text

from ingest.document import Document, Passage
from store.catalogue.catalogue import Catalogue, MissingVectors, switch
from store.database.row_mapping import NewPassage
from store.fulltext.document_frequency import DocumentFrequency
from store.fulltext.full_text_search import matches
from store.results import StoreError
from tests.support.documents import document_of

pytestmark = pytest.mark.usefixtures("both_databases")

VECTOR = bytes(4 * 384)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue(tmp_path)
    opened.set_meta({"model": "m"})
    yield opened
    opened.database.close()


def passages(document: Document) -> list[NewPassage]:
    """A passage for each block, its key made of its text."""
    texts = [(b.start, b.end, document.text[b.start : b.end]) for b in document.blocks]
    return [
        NewPassage(text.encode().hex(), Passage(start, end, text)) for start, end, text in texts
    ]


def keep(catalogue: Catalogue, document: Document) -> str:
    made = passages(document)
    catalogue.save_vectors("m", [(new.key, VECTOR, b"") for new in made])
    return catalogue.activate(document, made, "2026-01-01T00:00:00+00:00")


def test_a_reader_sees_one_moment(catalogue: Catalogue) -> None:
    first = keep(catalogue, document_of("Old words."))
    other = Catalogue(catalogue.database.folder)
    with other.database.reading() as db:
        assert [each.id for each in other.current()] == [first]
        second = keep(catalogue, document_of("New words."))
        assert [each.id for each in other.current()] == [first]
        assert matches(db, "old", 5, None, DocumentFrequency())
        assert not matches(db, "new", 5, None, DocumentFrequency())
    assert [each.id for each in other.current()] == [second]
    with other.database.reading() as db:
        assert not matches(db, "old", 5, None, DocumentFrequency())
        assert matches(db, "new", 5, None, DocumentFrequency())
    other.database.close()


def test_the_list_of_documents_is_read_again_only_when_it_changed(catalogue: Catalogue) -> None:
    first = keep(catalogue, document_of("Old words."))
    other = Catalogue(catalogue.database.folder)
    assert [each.id for each in other.current()] == [first]
    said: list[str] = []
    event.listen(other.database._engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    assert [each.id for each in other.current()] == [first]
    assert said
    assert not [line for line in said if "FROM revisions" in line]
    second = keep(catalogue, document_of("New words."))
    assert [each.id for each in other.current()] == [second]
    catalogue.refresh_metadata(second, replace(document_of("New words."), metadata={"etag": "x"}))
    assert other.current()[0].metadata["etag"] == "x"
    other.database.close()


def test_what_a_transaction_took_back_is_not_listed(catalogue: Catalogue) -> None:
    first = keep(catalogue, document_of("Old words."))
    kept = catalogue.current()[0]
    with pytest.raises(KeyError), catalogue.database.writing() as db:
        switch(db, kept.document_id, None, "2026-01-02T00:00:00+00:00")
        assert catalogue.current() == []
        raise KeyError
    assert [each.id for each in catalogue.current()] == [first]
    keep(catalogue, document_of("More.", name="more.txt"))
    assert len(catalogue.current()) == 2


@pytest.mark.parametrize("both_databases", ["sqlite"], indirect=True)
def test_current_passages_are_found_by_an_index(catalogue: Catalogue) -> None:
    with catalogue.database.reading() as db:
        plan = db.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT p.id FROM passages p JOIN documents d"
                " ON d.current = p.revision WHERE p.id = 1"
            )
        ).all()
    assert any("documents_current" in row.detail for row in plan)


def test_a_failure_inside_changes_nothing(catalogue: Catalogue) -> None:
    first = keep(catalogue, document_of("Old words."))
    generation = catalogue.generation
    with pytest.raises(MissingVectors):
        changed = document_of("New words.")
        catalogue.activate(changed, passages(changed), "2026-01-02")
    assert [each.id for each in catalogue.current()] == [first]
    assert len(catalogue.revisions_of(catalogue.current()[0].document_id)) == 1
    assert catalogue.generation == generation
    with catalogue.database.reading() as db:
        assert matches(db, "old", 5, None, DocumentFrequency())


def test_generation_grows_for_other_connections(catalogue: Catalogue) -> None:
    other = Catalogue(catalogue.database.folder)
    before = other.generation
    keep(catalogue, document_of("Words."))
    assert other.generation > before
    other.database.close()


def test_threads_read_while_one_writes(catalogue: Catalogue) -> None:
    keep(catalogue, document_of("Edition 0."))
    wrong: list[str] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            with catalogue.database.reading():
                (current,) = catalogue.current()
                text = catalogue.text(current.id)
                stored = catalogue.passages(current.id)
                if [each.passage.text for each in stored] != [text]:
                    wrong.append(text)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for edition in range(1, 30):
        keep(catalogue, document_of(f"Edition {edition}."))
    over.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_text_is_kept_to_the_character(catalogue: Catalogue, both_databases: str) -> None:
    text = "é\u0301\u200b\r\n\ttab \x00 nul 🗼 \u202eright to left\u202c '\" %_"
    kept = keep(catalogue, document_of(text))
    if both_databases == "postgresql":  # it has no U+0000
        text = text.replace("\0", "\ufffd")
    assert catalogue.text(kept) == text
    assert catalogue.passages(kept)[0].passage.text == text


def test_vectors_are_listed_in_the_order_they_came(catalogue: Catalogue) -> None:
    catalogue.save_vectors("m", [("a", VECTOR, b""), ("b", VECTOR, b"")])
    catalogue.save_vectors("m", [("a", VECTOR, b""), ("c", VECTOR, b"")])
    catalogue.save_vectors("another", [("x", VECTOR, b"")])
    listed = catalogue.vectors.vectors_after(0)
    assert [key for _, key, _ in listed] == ["a", "b", "c"]
    assert [key for _, key, _ in catalogue.vectors.vectors_after(listed[0][0], 1)] == ["b"]
    assert catalogue.missing(["a", "z", "c"]) == {"z"}
    assert catalogue.vectors.vector_state().last == listed[-1][0]


def test_an_unknown_revision_is_an_error(catalogue: Catalogue) -> None:
    assert catalogue.revision("nothing") is None
    with pytest.raises(StoreError, match="purged"):
        catalogue.text("nothing")


def test_a_connection_serves_one_thread_after_another(catalogue: Catalogue) -> None:
    opened: list[object] = []
    event.listen(catalogue.database._engine, "connect", lambda *given: opened.append(given))
    for _ in range(5):
        thread = threading.Thread(target=catalogue.current)
        thread.start()
        thread.join()
    assert not opened


def test_a_transaction_cannot_begin_inside_another(catalogue: Catalogue) -> None:
    for outer in (catalogue.database.reading, catalogue.database.writing):
        with outer(), pytest.raises(RuntimeError), catalogue.database.writing():
            pass
    catalogue.set_meta({"model": "n"})
    assert catalogue.meta("model") == "n"
