"""A refusal says whether the documents do not answer, or whether that is not clear."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.answer import Answer
from app.answering.pipeline import Answerer
from app.answering.refusal import build_refusal
from app.evidence.answerability import (
    FEATURE_NAMES,
    FEATURE_SIGNS,
    MODEL_FEATURE_NAMES,
    MODEL_FEATURE_SIGNS,
    PROBE_FEATURE_NAMES,
    features,
    probability,
    probability_with_model,
)
from app.evidence.calibration import (
    ANSWERABLE,
    ANSWERABLE_WITH_MODEL,
    ANSWERABLE_WITH_PROBE,
    load_logistic,
)
from app.evidence.evidence import ScoredEvidence
from app.evidence.reader import Reader
from app.evidence.score_evidence import score_evidence
from app.formats.json_forms import answer_from_payload, answer_payload
from app.question.parsed_question import ParsedQuestion
from app.settings import Settings, load_settings
from ingest.load import load_text
from store.library import Library

PRICES = """# Garage Nordkamp, prices of 2024

Changing four tyres costs 48 euro for every car. A wheel balance is 12 euro a wheel.

The workshop does not repair lorries. It is open from Monday to Friday.
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data=tmp_path, model="none")


@pytest.fixture
def answerer(library: Library, settings: Settings, reader: Reader) -> Answerer:
    library.add(load_text(PRICES, "garage.md", title="Garage Nordkamp, prices of 2024"))
    return Answerer(library, settings, None, reader)


def found(answerer: Answerer, question: str) -> ScoredEvidence:
    return score_evidence(answerer.retrieve(ParsedQuestion(question)), answerer.reader)


def test_between_answered_and_not_said_it_is_not_clear(answerer: Answerer) -> None:
    result = found(answerer, "How much is a wheel alignment?")
    limits = load_logistic(ANSWERABLE).thresholds
    assert 0 < limits["not clear"] < limits["eager"] < limits["balanced"] < limits["strict"]
    near = build_refusal(result, 0.2, "none", unclear=True)
    far = build_refusal(result, 0.0, "none")
    assert (near.kind, far.kind) == ("unclear", "refusal")
    assert near.refused and far.refused
    assert near.reason.startswith("It is not clear that the documents say this.")
    assert far.reason.startswith("The documents do not say.")


def test_a_refusal_names_what_is_missing(answerer: Answerer) -> None:
    refused = build_refusal(found(answerer, "How much is a wheel alignment?"), 0.0, "none")
    assert "says nothing of “alignment”" in refused.reason
    assert refused.closest[0].lacks in refused.reason


def test_not_clear_is_kept(answerer: Answerer) -> None:
    unclear: Answer = replace(
        build_refusal(found(answerer, "How much is a wheel alignment?"), 0.0, "none"),
        kind="unclear",
    )
    assert answer_from_payload(answer_payload(unclear)).kind == "unclear"


@pytest.mark.parametrize(
    ("fitted", "names", "signs"),
    [
        (ANSWERABLE, FEATURE_NAMES, FEATURE_SIGNS),
        (ANSWERABLE_WITH_MODEL, MODEL_FEATURE_NAMES, MODEL_FEATURE_SIGNS),
        (ANSWERABLE_WITH_PROBE, PROBE_FEATURE_NAMES, MODEL_FEATURE_SIGNS),
    ],
)
def test_each_feature_moves_the_probability_one_way_only(
    fitted: str, names: tuple[str, ...], signs: tuple[int, ...]
) -> None:
    weights = load_logistic(fitted).weights
    assert load_logistic(fitted).names == names
    assert all(w * sign >= 0 for w, sign in zip(weights, signs, strict=True))
    assert any(weights)


def test_the_reader_and_the_model_count_together(answerer: Answerer) -> None:
    stated = found(answerer, "How much is changing four tyres?")
    near = found(answerer, "How much is repairing a lorry's brakes?")
    assert probability(stated) > probability(near)
    for said in ((2.0, 1.0), (-2.0, 0.0)):
        assert probability_with_model(stated, said) > probability_with_model(near, said)
    assert probability_with_model(stated, (2.0, 1.0)) > probability_with_model(stated, (-2.0, 0.0))


def test_a_year_that_nothing_has_is_missing(answerer: Answerer) -> None:
    missing = FEATURE_NAMES.index("figures missing")
    for year, lacking in (("2022", 1.0), ("2024", 0.0)):
        asked = found(answerer, f"How much was changing four tyres in {year}?")
        assert features(asked)[missing] == lacking


def test_a_name_may_stand_in_the_title(answerer: Answerer) -> None:
    missing = FEATURE_NAMES.index("names missing")
    asked = found(answerer, "How much is changing four tyres at Garage Nordkamp?")
    assert features(asked)[missing] == 0.0
    other = found(answerer, "How much is changing four tyres at Garage Lindenau?")
    assert features(other)[missing] == 0.5


def test_what_says_no_answers_a_question_for_yes_or_no(answerer: Answerer) -> None:
    contradicted = FEATURE_NAMES.index("contradicted by the evidence alone")
    asked = found(answerer, "Does the workshop repair lorries?")
    assert asked.alone is not None and asked.alone.contradicted > 0.5
    assert features(asked)[contradicted] == 0.0
    other = found(answerer, "Which lorries does the workshop repair?")
    assert other.alone is not None
    assert features(other)[contradicted] == other.alone.contradicted
