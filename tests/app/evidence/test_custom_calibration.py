"""A data folder is calibrated to a person's own questions and marks, in quotes and with a model."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.answer import Answer, Computed
from app.answering.pipeline import Answerer
from app.evidence import custom_calibration
from app.evidence.calibration import (
    ANSWERABLE,
    ANSWERABLE_WITH_MODEL,
    ANSWERABLE_WITH_PROBE,
    load_logistic,
)
from app.evidence.custom_calibration import (
    CALIBRATION_FILE,
    ENOUGH_MARKED,
    CalibrationError,
    fits_for,
    point_of,
    put_mark,
    store_fit,
)
from app.evidence.reader import Reader
from app.settings import load_settings
from evals.calibration.calibrate_to_set import MIN_QUESTIONS, TooFewQuestions, calibrate
from evals.commands.eval_app import eval_app
from evals.datasets.case import QuestionSet
from evals.datasets.question_sets import load_set, write_set
from ingest.load import load as load_file
from store.library import Library
from tests.support.scripted import scripted

BRIEFING = files("ingest.samples").joinpath("briefing.md")
ANSWER = Answer("Who?", "Who?", "answer", (), (), "", (), 0.4, "none")


def quiet(_done: int, _total: int) -> None:
    """No progress is shown."""


@pytest.fixture(scope="module")
def small() -> QuestionSet:
    """As few questions as a calibration takes, half of them answered by the documents."""
    questions = load_set("near-misses")
    some = [c for c in questions.cases if c.answerable][:MIN_QUESTIONS]
    some += [c for c in questions.cases if not c.answerable][:MIN_QUESTIONS]
    return replace(questions, cases=tuple(some))


@pytest.fixture
def answerer(library: Library, reader: Reader, tmp_path: Path) -> Answerer:
    library.add(load_file(str(BRIEFING)))
    return Answerer(library, load_settings(data=tmp_path, model="none"), None, reader)


def test_quotes_keep_a_risk_on_the_questions_of_a_set(
    answerer: Answerer, small: QuestionSet, tmp_path: Path
) -> None:
    entry = calibrate(answerer, small, tmp_path, quiet)
    assert len(entry["right"]) + len(entry["wrong"]) == 2 * MIN_QUESTIONS
    own, shipped = fits_for(tmp_path).quotes, load_logistic(ANSWERABLE)
    assert own.weights == shipped.weights
    assert len(own.points) == 2 * MIN_QUESTIONS and own.points != shipped.points
    assert answerer.fits.quotes == own
    assert fits_for().quotes == shipped


def test_a_model_is_fitted_to_what_it_says(
    answerer: Answerer, small: QuestionSet, tmp_path: Path
) -> None:
    model = scripted("The centre opened in 2024 [1].", yes=1.0)
    writer = Answerer(answerer.library, answerer.settings, model, answerer.reader)
    assert writer.fits.model.points == ()
    calibrate(writer, small, tmp_path, quiet)
    assert len(writer.fits.model.points) == 2 * MIN_QUESTIONS
    assert writer.fits.quotes == load_logistic(ANSWERABLE)
    heard = len(model.chat.heard)
    calibrate(writer, small, tmp_path, quiet)
    assert len(model.chat.heard) == heard, "what the model said is kept"


def test_too_few_questions_are_told_before_any_is_asked(answerer: Answerer, tmp_path: Path) -> None:
    questions = load_set("near-misses")
    few = replace(questions, cases=questions.cases[:MIN_QUESTIONS])
    with pytest.raises(TooFewQuestions, match=f"at least {MIN_QUESTIONS} of each"):
        calibrate(answerer, few, tmp_path, quiet)
    assert not (tmp_path / CALIBRATION_FILE).exists()


def test_an_unknown_model_starts_with_care_and_is_then_calibrated(tmp_path: Path) -> None:
    shipped = load_logistic(ANSWERABLE_WITH_MODEL)
    careful = fits_for(tmp_path, "ollama:other").model
    assert set(careful.thresholds.values()) == {shipped.thresholds["strict"]}
    names = list(shipped.names)
    entry = {"names": names, "weights": [1.0] * 3, "bias": 0.0, "thresholds": {"balanced": 0.4}}
    store_fit(tmp_path, "ollama:other", entry)
    assert fits_for(tmp_path, "ollama:other").model.thresholds == {"balanced": 0.4}
    assert fits_for(tmp_path, "local").model == load_logistic(ANSWERABLE_WITH_PROBE)
    store_fit(tmp_path, "ollama:other", None)
    assert fits_for(tmp_path, "ollama:other").model == careful


def test_a_fit_of_features_that_are_no_more_is_left(tmp_path: Path) -> None:
    """The local model was asked for a yes once; weights for that say nothing of the probe."""
    names = list(load_logistic(ANSWERABLE_WITH_MODEL).names)
    store_fit(tmp_path, "local", {"names": names, "weights": [1.0] * 3, "bias": 0.0})
    assert fits_for(tmp_path, "local").model == load_logistic(ANSWERABLE_WITH_PROBE)


@pytest.mark.parametrize("damaged", ["{", "[]", '{"fits": {"none": {"names": []}}}'])
def test_a_damaged_calibration_says_what_to_do(tmp_path: Path, damaged: str) -> None:
    (tmp_path / CALIBRATION_FILE).write_text(damaged)
    with pytest.raises(CalibrationError, match="footnote eval calibrate"):
        fits_for(tmp_path)
    if damaged != '{"fits": {"none": {"names": []}}}':
        with pytest.raises(CalibrationError):
            put_mark(tmp_path, "a", "none", (0.5, True))
    assert (tmp_path / CALIBRATION_FILE).read_text() == damaged, "nothing is lost"


def test_what_a_mark_tells_of_the_probability() -> None:
    refusal = replace(ANSWER, kind="refusal")
    assert point_of(ANSWER, "right") == (0.4, True)
    assert point_of(ANSWER, "wrong") == (0.4, False)
    assert point_of(refusal, "right") == (0.4, False), "an answer would have been wrong"
    assert point_of(refusal, "wrong") is None
    assert point_of(ANSWER, "incomplete") is point_of(ANSWER, "") is None
    assert point_of(replace(ANSWER, computed=Computed(("3",), "count")), "right") is None
    assert point_of(replace(ANSWER, kind="talk"), "right") is None
    assert point_of(replace(ANSWER, answerable=1.0), "right") is None


def test_marks_join_the_questions_that_a_risk_is_kept_on(tmp_path: Path) -> None:
    shipped = load_logistic(ANSWERABLE)
    put_mark(tmp_path, "a", "none", (0.4, False))
    put_mark(tmp_path, "b", "local", (0.7, True))
    assert fits_for(tmp_path).quotes.points == (*shipped.points, (0.4, False))
    assert fits_for(tmp_path).model.points == (
        *load_logistic(ANSWERABLE_WITH_PROBE).points,
        (0.7, True),
    )
    put_mark(tmp_path, "a", "none", (0.4, True))
    assert fits_for(tmp_path).quotes.points == (*shipped.points, (0.4, True))
    put_mark(tmp_path, "a", "none", None)
    assert fits_for(tmp_path).quotes == shipped


def test_enough_marks_alone_tell_the_risk(tmp_path: Path) -> None:
    shipped = load_logistic(ANSWERABLE)
    for n in range(ENOUGH_MARKED):
        chance = n / ENOUGH_MARKED
        put_mark(tmp_path, str(n), "none", (chance, chance >= 0.6))
    own = fits_for(tmp_path).quotes
    assert len(own.points) == ENOUGH_MARKED
    assert own.thresholds["balanced"] > 0.5 > shipped.thresholds["balanced"]
    for n in range(ENOUGH_MARKED):
        put_mark(tmp_path, str(n), "none", (0.5, False))
    careful = fits_for(tmp_path).quotes.thresholds
    assert {careful[name] for name in custom_calibration.RISKS} == {shipped.thresholds["strict"]}


def test_the_command_calibrates_and_goes_back(small: QuestionSet, tmp_path: Path) -> None:
    data, asked = tmp_path / "data", tmp_path / "mine.jsonl"
    write_set(asked, small.cases)
    run = CliRunner()
    common = ["--data", str(data), "--model", "none"]
    done = run.invoke(eval_app, ["calibrate", str(asked), *common, "--documents", str(BRIEFING)])
    assert done.exit_code == 0, done.output
    assert "balanced" in done.output and "Of these wrong" in done.output
    assert len(fits_for(data).quotes.points) == 2 * MIN_QUESTIONS
    done = run.invoke(eval_app, ["calibrate", "--forget", *common])
    assert done.exit_code == 0 and "shipped with" in done.output
    assert json.loads((data / CALIBRATION_FILE).read_text()) == {"fits": {}}
    assert fits_for(data) == fits_for()
