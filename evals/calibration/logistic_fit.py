"""Fits logistic models, cross-validated over documents, with weights of a given sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def fit(
    x: NDArray[np.float64],
    y: NDArray[np.bool_],
    groups: Sequence[str],
    names: Sequence[str],
    signs: Sequence[int] | None = None,
) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """A logistic model on all rows, and each row's probability when its document is held out.

    A weight whose sign is 1 or -1 is never of the other sign.
    """
    from sklearn.model_selection import GroupKFold

    signs = signs or [0] * len(names)
    held_out = np.zeros(len(y))
    for learn, test in GroupKFold(n_splits=min(8, len(set(groups)))).split(x, y, groups):
        weights, bias = logistic_weights(x[learn], y[learn], signs)
        held_out[test] = 1.0 / (1.0 + np.exp(-(x[test] @ weights + bias)))
    weights, bias = logistic_weights(x, y, signs)
    entry = {
        "names": list(names),
        "weights": [round(float(w), 6) for w in weights],
        "bias": round(bias, 6),
        "rows": len(y),
        "positive": int(y.sum()),
    }
    return entry, held_out


def logistic_weights(
    x: NDArray[np.float64], y: NDArray[np.bool_], signs: Sequence[int]
) -> tuple[NDArray[np.float64], float]:
    """Weights and bias of a logistic model with an L2 penalty of 1 on standardised features."""
    from scipy.optimize import minimize
    from scipy.special import expit

    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale == 0, 1.0, scale)
    z = (x - mean) / scale
    target = y.astype(float)

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        score = z @ w[:-1] + w[-1]
        wrong = expit(score) - target
        value = np.logaddexp(0, score).sum() - target @ score + 0.5 * (w[:-1] ** 2).sum()
        return float(value), np.append(z.T @ wrong + w[:-1], wrong.sum())

    bounds = [{1: (0, None), -1: (None, 0)}.get(sign, (None, None)) for sign in signs]
    start = np.zeros(len(signs) + 1)
    solution = minimize(loss, start, jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B").x
    weights = solution[:-1] / scale
    return weights, float(solution[-1] - weights @ mean)
