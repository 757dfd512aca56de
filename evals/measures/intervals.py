"""Seeded bootstrap confidence intervals, and percentiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
SEED = 20_261_123
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval; ``count`` is the number of questions it is over."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        if not self.count or math.isnan(self.value):
            return "–"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


NO_ESTIMATE = Estimate(math.nan, math.nan, math.nan, 0)


def mean_estimate(values: Sequence[float] | NDArray[np.float64], seed: int = SEED) -> Estimate:
    """Mean with the percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13)."""
    data = np.asarray(values, dtype=float)
    if not len(data):
        return NO_ESTIMATE
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [
            data[rng.integers(0, len(data), (_CHUNK, len(data)))].mean(axis=1)
            for _ in range(RESAMPLES // _CHUNK)
        ]
    )
    return _estimate(float(data.mean()), means, len(data))


def estimate(
    statistic: Callable[..., float],
    *columns: NDArray[np.generic],
    resamples: int = 500,
    seed: int = SEED,
) -> Estimate:
    """A statistic of several columns, questions resampled together; resamples in which it is not
    defined (nan) are left out of the interval."""
    count = len(columns[0])
    if not count:
        return NO_ESTIMATE
    rng = np.random.default_rng(seed)
    drawn = np.empty(resamples)
    for at in range(resamples):
        rows = rng.integers(0, count, count)
        drawn[at] = statistic(*(column[rows] for column in columns))
    return _estimate(statistic(*columns), drawn[~np.isnan(drawn)], count)


def _estimate(value: float, drawn: NDArray[np.float64], count: int) -> Estimate:
    if not len(drawn):
        return Estimate(value, math.nan, math.nan, count)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Estimate(value, float(low), float(high), count)


def percentile(values: Sequence[float], share: float) -> float:
    """The ``share`` (0 to 100) percentile, linear between neighbours; nan of nothing."""
    return float(np.percentile(values, share)) if len(values) else math.nan
