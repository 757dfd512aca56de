"""Comparison: its tests agree with textbook forms, it sees what is worse and nothing else."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from app.settings import Settings
from evals.datasets.case import Case, QuestionSet
from evals.reports.compare import compare, difference, differences, holm, mcnemar, permutation
from evals.reports.quality_gates import below_bars, dropped_scores, parse_bars
from evals.reports.revision_drift import drift
from evals.runs.runs import Run, RunError
from ingest.document import Document
from store.library import Library
from tests.support.made_runs import lines_of, run_of


def scores(seed: int, count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random(count) < 0.8, rng.choice([0, 0.5, 1], count, p=[0.1, 0.1, 0.8])


def noisy(seed: int, values: np.ndarray, share: float, worse: float) -> np.ndarray:
    """The same scores, a ``share`` drawn again, and ``worse`` of the good ones lost."""
    rng = np.random.default_rng(1000 + seed)
    drawn = np.where(rng.random(len(values)) < share, rng.permutation(values), values)
    return np.where(rng.random(len(values)) < worse, 0, drawn)


@pytest.mark.parametrize("seed", range(20))
def test_worse_is_caught_and_unchanged_is_not(seed: int) -> None:
    correct, recall = scores(seed)
    same = [noisy(seed, v, share=0.05, worse=0) for v in (correct, recall)]
    unchanged = compare(run_of(correct, recall), run_of(*same))
    assert not unchanged.worse
    less = [noisy(seed, v, share=0.05, worse=0.15) for v in (correct, recall)]
    caught = {d.name: d for d in compare(run_of(correct, recall), run_of(*less)).worse}
    assert {"correct", "recall@3"} <= set(caught)
    assert all(d.p <= d.adjusted < 0.05 and d.change.high < 0 for d in caught.values())
    identical = compare(run_of(correct, recall), run_of(correct, recall))
    assert all(d.p == 1 and d.change.value == 0 for d in identical.differences)
    assert not identical.flips


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_mcnemar_is_the_exact_binomial_of_the_flips(pairs: list[tuple[bool, bool]]) -> None:
    table = np.array(pairs, dtype=float)
    gained = sum(b and not a for a, b in pairs)
    flips = sum(a != b for a, b in pairs)
    tail = stats.binom.cdf(min(gained, flips - gained), flips, 0.5) if flips else 1.0
    assert mcnemar(table[:, 0], table[:, 1]) == pytest.approx(min(1.0, 2 * tail))


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=8))
def test_permutation_is_exact_where_all_signs_can_be_tried(changes: list[int]) -> None:
    change = np.array(changes, dtype=float)
    observed = abs(change.sum())
    sums = [abs(np.dot(signs, change)) for signs in product([-1, 1], repeat=len(change))]
    exact = np.mean([total >= observed - 1e-9 for total in sums])
    assert permutation(np.zeros(len(change)), change) == pytest.approx(exact)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_steps_down(values: list[float]) -> None:
    made = [difference("recall@3", np.array([[0.0, 1.0]])) for _ in values]
    given_p = [type(d)(**{**_fields(d), "p": p}) for d, p in zip(made, values, strict=True)]
    adjusted = [d.adjusted for d in holm(given_p)]
    ordered = sorted(values)
    for p, got in zip(values, adjusted, strict=True):
        upto = [q for q in ordered if q <= p]
        wanted = max(min(1.0, q * (len(values) - ordered.index(q))) for q in upto)
        assert got == pytest.approx(wanted)


def _fields(difference: Any) -> dict[str, Any]:
    return {name: getattr(difference, name) for name in difference.__slots__}


def test_flips_show_both_answers_and_pairs_go_by_id() -> None:
    before = run_of(np.array([1, 0, 1]), np.ones(3), "a")
    after = run_of(np.array([1, 1, 0, 1]), np.ones(4), "b")
    comparison = compare(before, after)
    assert [(f.before["answer"], f.after["answer"]) for f in comparison.flips] == [
        ("no", "yes"),
        ("yes", "no"),
    ]
    assert (comparison.shared, comparison.only) == (3, 1)
    other = Run(Path("c"), after.manifest, ({**after.lines[0], "id": "x"},), ())
    with pytest.raises(RunError, match="no question in common"):
        compare(before, other)


def test_a_score_that_one_run_lacks_is_not_compared() -> None:
    (line,) = lines_of(np.ones(1), np.ones(1))
    bare = {**line, "scores": {"correct": 1.0}}
    assert "recall@3" not in {d.name for d in differences([(line, bare)])}


def test_bars_and_drops() -> None:
    good, poor = run_of(np.ones(30), np.ones(30)), run_of(np.zeros(30), np.ones(30))
    assert not list(below_bars(good, parse_bars(["accuracy=1.0", "recall@3=0.9"])))
    assert list(below_bars(poor, {"accuracy": 0.5})) == ["accuracy is 0.0, below 0.5"]
    assert list(below_bars(good, {"false_refusals": 0.0})) == []
    assert list(dropped_scores(compare(good, poor), 0.0))
    assert not list(dropped_scores(compare(good, poor), 1.0))
    assert not list(dropped_scores(compare(poor, good), 0.0))
    with pytest.raises(RunError, match="no figure “speed”"):
        list(below_bars(good, {"speed": 1}))


def test_drift_tells_what_a_new_revision_did(
    library: Library, sample: Document, tmp_path: Path
) -> None:
    asked = QuestionSet(
        "s",
        (
            Case("year", "When was the lighthouse built?", (("1871",),), evidence=(("1871",),)),
            Case("steps", "How many steps does the tower have?", (("211",),)),
        ),
    )
    settings = Settings(data=tmp_path, model="none", strictness="eager")
    library.add(sample)
    with pytest.raises(RunError, match="no such other revision"):
        drift(sample.name, asked, library, settings, None)
    newer = sample.text.replace("1871", "1868")
    library.add(Document(sample.name, sample.title, newer, sample.blocks, sample.source))
    found = drift(sample.name, asked, library, settings, None)
    assert (found.before.number, found.after.number, found.asked) == (1, 2, 2)
    (change,) = found.changes
    assert change.case.id == "year"
    assert "the new revision no longer says 1871" in change.tells
    assert "1871" in change.before.text
    assert "1868" in change.after.text
