"""Every measure against an implementation that shares no code with it."""

from __future__ import annotations

import math
import random
import re
import string
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from app.answer import Answer, Citation, Sentence, Verdict
from evals.datasets.case import Case
from evals.datasets.matching import stands_in
from evals.measures import citation_quality, correctness, intervals, refusals

# Answers


@pytest.mark.parametrize(
    ("words", "text", "stands"),
    [
        ("8", "in 1812", False),
        ("8", "there were 8.", True),
        ("no", "I know", False),
        ("no", "No, never", True),
        ("1999", "from 1999-2000", True),
        ("twelve year old", "a twelve-year-old boy", True),
        ("U.S.", "the US army", True),
        ("Norman", "the Normans", True),
        ("cafe\u0301", "the CAFÉ", True),
        ("東京", "東京は", True),
        ("...", "anything...", False),
        ("4,200", "it cost 4200 pounds", True),
    ],
)
def test_words_stand_in_a_text(words: str, text: str, stands: bool) -> None:
    assert stands_in(words, text) is stands


def squad_tokens(text: str) -> list[str]:
    """SQuAD's normalisation, written from its description."""
    kept = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return [word for word in re.split(r"\s+", kept) if word and word not in {"a", "an", "the"}]


def squad_f1(prediction: str, gold: str) -> float:
    a, b = squad_tokens(prediction), squad_tokens(gold)
    if not a or not b:
        return float(a == b)
    left, shared = Counter(b), 0
    for word in a:
        if left[word] > 0:
            left[word] -= 1
            shared += 1
    return 2 * shared / (len(a) + len(b))


phrases = st.lists(
    st.sampled_from(["the", "a", "Cat", "cat's", "sat,", "1992", "on", "an", "…", "mat."]),
    max_size=6,
).map(" ".join)


@given(phrases, st.lists(phrases, max_size=3))
def test_exact_match_and_f1_are_squads(prediction: str, golds: list[str]) -> None:
    exact, f1 = correctness.best_over_golds(prediction, golds)
    wanted = golds or [""]
    assert exact == max(float(squad_tokens(prediction) == squad_tokens(g)) for g in wanted)
    assert f1 == pytest.approx(max(squad_f1(prediction, g) for g in wanted))


def test_right_needs_every_group_and_nothing_forbidden() -> None:
    case = Case("q", "?", (("three", "3"), ("oil",)), forbidden=("paraffin",))
    assert correctness.is_correct(case, "3 keepers, rapeseed oil", refused=False) == 1
    assert correctness.is_correct(case, "3 keepers", refused=False) == 0
    assert correctness.is_correct(case, "3, oil and paraffin", refused=False) == 0
    assert correctness.is_correct(case, "3 keepers, rapeseed oil", refused=True) == 0
    nothing = Case("q", "?", answerable=False)
    assert correctness.is_correct(nothing, "", refused=True) == 1
    assert correctness.is_correct(nothing, "3 keepers", refused=False) == 0


# Refusals

flags = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sampled_from([0, 0.25, 0.5, 0.7, 1])),
    min_size=1,
    max_size=40,
)


@given(flags)
def test_refusals_agree_with_scikit_learn(rows: list[tuple[bool, bool, float]]) -> None:
    refused, answerable = (np.array([r[at] for r in rows], dtype=bool) for at in (0, 1))
    confidence = np.array([r[2] for r in rows], dtype=float)
    wanted = (
        (refusals.refusal_precision, precision_score(~answerable, refused, zero_division=np.nan)),
        (refusals.refusal_recall, recall_score(~answerable, refused, zero_division=np.nan)),
        (refusals.refusal_f1, f1_score(~answerable, refused, zero_division=np.nan)),
        (refusals.false_refusals, recall_score(answerable, refused, zero_division=np.nan)),
    )
    for measure, value in wanted:
        assert measure(refused, answerable) == pytest.approx(value, nan_ok=True), measure.__name__
    if answerable.any() and not answerable.all():
        assert refusals.auc(confidence, answerable) == pytest.approx(
            roc_auc_score(answerable, confidence)
        )
        u, _ = stats.mannwhitneyu(confidence[answerable], confidence[~answerable])
        pairs = answerable.sum() * (~answerable).sum()
        assert refusals.auc(confidence, answerable) == pytest.approx(u / pairs)


