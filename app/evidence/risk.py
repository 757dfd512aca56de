"""The share of wrong answers that a person allows, and the least probability that keeps to it.

Learn then test (Angelopoulos, Bates, Candès, Jordan and Lei, 2021, arXiv:2110.01052): a threshold
is taken only if the answers above it, in the calibration questions, are wrong so seldom that
this would hardly happen by chance at a greater risk. It holds with a probability of at least
1 - ``FAILURE_PROBABILITY`` for questions like those of the calibration, in the same mix.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    least = _least_threshold(risk, points)
    if least is not None:
        return least
    possible = [r / 100 for r in range(1, 100) if _least_threshold(r / 100, points) is not None]
    explanation = (
        f"the least that {len(points):,} calibration questions allow is {possible[0]:g}"
        if possible
        else "there are no calibration questions for this language model. Make some with "
        "footnote eval calibrate SET --model MODEL, or choose a strictness"
    )
    raise RiskError(f"No threshold is certain to keep a risk of {risk:g}: {explanation}.")


def _least_threshold(risk: float, points: Sequence[Point]) -> float | None:
    from scipy.special import bdtr

    if not points:
        return None
    order = sorted(points, key=lambda point: -point[0])
    chances = np.array([chance for chance, _ in order])
    wrong = np.cumsum([not right for _, right in order])
    last = [_last_at(chances, level) for level in range(1, THRESHOLD_LEVELS + 1)]
    # How likely so few wrong ones are if the risk is greater.
    p_values = [float(bdtr(wrong[n], n + 1, risk)) for n in last]
    kept = -1
    for start in START_LEVELS:
        level = start - 1
        while level < THRESHOLD_LEVELS and p_values[level] <= FAILURE_PROBABILITY / len(
            START_LEVELS
        ):
            kept = max(kept, level)
            level += 1
    return float(chances[last[kept]]) if kept >= 0 else None


def _last_at(chances: np.ndarray[tuple[int], np.dtype[np.float64]], level: int) -> int:
    """The index of the last question that is answered at a level; equals are answered together."""
    n = max(1, round(level * len(chances) / THRESHOLD_LEVELS))
    return int(np.searchsorted(-chances, -chances[n - 1], side="right")) - 1
