"""Compares two runs: paired differences with intervals and significance tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.measures.intervals import SEED, Estimate, mean_estimate
from evals.runs.runs import Run, RunError
from evals.runs.summary import LOWER_IS_BETTER

Line = Mapping[str, Any]
ALPHA = 0.05
PERMUTATIONS = 9_999


@dataclass(frozen=True, slots=True)
class Difference:
    """``after - before`` of one score over the questions that both runs have.

    ``p`` is two-sided; ``adjusted`` is it after Holm's correction over the scores compared.
    """

    name: str
    before: float
    after: float
    change: Estimate
    test: str
    p: float
    adjusted: float = 1.0

    @property
    def verdict(self) -> str:
        """``better``, ``worse`` or ``no difference shown``, at 0.05 after the correction."""
        if self.adjusted >= ALPHA or not self.change.value:
            return "no difference shown"
        gain = -self.change.value if self.name in LOWER_IS_BETTER else self.change.value
        return "better" if gain > 0 else "worse"


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that one run has right and the other wrong."""

    before: Line
    after: Line

    @property
    def is_gain(self) -> bool:
        """Whether the later run has it right."""
        right = [line["scores"].get("correct", 0) for line in (self.before, self.after)]
        return bool(right[1] > right[0])


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs side by side; ``only`` counts questions that just one of them has."""

    before: Run
    after: Run
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]
    shared: int
    only: int

    @property
    def worse(self) -> tuple[Difference, ...]:
        """The figures that fell significantly."""
        return tuple(d for d in self.differences if d.verdict == "worse")


COMPARED_SCORES = (
    "correct",
    "claimed_right",
    "false_claims",
    "refused_rightly",
    "false_refusals",
    "recall@1",
    "recall@3",
    "recall@5",
    "evidence_read",
    "ndcg@10",
    "mrr",
    "token_f1",
    "citation_precision",
    "citation_recall",
    "evidence_cited",
)
BINARY_SCORES = frozenset(
    {"correct", "refused_rightly", "false_refusals", "claimed_right", "false_claims"}
)


def compare(before: Run, after: Run) -> RunComparison:
    """Compare two runs over the questions that both have, paired by id.

    Raises :class:`RunError` if they share none.
    """
    old, new = _by_id(before), _by_id(after)
    shared = [key for key in old if key in new]
    if not shared:
        raise RunError(f"Runs {before.id} and {after.id} have no question in common.")
    pairs = [(old[key], new[key]) for key in shared]
    flips = [Flip(a, b) for a, b in pairs if _score(a, "correct") != _score(b, "correct")]
    only = len(old) + len(new) - 2 * len(shared)
    return RunComparison(before, after, differences(pairs), tuple(flips), len(shared), only)


def differences(pairs: Sequence[tuple[Line, Line]]) -> tuple[Difference, ...]:
    """One difference for each of :data:`COMPARED_SCORES` that both lines of some pair have."""
    differences_found = []
    for name in COMPARED_SCORES:
        scores = [(_score(a, name), _score(b, name)) for a, b in pairs]
        both = [(a, b) for a, b in scores if a is not None and b is not None]
        if both:
            differences_found.append(difference(name, np.array(both, dtype=float)))
    return holm(differences_found)


def difference(name: str, scores: NDArray[np.float64], seed: int = SEED) -> Difference:
    """The difference of paired scores, shape (n, 2): McNemar if they are right or wrong, else a
    permutation test."""
    before, after = scores[:, 0], scores[:, 1]
    binary = name in BINARY_SCORES
    p = mcnemar(before, after) if binary else permutation(before, after, seed)
    return Difference(
        name=name,
        before=float(before.mean()),
        after=float(after.mean()),
        change=mean_estimate(after - before, seed),
        test="McNemar" if binary else "permutation",
        p=p,
    )


def mcnemar(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """Two-sided exact McNemar test: a binomial test of the questions that flipped (McNemar 1947;
    the exact form as in Fagerland et al. 2013). 1.0 if none flipped."""
    from scipy.stats import binomtest

    gained, lost = int(np.sum(after > before)), int(np.sum(after < before))
    if not gained + lost:
        return 1.0
    return float(binomtest(gained, gained + lost, 0.5).pvalue)


def permutation(before: NDArray[np.float64], after: NDArray[np.float64], seed: int = SEED) -> float:
    """Two-sided paired permutation test of the mean difference (Fisher's, signs swapped at random;
    Smucker et al. 2007 for retrieval), by SciPy. 1.0 if at most
    one score differs: its sign alone says nothing."""
    from scipy.stats import permutation_test

    change = after - before
    change = change[change != 0]
    if len(change) < 2:
        return 1.0
    result = permutation_test(
        (change,),
        lambda x, axis: np.sum(x, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=PERMUTATIONS,
        batch=500,
        rng=np.random.default_rng(seed),
    )
    return float(result.pvalue)


def holm(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The same differences with Holm's step-down correction (1979) of their p-values."""
    order = sorted(range(len(differences)), key=lambda at: differences[at].p)
    adjusted, highest = [1.0] * len(differences), 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, differences[at].p * (len(differences) - rank)))
        adjusted[at] = highest
    return tuple(replace(d, adjusted=p) for d, p in zip(differences, adjusted, strict=True))


def _by_id(run: Run) -> dict[str, Line]:
    return {line["id"]: line for line in run.lines}


def _score(line: Line, name: str) -> float | None:
    answerable = line["case"].get("answerable", True)
    if name == "refused_rightly":
        return None if answerable else float(line["refused"])
    if name == "false_refusals":
        return float(line["refused"]) if answerable else None
    score = line["scores"].get(name)
    return None if score is None else float(score)
