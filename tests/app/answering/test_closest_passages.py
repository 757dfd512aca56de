"""Three replies: claimed answers, closest passages that claim nothing, and refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.answer import Answer
from app.answering.closest_passages import MAY_ANSWER, as_closest, is_asked_there
from app.answering.pipeline import Answerer
from app.evidence.calibration import ANSWERABLE, CLAIMS, load_logistic
from app.evidence.reader import Reader
from app.evidence.score_evidence import score_evidence
from app.formats.answer_text import with_footnotes
from app.formats.json_forms import answer_from_payload, answer_payload
from app.question.parsed_question import ParsedQuestion
from app.settings import Settings
from app.web.render_answer import Exchange, exchange
from evals.datasets.case import Case
from evals.runs.score_answers import answer_scores
from ingest.load import load_bytes
from ingest.load.base.source import Source
from store.library import Library

HARBOUR = """# Interview with the harbour master

Q: What do you make of the new quay, which was opened in May by the mayor of the town?

It is a start. Boats of the larger sort used to wait outside, and some went elsewhere; the town has
seen them come back since, and the fish market with them.

Q: How many boats berth here?

In summer some ninety boats berth here, and in winter forty.

## Notes of the editor

The harbour master retires in June.
"""


@pytest.fixture
def answerer(library: Library, reader: Reader, tmp_path: Path) -> Answerer:
    library.add(load_bytes(HARBOUR.encode(), Source("harbour.md", "/documents/harbour.md")))
    return Answerer(library, Settings(data=tmp_path, model="none"), None, reader)


def claiming_from(answerer: Answerer, monkeypatch: pytest.MonkeyPatch, least: float) -> None:
    monkeypatch.setitem(CLAIMS, answerer.settings.strictness, least)


def test_a_likely_answer_is_claimed(answerer: Answerer) -> None:
    answer = answerer.answer("How many boats berth here in winter?")
    assert answer.kind == "answer" and not answer.reason
    assert "forty" in answer.text and answer.answerable >= CLAIMS["balanced"]


def test_what_is_not_likely_enough_claims_nothing(
    answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "Where did larger boats wait, before they had the quay and the town its market?"
    claiming_from(answerer, monkeypatch, 0.0)
    claimed = answerer.answer(question)
    assert claimed.kind == "answer"
    claiming_from(answerer, monkeypatch, claimed.answerable + 0.01)
    answer = answerer.answer(question)
    assert (answer.kind, answer.reason, answer.headline) == ("closest", MAY_ANSWER, "")
    assert not answer.refused and not answer.further
    assert answer.sentences == claimed.sentences and answer.citations == claimed.citations
    (batch,) = answerer.answer_many([(question, None)])
    assert replace(batch, timings_ms={}) == replace(answer, timings_ms={})
    # A risk is a promise about all that is shown.
    at_risk = Answerer(
        answerer.library, replace(answerer.settings, risk=0.3), None, answerer.reader
    )
    assert at_risk.answer(question).kind == "answer"


@pytest.mark.parametrize("question", ["asdf qwer zxcv", "blah blah", "Which llamas juggle?"])
def test_nonsense_claims_nothing(answerer: Answerer, question: str) -> None:
    assert answerer.answer(question).kind != "answer"


def test_an_answer_under_the_same_question_is_claimed(
    answerer: Answerer, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    claiming_from(answerer, monkeypatch, 1.0)
    assert answerer.answer("How many boats berth here?").kind == "answer"
    same = "What do you make of the new quay, which was opened in May by the mayor of the town?"
    assert answerer.answer(same).kind == "answer"
    assert answerer.answer("How many boats come in winter?").kind != "answer"
    # What stands under a heading below no longer answers the question.
    result = score_evidence(answerer.retrieve(ParsedQuestion("When does he retire?")), reader)
    same_question = ParsedQuestion("How many boats berth here?")
    below = replace(result, retrieved=replace(result.retrieved, question=same_question))
    assert below.evidence[0].text.startswith("The harbour master retires")
    assert not is_asked_there(below)


def test_the_strict_claim_less_and_nobody_claims_what_is_refused() -> None:
    shipped = load_logistic(ANSWERABLE)
    least = [shipped.claim(strictness) for strictness in ("strict", "balanced", "eager")]
    assert least == sorted(least, reverse=True) and least[0] > least[2]
    assert all(shipped.claim(name) >= shipped.threshold(name) for name in CLAIMS)


@pytest.fixture
def closest(answerer: Answerer) -> Answer:
    return as_closest(answerer.answer("How many boats berth here in winter?"))


def test_closest_passages_look_like_what_they_are_everywhere(closest: Answer) -> None:
    drawn = str(exchange(Exchange("1", "How many boats?", closest)))
    assert "May answer." in drawn and MAY_ANSWER in drawn
    assert "headline" not in drawn and "<b>" not in drawn and "<li>" in drawn
    assert with_footnotes(closest).startswith(f"{MAY_ANSWER}\n")
    payload = answer_payload(closest)
    assert (payload["kind"], payload["refused"]) == ("closest", False)
    assert answer_from_payload(payload).reason == MAY_ANSWER


def test_evaluations_tell_what_is_claimed_from_what_is_shown(closest: Answer) -> None:
    answerable = Case("1", "How many boats?", answers=(("forty",),))
    silent = Case("2", "How many whales?", answerable=False)
    claimed = replace(closest, kind="answer")
    for answer, right, false in ((closest, 0.0, 0.0), (claimed, 1.0, 1.0)):
        scores = answer_scores(answerable, answer, _supports, _source)
        assert (scores["correct"], scores["claimed_right"]) == (1.0, right)
        assert "exact_quotes" in scores
        scores = answer_scores(silent, answer, _supports, _source)
        assert (scores["correct"], scores["false_claims"]) == (0.0, false)


def _supports(_: str, __: str) -> bool:
    return True


def _source(_: str) -> str:
    return HARBOUR