@given(flags)
def test_risk_and_calibration_agree_with_plain_loops(rows: list[tuple[bool, bool, float]]) -> None:
    right = np.array([r[1] for r in rows], dtype=bool)
    confidence = np.array([r[2] for r in rows], dtype=float)
    coverage, risk = refusals.risk_coverage(confidence, right)
    for share, wrong in zip(coverage, risk, strict=True):
        admitted = sorted(rows, key=lambda r: -r[2])[: round(share * len(rows))]
        assert wrong == pytest.approx(sum(not r[1] for r in admitted) / len(admitted))
    assert len(coverage) == len({r[2] for r in rows})

    shuffled = [list(rows) for _ in range(200)]
    for number, order in enumerate(shuffled):
        random.Random(number).shuffle(order)
    areas = []
    for order in shuffled:
        ranked = sorted(order, key=lambda r: -r[2])
        areas.append(
            np.mean([sum(not r[1] for r in ranked[:n]) / n for n in range(1, len(rows) + 1)])
        )
    spread = np.std(areas) / math.sqrt(len(areas))
    area = refusals.area_under_risk_coverage(confidence, right)
    assert abs(area - np.mean(areas)) <= 6 * spread + 1e-9

    bins: dict[int, list[tuple[bool, bool, float]]] = {}
    for row in rows:
        bins.setdefault(min(int(row[2] * 10), 9), []).append(row)
    error = sum(abs(sum(r[2] for r in b) - sum(r[1] for r in b)) for b in bins.values())
    assert refusals.calibration_error(confidence, right) == pytest.approx(error / len(rows))


def test_figures_of_nothing_are_not_numbers() -> None:
    none, no_flags = np.zeros(0), np.zeros(0, dtype=bool)
    assert math.isnan(refusals.auc(none, no_flags))
    assert math.isnan(refusals.area_under_risk_coverage(none, no_flags))
    assert math.isnan(refusals.calibration_error(none, no_flags))


# Citations


def test_citation_scores_are_alces() -> None:
    def supports(claim: str, cited: str) -> bool:
        return set(claim.split()) <= set(cited.split())

    # a b is supported by both together and by neither alone: both citations are needed.
    assert citation_quality.citation_scores([("a b", ["a x", "b x"])], supports) == (1.0, 1.0)
    # The first supports alone; the second does not, and the others without it do: irrelevant.
    assert citation_quality.citation_scores([("a b", ["a b", "x"])], supports) == (0.5, 1.0)
    # Nothing supports c; the sentence without a citation has no recall.
    claims = [("c", ["a"]), ("a", []), ("a", ["a"])]
    assert citation_quality.citation_scores(claims, supports) == (0.5, pytest.approx(1 / 3))
    assert citation_quality.citation_scores([("a", [])], supports) == (0.0, 0.0)
    assert citation_quality.citation_scores([], supports) == (0.0, 0.0)


def test_quotes_and_evidence_of_citations() -> None:
    text = "The tower is 38 metres high and has 211 steps. Nobody lives there."
    cited = (
        Citation(1, "d", "r", 0, 46, text[0:46]),
        Citation(2, "d", "r", 47, 66, "Nobody lived there."),
    )
    answer = Answer(
        "?", "?", "answer", (Sentence("x", (1, 2), Verdict.QUOTED),), cited, "", (), 0.9, "none"
    )
    case = Case("q", "?", (("38",),), evidence=(("tower", "38"), ("keepers",)))
    assert citation_quality.exact_quotes(answer, {"r": text}) == 0.5
    assert citation_quality.citations_with_evidence(case, answer) == 0.5
    assert citation_quality.evidence_cited(case, answer) == 0.5


# Intervals


def test_intervals_cover_the_mean_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    trials = [intervals.mean_estimate(rng.random(60), seed=1000 + at) for at in range(400)]
    assert {found.count for found in trials} == {60}
    assert 0.91 <= np.mean([found.low <= 0.5 <= found.high for found in trials]) <= 0.98


def test_intervals_agree_with_scipy_and_with_themselves() -> None:
    data = np.random.default_rng(2).normal(size=300)
    found = intervals.mean_estimate(data)
    theirs = stats.bootstrap((data,), np.mean, method="percentile", rng=3).confidence_interval
    assert found.low == pytest.approx(theirs.low, abs=0.02)
    assert found.high == pytest.approx(theirs.high, abs=0.02)
    assert found == intervals.mean_estimate(data)
    assert intervals.estimate(lambda a: float(a.mean()), data).low == pytest.approx(
        found.low, abs=0.03
    )
    assert str(intervals.mean_estimate([])) == "–"


@given(st.lists(st.floats(0, 1e5), min_size=1, max_size=30), st.sampled_from([50, 95]))
def test_percentiles_are_linear_between_neighbours(values: list[float], share: int) -> None:
    ordered, at = sorted(values), (len(values) - 1) * share / 100
    low, high = ordered[math.floor(at)], ordered[math.ceil(at)]
    assert intervals.percentile(values, share) == pytest.approx(low + (high - low) * (at % 1))
