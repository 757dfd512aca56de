"""Fits the ranker's weights: a log-linear model over the queries of each question."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from evals.training.tables.ranked_queries import RankedExample

# Chosen on folds of tables.
L2, EPOCHS, BATCH, RATE = 0.0007, 14, 64, 0.05
# Adam (Kingma and Ba 2015), with their first decay and a faster second one.
FIRST, SECOND, EPSILON = 0.9, 0.99, 1e-4
# A weight this small is left out of the file.
LEAST_WEIGHT = 0.05
Floats = NDArray[np.float64]


def fit(data: Sequence[RankedExample], size: int) -> Floats:
    """Weights (``size``) under which the right queries together are likely, with L2. Seeded."""
    order = np.random.default_rng(0)
    weights, first, second = np.zeros(size), np.zeros(size), np.zeros(size)
    step = 0
    for epoch in range(EPOCHS):
        shuffled = order.permutation(len(data))
        for begin in range(0, len(shuffled), BATCH):
            step += 1
            batch = [data[i] for i in shuffled[begin : begin + BATCH]]
            slope = _slope(batch, weights) + L2 * weights
            first = FIRST * first + (1 - FIRST) * slope
            second = SECOND * second + (1 - SECOND) * slope**2
            spread = np.sqrt(second / (1 - SECOND**step)) + EPSILON
            rate = RATE * (1 - epoch / EPOCHS)
            weights -= rate * first / (1 - FIRST**step) / spread
    return weights


def _slope(batch: Sequence[RankedExample], weights: Floats) -> Floats:
    """The gradient of the mean negative log-likelihood of the right queries."""
    counts = [len(one.right) for one in batch]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    matrix = _matrix(batch, len(weights))
    right = np.concatenate([one.right for one in batch])
    scores = matrix @ weights
    share = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), counts))
    share /= np.repeat(np.add.reduceat(share, starts), counts)
    expected = np.repeat(np.add.reduceat(share * right, starts), counts) + 1e-12
    slope: Floats = matrix.T @ (share - share * right / expected) / len(batch)
    return slope


def _matrix(batch: Sequence[RankedExample], size: int) -> csr_matrix:
    """All queries of the batch as rows of features."""
    offsets = np.cumsum([0, *(len(one.ids) for one in batch)])
    ends = [one.ends + offset for one, offset in zip(batch, offsets, strict=False)]
    values = np.concatenate([one.values for one in batch])
    ids = np.concatenate([one.ids for one in batch])
    rows = sum(len(one.right) for one in batch)
    return csr_matrix((values, ids, np.concatenate([[0], *ends])), shape=(rows, size))


def by_name(weights: Floats, names: Sequence[str]) -> dict[str, float]:
    """The weights that are kept, by their feature's name."""
    pairs = sorted(zip(names, weights, strict=True))
    return {name: round(float(w), 3) for name, w in pairs if abs(w) >= LEAST_WEIGHT}
