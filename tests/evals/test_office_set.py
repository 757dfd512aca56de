"""The office set keeps its promises over the documents that it brings along."""

from __future__ import annotations

from collections import Counter

import pytest

from evals.datasets.case import Case
from evals.datasets.matching import all_stand_in, normalise, stands_in
from evals.datasets.question_sets import load_set

SET = load_set("office")
FOLDER = SET.documents
assert FOLDER is not None
DOCUMENTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir())}
PARAGRAPHS = [part for text in DOCUMENTS.values() for part in text.split("\n\n")]


def named(cases: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.id) for case in cases]


ANSWERABLE = named([case for case in SET.cases if case.answerable])
UNANSWERABLE = named([case for case in SET.cases if not case.answerable])


def test_there_are_five_documents_and_questions_of_each_kind() -> None:
    assert len(DOCUMENTS) == 5
    counts = Counter(case.kind for case in SET.cases)
    assert counts["near-miss"] + counts["false-premise"] >= 70
    assert counts["fact"] >= 40 and counts["lookup"] >= 14


def test_ids_and_questions_are_unique() -> None:
    assert len({case.id for case in SET.cases}) == len(SET.cases)
    assert len({normalise(case.question) for case in SET.cases}) == len(SET.cases)


@pytest.mark.parametrize("case", ANSWERABLE)
def test_answers_stand_in_the_evidence(case: Case) -> None:
    found = [p for words in case.evidence for p in PARAGRAPHS if all_stand_in(words, p)]
    assert found, "key words that stand together nowhere"
    assert any(any(stands_in(answer, p) for p in found) for answer in case.answers[0])


@pytest.mark.parametrize("case", UNANSWERABLE)
def test_what_is_not_answerable_has_no_answer_to_match(case: Case) -> None:
    assert not case.answers and not case.evidence
    assert not any(stands_in(word, case.question) for word in case.forbidden)
