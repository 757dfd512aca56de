"""The full text of SQLite and that of PostgreSQL find the same passages and rank them alike."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ingest.document import Document, Passage
from store.catalogue.catalogue import Catalogue
from store.database.row_mapping import NewPassage
from store.database.search_scope import Scope
from store.fulltext import bm25, fts5, full_text_search, tsvector, word_counts
from store.fulltext.document_frequency import DocumentFrequency
from store.fulltext.query_terms import phrases
from tests.support.databases import Server
from tests.support.documents import document_of

pytestmark = pytest.mark.xdist_group("text_index")  # one worker: the catalogues are shared
EVERY_COUNT = select(word_counts.word_counts).order_by("word", "collection")
WORDS = [
    *("lamp", "lamps", "Lamp", "burned", "burning", "paraffin", "keeper's", "don't", "s", "a"),
    *("naïve", "Ärger", "café", "cafe", "été", "ÉTÉ", "1871", "38", "4,200", "x_y", "snake_case"),
    *("東京タワー", "東京", "京都", "ภาษาไทย", "Привет", "привет", "e-mail", "ß", "generalization"),
]


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory, postgresql_server: Server
) -> Iterator[tuple[Catalogue, Catalogue]]:
    """An SQLite catalogue and a PostgreSQL one with the same passages; only to be read."""
    folder = tmp_path_factory.mktemp("both")
    yield from filled(folder, postgresql_server.named("text_index"))


@pytest.fixture
def changed(tmp_path: Path, postgresql: Server) -> Iterator[tuple[Catalogue, Catalogue]]:
    """The same to be changed."""
    yield from filled(tmp_path, postgresql.new())


def filled(folder: Path, url: str) -> Iterator[tuple[Catalogue, Catalogue]]:
    made = Catalogue(folder / "a"), Catalogue(folder / "b", url)
    chance = random.Random(7)
    for catalogue in made:
        catalogue.set_meta({"model": "m"})
    for number in range(60):
        said = [" ".join(chance.choices(WORDS, k=chance.randint(3, 40))) for _ in range(3)]
        headings = [" ".join(chance.choices(WORDS, k=chance.randint(0, 4))) for _ in range(3)]
        document = document_of(*said, name=f"{number}.txt")
        for catalogue in made:
            keep(catalogue, document, headings)
    for catalogue in made:  # what is taken out no longer counts
        gone = next(each for each in catalogue.current() if each.document == "7.txt")
        catalogue.make_current(gone.document_id, None, "2026-01-02")
    yield made
    for catalogue in made:
        catalogue.database.close()


def keep(catalogue: Catalogue, document: Document, headings: list[str]) -> None:
    """A passage for each block, with its heading as its context."""
    new = [
        NewPassage(
            f"{document.name}-{n}",
            Passage(b.start, b.end, document.text[b.start : b.end], context=heading),
        )
        for n, (b, heading) in enumerate(zip(document.blocks, headings, strict=True))
    ]
    catalogue.save_vectors("m", [(each.key, bytes(4), b"") for each in new])
    catalogue.activate(document, new, "2026-01-01")


def found(catalogue: Catalogue, question: str, documents: list[str] | None) -> dict[int, float]:
    with catalogue.database.reading() as db:
        return dict(full_text_search.matches(db, question, 200, documents, DocumentFrequency()))


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), st.booleans())
def test_both_find_and_rank_the_same(
    both: tuple[Catalogue, Catalogue], words: list[str], some: bool
) -> None:
    question = " ".join(words)
    ids = [each.document_id for each in both[0].current()][:9] if some else None
    one, other = (found(catalogue, question, ids) for catalogue in both)
    assert one.keys() == other.keys()
    assert one == pytest.approx(other, rel=1e-6, abs=1e-12)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))
def test_both_count_the_same(both: tuple[Catalogue, Catalogue], words: list[str]) -> None:
    rarity = []
    for catalogue in both:
        with catalogue.database.reading() as db:
            rarity.append(full_text_search.idf(db, words, DocumentFrequency()))
    assert rarity[0] == pytest.approx(rarity[1])


@pytest.mark.parametrize(
    "question", ["", " ", "'", "\\", "a' | b", "!&|():*<->", "x" * 5000, "\0", "'); DROP TABLE x"]
)
def test_any_question_is_safe(both: tuple[Catalogue, Catalogue], question: str) -> None:
    one, other = (found(catalogue, question, None) for catalogue in both)
    assert one == pytest.approx(other, rel=1e-6, abs=1e-12)


def test_words_are_counted_by_collection_through_every_change(
    changed: tuple[Catalogue, Catalogue],
) -> None:
    sqlite, postgresql = changed
    chance = random.Random(11)
    for number in range(40):
        name = f"{chance.randrange(60)}.txt"
        said = [" ".join(chance.choices(WORDS, k=chance.randint(1, 30))) for _ in range(3)]
        to = chance.choice(["mine", "yours", "ours"])
        removes, moves = number % 4 == 1, number % 4 == 2
        for catalogue in changed:
            held = next((each for each in catalogue.current() if each.document == name), None)
            if held is None or not (removes or moves):
                keep(catalogue, document_of(*said, name=name), ["lamp", "", "naïve"])
            elif moves:
                catalogue.move_document(held.document_id, to)
            else:
                catalogue.make_current(held.document_id, None, "2026-01-03")
    assert len(postgresql.collections()) == 4
    for names in (None, ["mine"], ["yours", "ours"], ["nobody's"]):
        scope = Scope(None if names is None else frozenset(names))
        asked = [(phrase,) for phrase in phrases(WORDS)] + [(("lamp",), ("naïve",))]
        found = []
        for catalogue, index in ((sqlite, fts5), (postgresql, tsvector)):
            with catalogue.database.reading() as db:
                found.append(index.counts(db, asked, scope))
        assert found[0] == found[1]
    with postgresql.database.writing() as db:
        kept = db.execute(EVERY_COUNT).all()
        word_counts.recount(db)
        assert kept == db.execute(EVERY_COUNT).all()


def test_a_long_passage_is_indexed_whole(tmp_path: Path, postgresql: Server) -> None:
    catalogue = Catalogue(tmp_path, postgresql.new())
    catalogue.set_meta({"model": "m"})
    said = " ".join(f"w{number}" for number in range(20_000)) + " lamp " + "y" * 3000
    keep(catalogue, document_of(said), ["paraffin lamp"])
    for word in ("w0", "w19999", "lamp", "paraffin", "y" * 3000):
        assert len(found(catalogue, word, None)) == 1
    catalogue.database.close()


def test_words_are_folded_and_stemmed() -> None:
    stems = list(bm25.tokens("Café-Lamps burned_at ÉTÉ s"))
    assert stems == ["cafe", "lamp", "burn", "at", "et", "s"]
