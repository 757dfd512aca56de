"""The sample document changed in five ways: what each does to diff, vectors and stored answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.answering.pipeline import Answerer
from app.settings import Settings
from ingest.document import Document
from ingest.load import load
from ingest.samples import sample_path
from store.indexing.indexer import embedded_text
from store.library import Library
from store.results import StoredAnswer
from tests.support.documents import vector_keys

NAME = "briefing.md"

ZANGEZUR = "The Zangezur Corridor comes next. Its construction in Azerbaijan is nearing completion"
GEOPOLITICS = "As geopolitics grows more complex"
DUSHANBE = "The Dushanbe summit was the first"
TRANSPORT = "Azerbaijan helps keep transport secure"


@dataclass(frozen=True)
class StoredExchange:
    """An answer that cites ``quote``; ``changed_by`` are the changes that touch it."""

    quote: str
    changed_by: tuple[str, ...] = ()


# One answer about each of the passages, and several about those that change.
KEPT = (
    StoredExchange("full-fledged participant"),
    StoredExchange("the day was historic for brotherly nations", ("re-attributed",)),
    StoredExchange("create a unified cooperation space", ("re-attributed",)),
    StoredExchange("fifth meeting: Dushanbe, Tajikistan, on September 14, 2023"),
    StoredExchange("He came as an honored guest, invited by President Emomali Rahmon"),
    StoredExchange("For more than 30 years they have worked together", ("moved",)),
    StoredExchange("around 30 visits to Azerbaijan"),
    StoredExchange("chaired for four years"),
    StoredExchange("routes across the Caspian become vital"),
    StoredExchange("projected capacity is 25 million tons", ("number",)),
    StoredExchange("its initial capacity is 15 million tons", ("removed",)),
    StoredExchange("bringing green energy to Europe through Azerbaijan are being explored"),
    StoredExchange("access to new transit routes"),
    StoredExchange('a "Caspian-Central Asian Digital Space"'),
    StoredExchange("May 29, 1992: diplomatic relations officially established"),
    StoredExchange("Declaration of Strategic Partnership"),
    StoredExchange("from May 19 to 22, 2025"),
    StoredExchange("in Baku and Ganja"),
    StoredExchange("Ganja and Khujand"),
    StoredExchange("three direct weekly flights"),
)


def paragraph(text: str, begins: str) -> str:
    """The paragraph that begins so, with the blank line after it."""
    start = text.index(begins)
    return text[start : text.index("\n\n", start) + 2]


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert text.count(old) == 1
        return text.replace(old, new)

    return change


def added(text: str) -> str:
    """A paragraph long enough for a passage of its own."""
    words = (
        "A rail survey of the eastern shore, begun in spring, found that three harbours could each "
        "take a second ferry berth before winter. Engineers from four countries measured depth, "
        "wind and ice for ninety days, and their report names the harbour of Kuryk as the first "
        "to build. Money for it, the surveyors wrote, has been promised but not yet paid.\n\n"
    )
    return text.replace(paragraph(text, TRANSPORT), words + paragraph(text, TRANSPORT))


def moved(text: str) -> str:
    words = paragraph(text, GEOPOLITICS)
    return text.replace(words, "").replace(
        paragraph(text, DUSHANBE), words + paragraph(text, DUSHANBE)
    )


def removed(text: str) -> str:
    return text.replace(paragraph(text, ZANGEZUR), "")


CHANGES: dict[str, Callable[[str], str]] = {
    "number": replaced("capacity is 25 million tons", "capacity is 35 million tons"),
    "added": added,
    "moved": moved,
    "removed": removed,
    "re-attributed": replaced(
        "Uzbekistan's president, Shavkat Mirziyoyev, told",
        "Kazakhstan's president, Kassym-Jomart Tokayev, told",
    ),
}
SEEN = {
    "number": ["changed"],
    "added": ["added"],
    "moved": ["moved"],
    "removed": ["removed"],
    "re-attributed": ["changed"],
}
EMBEDDED = {"number": 1, "added": 1, "moved": 0, "removed": 0, "re-attributed": 1}


@dataclass(frozen=True)
class Cite:
    """A citation as answers carry it."""

    n: int
    revision: str
    start: int
    end: int
    passage_id: str = ""


def read(folder: Path, text: str) -> Document:
    """The document that a file of this text is."""
    file = folder / NAME
    file.write_text(text, encoding="utf-8")
    return load(file)


def keep_answers(library: Library, text: str) -> dict[str, StoredExchange]:
    """Stores an answer for each of ``KEPT``; returns them by id."""
    revision = library.documents()[0].id
    kept = {}
    for each in KEPT:
        assert text.count(each.quote) == 1
        start = library.text(revision).index(each.quote)
        cited = Cite(1, revision, start, start + len(each.quote))
        kept[library.record_answer({"question": each.quote, "refused": False}, [cited])] = each
    return kept


def vectors_of(library: Library, revision: str) -> Counter[str]:
    """What the vectors of a revision's passages are made of."""
    return Counter(embedded_text(stored.passage) for stored in library.passages(revision))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_to_the_sample_touches_exactly_what_it_changed(
    change: str, library: Library, tmp_path: Path
) -> None:
    before = sample_path().read_text(encoding="utf-8")
    after = CHANGES[change](before)
    library.add(read(tmp_path, before))
    kept = keep_answers(library, before)
    report = library.add(read(tmp_path, after))

    found = library.diff(NAME)
    assert [each.kind for each in found.changes] == SEEN[change]
    assert found.unchanged == max(found.a.passages, found.b.passages) - 1

    old, new = (vectors_of(library, each.id) for each in (found.a, found.b))
    assert report.status == "changed"
    assert report.embedded == len(new - old) == EMBEDDED[change]
    assert len(vector_keys(library)) == len(new | old)

    touched = "moved" if change == "moved" else "stale"
    for answer in library.answers():
        expected = touched if change in kept[answer.id].changed_by else "current"
        assert (answer.status, answer.question) == (expected, kept[answer.id].quote)
    assert_now_slices_the_same_words(library, library.answers())


