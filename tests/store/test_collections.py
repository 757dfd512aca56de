"""Collections: what a document is put into, and what a reader of some of them sees."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ingest.document import Document
from store.catalogue.collections import default_collection, valid_name
from store.database import search_scope
from store.database.schema import collections, passages
from store.database.search_scope import Scope
from store.embedding.embedder import Embedder
from store.library import Library
from store.results import Hit, StoreError
from tests.support.documents import document_of

EXAMPLES = int(os.environ.get("RANDOM_EXAMPLES", "15"))
"""Random libraries of a run of the tests; figures are quoted for 500."""
TEXTS = (
    "The lamp in the tower is lit at six. It burns until the morning.",
    "The keeper of the tower counts the ships. Nine ships came on Monday.",
    "Bread costs two coins at the market. The market opens at seven.",
    "The market sells lamps and bread. A lamp costs nine coins.",
    "The ferry leaves at nine. The ferry carries bread to the tower.",
    "灯台の灯は六時にともる。船は九隻来た。",
    "Ships are counted by the keeper at nine, and the lamp is lit.",
    "The morning is quiet. No ship leaves the market.",
)
QUESTIONS = (
    "When is the lamp lit?",
    "How many ships came?",
    "lamp market bread",
    "船は何隻?",
    "the",
)
WORDS = ("lamp", "ship", "market", "bread", "tower", "六")


@dataclass(frozen=True)
class Cited:
    n: int
    revision: str
    start: int
    end: int
    passage_id: str


def document(at: int, collection: str) -> Document:
    """One of the texts, as a file of a folder that is not there."""
    name = f"text{at}.txt"
    made = document_of(*TEXTS[at].split(". "), name=name)
    return replace(made, source=f"/nowhere/{name}", collection=collection)


def filled(folder: Path, embedder: Embedder, put: Mapping[int, str]) -> Library:
    """A library with these texts, each in its collection."""
    library = Library.open(folder, embedder)
    for _ in library.add_many(document(at, collection) for at, collection in put.items()):
        pass
    return library


def said(hit: Hit) -> tuple[object, ...]:
    return hit.stored.document, hit.stored.title, hit.stored.passage, hit.rank


def near(numbers: Any) -> Any:
    """Vectors differ a little with the texts that are embedded beside theirs."""
    return pytest.approx(numbers, rel=1e-5, abs=1e-5)


def look_alike(one: Library, other: Library) -> None:
    """Holds everything that a reader is told by two libraries against each other."""
    for hits, others in zip(
        *(each.search_many(QUESTIONS, 6) for each in (one, other)), strict=True
    ):
        assert [said(h) for h in hits] == [said(h) for h in others]
        assert [h.source.text for h in hits] == [h.source.text for h in others]
        assert [h.score for h in hits] == near([h.score for h in others])
        for hit, twin in zip(hits, others, strict=True):
            assert dict(hit.component_scores) == near(dict(twin.component_scores))
    assert one.idf(WORDS) == pytest.approx(other.idf(WORDS))
    assert [d.document for d in one.documents()] == [d.document for d in other.documents()]
    assert one.collections() == other.collections()
    named, twins = one.listing(), other.listing()
    assert named.count == twins.count
    assert [d.document for d in named.first] == [d.document for d in twins.first]
    for at in range(len(TEXTS)):
        assert one.has_document(f"text{at}.txt") == other.has_document(f"text{at}.txt")


PUT = st.dictionaries(st.integers(0, len(TEXTS) - 1), st.sampled_from("abc"), max_size=len(TEXTS))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(put=PUT, readable=st.sets(st.sampled_from("abc")))
@pytest.mark.usefixtures("both_databases")
def test_for_a_reader_the_rest_is_not_there(
    put: dict[int, str],
    readable: set[str],
    tmp_path_factory: pytest.TempPathFactory,
    embedder: Embedder,
) -> None:
    folder = tmp_path_factory.mktemp("libraries")
    own = {at: collection for at, collection in put.items() if collection in readable}
    with (
        filled(folder / "all", embedder, put) as everything,
        filled(folder / "own", embedder, own) as alone,
    ):
        reader = everything.within(readable)
        look_alike(reader, alone)
        readers = {d.id for d in reader.documents()}
        for revision in everything.documents():
            if revision.id in readers:
                continue
            assert not reader.passages(revision.id)
            assert not reader.passages_as_hits(revision.id)
            assert reader.original(revision.id) is None
            for ask in (reader.text, reader.blocks, reader.revision):
                with pytest.raises(StoreError):
                    ask(revision.id)
            for name in (revision.document, revision.document_id, revision.source):
                for refused in (reader.history, reader.remove, reader.diff):
                    with pytest.raises(StoreError, match="no document"):
                        refused(name)
                with pytest.raises(StoreError, match="no document"):
                    reader.search("lamp", documents=[name])


@pytest.mark.usefixtures("both_databases")
class TestChanges:
    def test_what_others_change_is_not_noticed(self, tmp_path: Path, embedder: Embedder) -> None:
        with filled(tmp_path, embedder, {0: "a", 1: "b"}) as library:
            reader, other = library.within(["a"]), library.within(["b"])
            before, theirs = reader.generation, other.generation
            library.add(document(4, "b"))
            library.remove("text1.txt")
            assert (reader.generation, other.generation != theirs) == (before, True)
            library.add(document(3, "a"))
            assert reader.generation != before
            assert [d.document for d in reader.documents()] == ["text0.txt", "text3.txt"]

    def test_a_document_moves_with_all_that_is_counted(
        self, tmp_path: Path, embedder: Embedder
    ) -> None:
        with (
            filled(tmp_path / "x", embedder, {0: "a", 1: "b", 4: "b"}) as library,
            filled(tmp_path / "y", embedder, {0: "a", 4: "a"}) as alone,
        ):
            assert library.within(["b"]).search("ferry", 1)
            library.move_document("text4.txt", "a")
            library.remove("text0.txt")
            library.restore("text0.txt", 1)
            look_alike(library.within(["a"]), alone)
            library.move_document("text1.txt", "c")
            assert [c.name for c in library.collections()] == ["a", "c"]
            with pytest.raises(StoreError, match="characters"):
                library.move_document("text1.txt", " \n ")

    def test_one_source_may_be_in_several(self, tmp_path: Path, embedder: Embedder) -> None:
        with filled(tmp_path, embedder, {0: "@ann"}) as library:
            first = library.within(["@ann"]).documents()[0]
            library.add(document(0, "@bob"))
            library.add(replace(document(0, ""), folder="tower"))
            library.add(document(0, ""))  # it stays where it is, and is nobody's own
            held = library.documents()
            assert sorted(d.collection for d in held) == ["@ann", "@bob", "tower"]
            assert len({d.document_id for d in held}) == 3
            library.within(["@bob"]).remove("text0.txt")
            assert library.within(["@ann"]).documents() == [first]
            with pytest.raises(StoreError, match="already"):
                library.move_document(first.document_id, "tower")

    def test_a_purge_leaves_no_name_of_a_collection(
        self, tmp_path: Path, embedder: Embedder
    ) -> None:
        with filled(tmp_path, embedder, {0: "a", 1: "the secret merger"}) as library:
            library.remove("text1.txt", purge=True)
            with library._catalogue.database.reading() as db:
                assert db.execute(select(collections.c.name)).scalars().all() == ["a"]
            library.reindex()
            look_alike(library.within(["a"]), library)

    def test_an_answer_tells_no_more_of_what_one_may_not_read(
        self, tmp_path: Path, embedder: Embedder
    ) -> None:
        with filled(tmp_path, embedder, {0: "a", 2: "b"}) as library:
            lamp = library.search("lamp", 1)[0].stored
            cited = Cited(1, lamp.revision, lamp.passage.start, lamp.passage.end, lamp.id)
            answer = library.record_answer({"question": "When?", "refused": False}, [cited])
            refused = library.record_answer({"question": "What does bread cost?", "refused": True})
            library.add(document(3, "b"))
            status = library.stored_answer(answer).citations[0]
            assert (status.status, status.document) == ("current", "text0.txt")
            reader = library.within(["c"])
            hidden = reader.stored_answer(answer).citations[0]
            assert (hidden.status, hidden.document, hidden.quote) == ("unreadable", "", "")
            assert "no longer read" in hidden.why
            assert library.stored_answer(refused).status == "worth asking again"
            assert reader.stored_answer(refused).status == "current"


@pytest.mark.parametrize(
    ("source", "collection"),
    [
        ("/home/ann/notes/a.txt", "notes"),
        ("C:\\Users\\ann\\Notes\\a.txt", "Notes"),
        ("/a.txt", "uploads"),
        ("https://me:secret@example.org:8080/news/a", "example.org:8080"),
        ("upload:report.pdf", "uploads"),
        ("upload:ann/report.pdf", "@ann"),
        ("/srv/@ann/a.txt", "ann"),
        ("/srv/ordner mit ä/a.txt", "ordner mit ä"),
    ],
)
def test_where_a_document_goes_by_default(source: str, collection: str) -> None:
    assert default_collection(source) == collection
    assert valid_name(collection) == collection


def test_ranges_hold_what_is_inside_and_nothing_else(tmp_path: Path, embedder: Embedder) -> None:
    with Library.open(tmp_path, embedder) as library:
        for number, name in enumerate("aababba"):
            made = document_of(f"Text {number}. More.", name=f"{number}")
            library.add(replace(made, collection=name))
        library.remove("3")
        held = library.documents()
        for inside, count in (("a", 2), ("b", 1), ("ab", 1), ("c", 0), ("", 0)):
            with library._catalogue.database.reading() as db:
                ranges = Scope(frozenset(inside)).find_ranges(db)
                of = select(passages.c.id, passages.c.revision)
                revisions = {row.id: row.revision for row in db.execute(of)}
            assert ranges is not None and len(ranges.firsts) == count
            found = {revisions[passage] for passage in revisions if passage in ranges}
            current = {revision.id: revision.collection for revision in held}
            assert {current[r] for r in found if r in current} == set(inside) & {"a", "b"}
            assert {r for r in current if current[r] in inside} <= found


def test_many_ranges_are_not_used(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_scope, "MAX_RANGES", 1)
    with Library.open(tmp_path, embedder) as library:
        for number, name in enumerate("aba"):
            made = document_of(f"The lamp {number} is lit.", name=f"{number}")
            library.add(replace(made, collection=name))
        with library._catalogue.database.reading() as db:
            assert Scope(frozenset("a")).find_ranges(db) is None
        hits = library.within(["a"]).search("Which lamp is lit?", mode="lexical")
        assert sorted(hit.stored.document for hit in hits) == ["0", "2"]
