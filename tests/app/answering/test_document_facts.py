"""Questions about a document as such: which are recognised, and what is answered and cited."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answer import Answer, Verdict
from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.question.about_document import (
    AboutDocument,
    Aspect,
    about_document_asked,
    may_ask_about_document,
)
from app.question.parsed_question import ParsedQuestion
from app.settings import Settings
from ingest.load import load_bytes
from ingest.load.base.source import Source
from store.library import Library
from tests.support.made import pdf_file

TITLES = ["swans.md Swans on the river", "weir.txt Report on the weir"]
SWANS = """---
author: Jana Novak
---

# Swans on the river

## Arrival

They came in February.

## Nests

They nest below the weir.

### Eggs

Each nest holds six.
"""


def asked(question: str, *, follows: bool = False) -> AboutDocument | None:
    found = about_document_asked(ParsedQuestion(question), TITLES, follows=follows)
    assert found is None or may_ask_about_document(ParsedQuestion(question)), (
        "the cheap look misses it"
    )
    return found


@pytest.mark.parametrize(
    ("question", "aspect"),
    [
        ("Who wrote it?", Aspect.AUTHOR),
        ("Who is the author?", Aspect.AUTHOR),
        ("By whom was this article written?", Aspect.AUTHOR),
        ("What is the title?", Aspect.TITLE),
        ("What is the document called?", Aspect.TITLE),
        ("When was it published?", Aspect.DATE),
        ("What is the date of the report?", Aspect.DATE),
        ("How many pages does it have?", Aspect.PAGES),
        ("How many slides are there?", Aspect.PAGES),
        ("How many sections does it have?", Aspect.SECTIONS),
        ("List all chapters", Aspect.SECTIONS),
    ],
)
def test_what_is_asked_of_a_document(question: str, aspect: Aspect) -> None:
    assert asked(question) == AboutDocument(aspect)


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote the first map of the coast?",
        "What title did Anna hold?",
        "When was the bridge published?",
        "What is the name?",
        "What is it called?",
        "How many pages did the clerk copy?",
        "Which sections of the wall fell?",
        "Who is the warden?",
    ],
)
def test_anything_else_is_an_ordinary_question(question: str) -> None:
    assert asked(question) is None


def test_a_document_may_be_named() -> None:
    assert asked("Who wrote the report on the weir?") == AboutDocument(Aspect.AUTHOR, (1,))
    assert asked("Who wrote “Swans on the river”?") == AboutDocument(Aspect.AUTHOR, (0,))


def test_it_may_be_what_was_spoken_of_before() -> None:
    assert asked("Who wrote it?", follows=True) is None
    assert asked("Who wrote this report?", follows=True) == AboutDocument(Aspect.AUTHOR)


def answer(library: Library, reader: Reader, question: str) -> Answer:
    found = Answerer(library, Settings(model="none"), None, reader).answer(question)
    texts = [library.text(c.revision)[c.start : c.end] for c in found.citations]
    assert [c.quote for c in found.citations] == texts
    return found


def add(library: Library, text: str, name: str) -> None:
    library.add(load_bytes(text.encode(), Source(name, f"/{name}")))


def test_facts_are_quoted_where_the_text_has_them(library: Library, reader: Reader) -> None:
    add(library, SWANS, "swans.md")
    author = answer(library, reader, "Who wrote it?")
    assert "Jana Novak" in author.text
    assert [s.verdict for s in author.sentences] == [Verdict.QUOTED]
    assert "Swans on the river" in answer(library, reader, "What is the title?").text
    sections = answer(library, reader, "How many sections does it have?")
    assert sections.computed is not None
    assert sections.computed.values == ("2",)
    assert [s.text.lstrip("# ") for s in sections.sentences[1:]] == ["Arrival", "Nests"]
    assert sections.notes == ("2 of 2 sections; 1 below them.",)


def test_pages_are_counted(library: Library, reader: Reader, tmp_path: Path) -> None:
    pages = [[(60, 700, 12, "The weir was mended.")], [(60, 700, 12, "It took nine weeks.")]]
    data = pdf_file(pages)
    library.add(load_bytes(data, Source("weir.pdf", "/weir.pdf")))
    found = answer(library, reader, "How many pages does it have?")
    assert found.text == "Pages of weir.pdf: 2."
    assert [c.page for c in found.citations] == [1, 2]


def test_what_a_document_lacks_is_said(library: Library, reader: Reader) -> None:
    add(library, "The ferry to Hald runs every hour, also on Sundays.\n", "ferry.txt")
    for question, told in (
        ("How many pages does it have?", "is not divided into pages"),
        ("How many sections does it have?", "has no headings"),
        ("Who wrote it?", "do not say"),
    ):
        found = answer(library, reader, question)
        assert found.refused, question
        assert told in found.reason
    assert "ferry.txt" in answer(library, reader, "What is the title?").text


def test_without_documents_nothing_is_said_of_them(library: Library, reader: Reader) -> None:
    for question in ("What is the title?", "How many pages does it have?"):
        assert "No document has been added" in answer(library, reader, question).reason


def test_a_byline_answers_where_the_file_records_no_author(
    library: Library, reader: Reader
) -> None:
    add(library, "Report on the weir\nAuthor: Tomas Brandt\n\nThe weir was mended.\n", "weir.txt")
    found = answer(library, reader, "Who wrote it?")
    assert "Tomas Brandt" in found.text
    assert found.question == "Who wrote it?"