def assert_now_slices_the_same_words(library: Library, answers: list[StoredAnswer]) -> None:
    """Old citations open the old words; those that stand today are found there."""
    for answer in answers:
        for citation in answer.citations:
            assert library.text(citation.revision)[citation.start : citation.end] == citation.quote
            if answer.status != "stale":
                assert citation.now is not None
                revision, start, end = citation.now
                assert revision == library.documents()[0].id
                assert library.text(revision)[start:end] == citation.quote


def test_all_five_at_once_and_back(library: Library, tmp_path: Path) -> None:
    before = after = sample_path().read_text(encoding="utf-8")
    for change in CHANGES.values():
        after = change(after)
    library.add(read(tmp_path, before))
    kept = keep_answers(library, before)
    assert library.add(read(tmp_path, after)).embedded == sum(EMBEDDED.values())
    kinds = Counter(each.kind for each in library.diff(NAME).changes)
    assert kinds == Counter(kind for seen in SEEN.values() for kind in seen)
    found = {kept[answer.id].quote: answer.status for answer in library.answers()}
    assert found == {
        each.quote: "current"
        if not each.changed_by
        else "moved"
        if each.changed_by == ("moved",)
        else "stale"
        for each in KEPT
    }
    assert library.add(read(tmp_path, before)).embedded == 0
    assert {answer.status for answer in library.answers()} == {"current"}


def test_an_answer_that_was_asked_goes_stale_with_its_number(
    library: Library, tmp_path: Path
) -> None:
    before = sample_path().read_text(encoding="utf-8")
    library.add(read(tmp_path, before))
    answerer = Answerer(library, Settings(data=tmp_path, model="none"), None)
    port, flights = (
        answerer.answer(question, store=True)
        for question in (
            "What is the projected capacity of the Alat International Trade Port?",
            "How many direct weekly flights does AZAL operate between Baku and Dushanbe?",
        )
    )
    assert "25 million tons" in port.text
    assert "three" in flights.text
    library.add(read(tmp_path, CHANGES["number"](before)))
    assert library.stored_answer(port.id).status == "stale"
    assert library.stored_answer(flights.id).status == "current"
    assert "35 million tons" in answerer.answer(port.question).text
