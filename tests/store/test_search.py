"""Search: every strategy with the same questions, hostile ones and an empty library included."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.language.sentences import sentences
from ingest.load import load_text
from store.embedding.embedder import Embedder
from store.fulltext.query_terms import MAX_TERMS, terms
from store.indexing.indexer import embedded_text
from store.library import Library
from store.results import Hit, StoreError
from store.search.hybrid_search import Mode
from tests.support.documents import PARAGRAPHS, document_of, long_document

pytestmark = pytest.mark.usefixtures("both_databases")

MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
HOSTILE = (
    '"', "'", "''\"", "a AND", "NOT", "OR OR", "NEAR(", "text:", "^", "*", "()", "-", "{}", ";--",
    "lamp\0oil", "\ud800", "🗼🗼", "  \n\t ", "", "灯台は何年に建てられましたか", "х" * 20_000,
    "who " * 5_000, "SELECT * FROM passages; DROP TABLE passages", "%", "_", "؟؟", "ᄒ",
)  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Library]:
    """A library of five documents."""
    with Library.open(tmp_path_factory.mktemp("search"), embedder) as library:
        rest = [
            document_of(*PARAGRAPHS, name="lighthouse.txt"),
            document_of("Bread needs flour, water, salt and time.", name="bread.txt"),
            document_of("灯台は1871年に建てられました。高さは38メートルです。", name="灯台.txt"),
            document_of("El faro de Málaga se llama La Farola.", name="faro.txt"),
            long_document(30),
        ]
        assert all(report.status == "added" for report in library.add_many(rest))
        yield library


def texts(hits: list[Hit]) -> str:
    return " ".join(hit.stored.passage.text for hit in hits)


@pytest.mark.parametrize("mode", MODES)
def test_a_question_finds_its_passage(filled: Library, mode: Mode) -> None:
    hits = filled.search("Which engineer built the lighthouse at Skerrow Point?", 3, mode=mode)
    assert "Ada Thornbury" in hits[0].stored.passage.text
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        text = filled.text(hit.stored.revision)
        passage = hit.stored.passage
        assert text[passage.start : passage.end] == passage.text


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_library_finds_nothing(library: Library, mode: Mode) -> None:
    assert library.search("Which engineer?", mode=mode) == []
    assert library.search("", mode=mode) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("question", HOSTILE, ids=lambda q: repr(q[:12]))
def test_any_question_is_safe(filled: Library, question: str, mode: Mode) -> None:
    hits = filled.search(question, 3, mode=mode)
    assert len(hits) <= 3


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(question=st.text(max_size=200))
def test_any_text_is_a_safe_word_query(filled: Library, question: str) -> None:
    assert len(terms(question)) <= MAX_TERMS
    filled.search(question, 2, mode="lexical")


def test_hybrid_keeps_the_parts(filled: Library) -> None:
    best = filled.search("How many steps has the tower?", 1)[0]
    assert set(best.component_scores) == {
        "dense",
        "dense_rank",
        "bm25",
        "bm25_rank",
        "rrf",
        "sentence",
    }
    assert -1 <= best.component_scores["dense"] <= 1.000001
    assert best.component_scores["bm25"] > 0


def test_a_passage_is_as_near_as_its_nearest_sentence(library: Library) -> None:
    dull = "The council met and the minutes of the last meeting were read and agreed upon."
    told = "The old harbour clock was mended by a watchmaker from Riga."
    around = " ".join(f"{dull} Item {n} of the list was put off until spring." for n in range(4))
    library.add(load_text(f"{around} {told} {around}", "minutes.txt"))
    question = "Who repaired the ancient timepiece of the port?"
    best = library.search(question, 3)[0]
    spans = sentences(best.stored.passage.text)
    vectors = library.embedder.encode_documents(
        [question, *(best.stored.passage.text[a:b] for a, b in spans)]
    )
    assert best.cosines == pytest.approx((vectors[1:] @ vectors[0]).tolist(), abs=1e-3)
    assert best.component_scores["sentence"] == max(best.cosines)
    start, end = spans[best.cosines.index(max(best.cosines))]
    assert best.stored.passage.text[start:end] == told


def test_ranks_do_not_depend_on_how_many_hits_are_asked_for(filled: Library) -> None:
    question = "How tall is the tower and who built it?"
    few, many = filled.search(question, 2), filled.search(question, 10)
    assert [hit.stored.id for hit in few] == [hit.stored.id for hit in many[:2]]
    assert [hit.rank for hit in many] == list(range(1, len(many) + 1))
    assert [hit.score for hit in many] == sorted((hit.score for hit in many), reverse=True)


@pytest.mark.parametrize("mode", MODES)
def test_documents_restrict(filled: Library, mode: Mode) -> None:
    for hit in filled.search("lighthouse tower flour", 5, documents=["bread.txt"], mode=mode):
        assert hit.stored.document == "bread.txt"
    ids = [each.document_id for each in filled.documents() if each.document == "faro.txt"]
    assert filled.search("farola", 5, documents=ids, mode=mode)
    assert filled.search("farola", 5, documents=[], mode=mode) == []
    with pytest.raises(StoreError, match="no document 'nothing.txt'"):
        filled.search("lighthouse", documents=["nothing.txt"], mode=mode)


def test_words_are_found_without_accents_inflections_and_spaces(filled: Library) -> None:
    assert "Farola" in texts(filled.search("MALAGA", 1, mode="lexical"))
    assert "Ada Thornbury" in texts(filled.search("engineers", 1, mode="lexical"))
    assert "灯台" in texts(filled.search("建てられた", 1, mode="lexical"))


def test_many_questions_equal_one_by_one(filled: Library) -> None:
    questions = ["How high is the tower?", "What does bread need?", ""]
    together = filled.search_many(questions, 2)
    assert [[h.stored.id for h in hits] for hits in together] == [
        [h.stored.id for h in filled.search(question, 2)] for question in questions
    ]


def test_more_than_there_is(filled: Library) -> None:
    total = sum(revision.passages for revision in filled.documents())
    hits = filled.search("lighthouse", 500, mode="dense")
    assert len(hits) == total


def test_repeated_words_come_once(library: Library) -> None:
    same = "The refrain is sung here once more by all. " * 12
    library.add(document_of(*[same] * 6, "Something else altogether stands at the end."))
    found = [hit.stored.passage.text for hit in library.search("Who sings the refrain?", 5)]
    assert len(found) == len(set(found))


def test_idf_is_higher_for_rarer_words(filled: Library) -> None:
    rarity = filled.idf(["granite", "lighthouse", "zeppelin", "Málaga", "", '"'])
    assert rarity["granite"] < rarity["lighthouse"] < rarity["zeppelin"]
    assert rarity["Málaga"] == filled.idf(["malaga"])["malaga"]
    assert all(value >= 0 for value in rarity.values())


def test_what_only_words_find_has_its_cosine_too(tmp_path: Path, embedder: Embedder) -> None:
    with Library.open(tmp_path, embedder) as library:
        library.add(long_document(130))
        library.add(document_of("Ferrets sleep. The code zq77 stands on the crate.", name="c.txt"))
        question = "granite harbour lantern meadow orchard pebble quarry zq77"
        hits = library.search(question, 20)
        alone = [hit for hit in hits if "dense_rank" not in hit.component_scores]
        assert alone
        vector = embedder.encode_queries([question])[0]
        for hit in alone:
            passage = embedder.encode_documents([embedded_text(hit.stored.passage)])[0]
            assert hit.component_scores["dense"] == pytest.approx(float(passage @ vector), abs=1e-4)
