"""A risk that a person sets is kept on questions like those of the calibration, or refused."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest

from app.answering.pipeline import Answerer
from app.evidence import calibration
from app.evidence.risk import FAILURE_PROBABILITY, Point, RiskError, threshold_for
from app.settings import load_settings
from evals.benchmarks.risk_targets import kept, risk_at
from store.library import Library


@cache
def drawn(count: int, seed: int) -> tuple[Point, ...]:
    """Points whose probability tells how often they are right."""
    rng = random.Random(seed)
    chances = [rng.random() for _ in range(count)]
    return tuple((chance, rng.random() < 0.5 + 0.5 * chance) for chance in chances)


@pytest.mark.parametrize("risk", [0.05, 0.10, 0.20])
def test_a_risk_is_kept_as_often_as_it_is_promised(risk: float) -> None:
    failed = 0
    for seed in range(200):
        try:
            least = threshold_for(risk, drawn(400, seed))
        except RiskError:
            continue
        failed += risk_at(least, drawn(20_000, 1000 + seed % 5)) > risk
    assert failed <= 200 * FAILURE_PROBABILITY


def test_more_risk_never_shows_fewer_answers() -> None:
    points = drawn(1_000, 1)
    least = [threshold_for(risk, points) for risk in (0.15, 0.2, 0.25, 0.3)]
    assert least == sorted(least, reverse=True) and least[0] > least[-1]


def test_equal_probabilities_are_answered_together() -> None:
    points = ((0.9, True),) * 200 + ((0.5, False),) * 200
    assert threshold_for(0.05, points) == 0.9
    with pytest.raises(RiskError):
        threshold_for(0.05, tuple((0.9, n % 2 == 0) for n in range(400)))


def test_a_risk_that_cannot_be_kept_says_which_can() -> None:
    with pytest.raises(
        RiskError, match=r"the least that 300 calibration questions allow is 0\.\d+"
    ):
        threshold_for(0.01, drawn(300, 2))
    with pytest.raises(RiskError, match="no calibration questions for this language model"):
        threshold_for(0.01, ())


def test_an_answerer_tells_at_once_that_a_risk_cannot_be_kept(
    library: Library, tmp_path: Path
) -> None:
    with pytest.raises(RiskError):
        Answerer(library, load_settings(data=tmp_path, model="none", risk=0.001))


def test_each_strictness_stands_for_a_risk() -> None:
    points = calibration.load_logistic(calibration.ANSWERABLE).points
    for strictness, risk in (("strict", 0.15), ("balanced", 0.21), ("eager", 0.23)):
        fit = calibration.load_logistic(calibration.ANSWERABLE)
        assert fit.threshold(strictness) == pytest.approx(threshold_for(risk, points), abs=1e-4)
        assert fit.threshold("eager", risk) == threshold_for(risk, points)


def test_the_shipped_calibration_keeps_its_risks() -> None:
    points = calibration.load_logistic(calibration.ANSWERABLE).points
    for risk in (0.15, 0.20):
        keeps, answers, _ = kept(risk, points, splits=40)
        assert keeps >= 1 - FAILURE_PROBABILITY and answers > 0
