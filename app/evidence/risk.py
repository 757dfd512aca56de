"""The share of wrong answers that a person allows, and the least probability that keeps to it.

Learn then test (Angelopoulos, Bates, Candès, Jordan and Lei, 2021, arXiv:2110.01052): a threshold
is taken only if the answers above it, in the calibration questions, are wrong so seldom that
this would hardly happen by chance at a greater risk. It holds with a probability of at least
1 - ``FAILURE_PROBABILITY`` for questions like those of the calibration, in the same mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ingest.errors import FootnoteError

FAILURE_PROBABILITY = 0.10
"""How often a threshold may fail to keep the risk."""
THRESHOLD_LEVELS = 100
"""Thresholds that are tested: those that answer 1, 2 … 100 of 100 calibration questions."""
START_LEVELS = (10, 30, 50, 70, 90)
"""Levels that testing starts from, going on to more answers while the test holds; each has an equal
part of the doubt."""


RISKS = {"strict": 0.15, "balanced": 0.21, "eager": 0.23}
"""The risk that each strictness stands for in quotes, which show their source at once."""


class RiskError(FootnoteError):
    """A risk cannot be kept; the message says which can."""

    exit_code = 2


Point = tuple[float, bool]
"""A calibration question: its probability, and whether what would be shown is right."""


@lru_cache(maxsize=64)
def threshold_for(risk: float, points: tuple[Point, ...]) -> float:
    """The least probability at which at most ``risk`` (0 to 1) of the answers shown are wrong.

    Raises RiskError if no threshold is sure to keep to it.
    """
    levels = _levels(points)
    least = _least_threshold(risk, levels)
    if least is not None:
        return least
    risks = (r / 100 for r in range(1, 100))
    allowed = next((r for r in risks if _least_threshold(r, levels) is not None), None)
    explanation = (
        f"the least that {len(points):,} calibration questions allow is {allowed:g}"
        if allowed is not None
        else "there are no calibration questions for this language model. Make some with "
        "footnote eval calibrate SET --model MODEL, or choose a strictness"
    )
    raise RiskError(f"No threshold is certain to keep a risk of {risk:g}: {explanation}.")


@dataclass(frozen=True)
class _Levels:
    """What each level shows of the calibration questions; empty if there are none."""

    thresholds: np.ndarray[tuple[int], np.dtype[np.float64]]
    """The least probability that is answered."""
    answered: np.ndarray[tuple[int], np.dtype[np.int64]]
    wrong: np.ndarray[tuple[int], np.dtype[np.int64]]


def _levels(points: Sequence[Point]) -> _Levels:
    order = sorted(points, key=lambda point: -point[0])
    chances = np.array([chance for chance, _ in order])
    wrong = np.cumsum([not right for _, right in order])
    if not order:
        return _Levels(chances, wrong.astype(np.int64), wrong)
    ranks = np.arange(1, THRESHOLD_LEVELS + 1) * len(order) / THRESHOLD_LEVELS
    nth = np.maximum(1, np.round(ranks).astype(np.int64)) - 1
    # Equal probabilities are answered together.
    last = np.searchsorted(-chances, -chances[nth], side="right") - 1
    return _Levels(chances[last], last + 1, wrong[last])


def _least_threshold(risk: float, levels: _Levels) -> float | None:
    from scipy.special import bdtr

    # How likely so few wrong ones are if the risk is greater.
    p_values = bdtr(levels.wrong, levels.answered, risk)
    holds = p_values <= FAILURE_PROBABILITY / len(START_LEVELS)
    last_held = -1
    for first in (start - 1 for start in START_LEVELS if len(holds)):
        # Testing goes on from here to the first level that fails.
        failed = first + int(np.argmin(np.append(holds[first:], False)))
        last_held = max(last_held, failed - 1) if failed > first else last_held
    return float(levels.thresholds[last_held]) if last_held >= 0 else None
