"""A refusal says what the closest passage says against the question."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answering.pipeline import Answerer
from app.answering.presupposition import find_contradicted_premise
from app.answering.refusal import build_refusal
from app.evidence.reader import Reader
from app.evidence.score_evidence import score_evidence
from app.question.parsed_question import ParsedQuestion
from app.settings import load_settings
from ingest.load import load_text
from store.library import Library

MINUTES = """The council of Marlow met on 3 March 2024.

The council approved the new swimming pool by nine votes to two. It will be built in Hill Lane.

Two fields near the river were sold to the farmer Ada Brook, who will grow barley there.
"""


@pytest.fixture
def answerer(library: Library, reader: Reader, tmp_path: Path) -> Answerer:
    library.add(load_text(MINUTES, "minutes.txt"))
    return Answerer(library, load_settings(data=tmp_path, model="none"), None, reader)


def premise(answerer: Answerer, question: str) -> str:
    retrieved = answerer.retrieve(ParsedQuestion(question))
    return find_contradicted_premise(score_evidence(retrieved, answerer.reader))


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Why did the council reject the new swimming pool?", "The council approved"),
        ("Which six fields near the river were sold to the farmer?", "Two fields near the river"),
    ],
)
def test_what_a_question_wrongly_presumes_is_told_with_the_quote(
    answerer: Answerer, question: str, told: str
) -> None:
    assert premise(answerer, question).startswith(f"The closest passage may say otherwise: “{told}")
    found = score_evidence(answerer.retrieve(ParsedQuestion(question)), answerer.reader)
    assert told in build_refusal(found, 0.0, "none").reason


@pytest.mark.parametrize(
    "question", ["Who bought the two fields near the river?", "What colour is the town hall?"]
)
def test_nothing_is_told_of_a_question_that_presumes_nothing(
    answerer: Answerer, question: str
) -> None:
    assert premise(answerer, question) == ""
