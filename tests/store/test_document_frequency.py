"""Counts of the passages that have a word: right at once in a small library, close in a large."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from store.embedding.embedder import Embedder
from store.fulltext import document_frequency, full_text_search
from store.library import Library
from tests.support.documents import document_of, long_document

pytestmark = pytest.mark.usefixtures("both_databases")


@pytest.fixture
def library(tmp_path: Path, embedder: Embedder) -> Iterator[Library]:
    with Library.open(tmp_path, embedder) as opened:
        yield opened


def counted(library: Library, word: str) -> float:
    return library.idf([word])[word]


def test_a_change_of_the_documents_is_counted_at_once(library: Library) -> None:
    library.add(document_of("The lamp burns paraffin.", name="a.txt"))
    library.add(document_of("The bay is wide.", name="b.txt"))
    assert counted(library, "lamp") == pytest.approx(document_frequency.idf(2, 1))
    library.add(document_of("A second lamp was lit.", name="c.txt"))
    assert counted(library, "lamp") == pytest.approx(document_frequency.idf(3, 2))
    library.remove("a.txt")
    assert counted(library, "lamp") == pytest.approx(document_frequency.idf(2, 1))
    library.restore("a.txt", 1)
    library.remove("b.txt", purge=True)
    library.reindex()
    assert counted(library, "lamp") == pytest.approx(document_frequency.idf(2, 2))


def test_the_number_of_passages_is_kept_up_to_date(library: Library) -> None:
    for number in (3, 5):
        library.add(long_document(number))
        with library._catalogue.database.reading() as db:
            held = db.execute(text("SELECT count(*) FROM fulltext")).scalar_one()
            assert document_frequency.DocumentFrequency().passages(db) == held == number


def test_in_a_large_library_a_count_outlives_small_changes(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_frequency, "LARGE_LIBRARY_PASSAGES", 3)
    monkeypatch.setattr(document_frequency, "MAX_DRIFT", 0.4)
    for name in "abc":
        library.add(document_of(f"The lamp of {name} burns.", name=f"{name}.txt"))
    first = counted(library, "lamp")
    library.add(document_of("The bay is wide.", name="d.txt"))
    assert counted(library, "lamp") == pytest.approx(document_frequency.idf(4, 3)) != first
    library.add(document_of("No lamp and no oil.", name="e.txt"))
    library.add(document_of("Another lamp.", name="f.txt"))
    assert counted(library, "lamp") == pytest.approx(document_frequency.idf(6, 5))


def test_the_most_frequent_words_are_left_out_where_too_much_would_match(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        library.add(document_of(f"The common lamp number x{number}.", name=f"{number}.txt"))
    asked = "common lamp x3"
    before = library.search(asked, 6, mode="lexical")
    assert (len(before), before[0].stored.document) == (6, "3.txt")
    monkeypatch.setattr(full_text_search, "MAX_MATCHES", 5)
    after = library.search(asked, 6, mode="lexical")
    assert [hit.stored.document for hit in after] == ["3.txt"]
    assert library.search("common", 6, mode="lexical")  # the rarest is always asked for
