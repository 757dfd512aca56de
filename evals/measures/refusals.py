"""Refusal measures: precision, recall, AUC, risk against coverage, calibration error.

``refused`` and ``answerable`` are one flag a question; ``confidence`` is the probability, 0 to 1,
that the documents hold the answer. All arrays are one-dimensional and of equal length. A figure
that is not defined (no question of a kind, nothing refused) is nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
BINS = 10


def refusal_precision(refused: Flags, answerable: Flags) -> float:
    """Of the refused questions, the share that is not answerable."""
    return _share(refused & ~answerable, refused)


def refusal_recall(refused: Flags, answerable: Flags) -> float:
    """Of the questions that are not answerable, the share that is refused."""
    return _share(refused & ~answerable, ~answerable)


def refusal_f1(refused: Flags, answerable: Flags) -> float:
    """Harmonic mean of refusal precision and recall: 2tp / (2tp + fp + fn)."""
    hits = float(np.sum(refused & ~answerable))
    total = float(np.sum(refused)) + float(np.sum(~answerable))
    return 2 * hits / total if total else float("nan")


def false_refusals(refused: Flags, answerable: Flags) -> float:
    """Of the answerable questions, the share that is refused."""
    return _share(refused & answerable, answerable)


def auc(confidence: Floats, answerable: Flags) -> float:
    """Area under the ROC curve of ``confidence`` for answerable against not.

    The probability that an answerable question is given the higher confidence, ties counting half:
    the Mann-Whitney statistic from midranks (Hanley and McNeil 1982).
    """
    positives = int(np.sum(answerable))
    negatives = len(answerable) - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    midranks = np.cumsum(counts) - (counts - 1) / 2
    ranks = float(np.sum(midranks[inverse][answerable]))
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def risk_coverage(confidence: Floats, right: Flags) -> tuple[Floats, Floats]:
    """``(coverage, risk)`` as the most confident answers are admitted first.

    ``coverage[i]`` is the share of questions answered and ``risk[i]`` the share of those that are
    wrong, at each distinct confidence (equal ones are admitted together). El-Yaniv and Wiener 2010.
    """
    if not len(confidence):
        return np.zeros(0), np.zeros(0)
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~right[order])
    last = np.append(np.diff(confidence[order]) != 0, True)
    return answered[last] / len(order), wrong[last] / answered[last]


def area_under_risk_coverage(confidence: Floats, right: Flags) -> float:
    """Mean risk over coverages 1/n … n/n (AURC, Geifman et al. 2019); lower is better.

    Within a run of equal confidences the expected number of wrong answers is admitted evenly, so
    the figure does not depend on the order of the questions.
    """
    if not len(confidence):
        return float("nan")
    _, inverse, counts = np.unique(-confidence, return_inverse=True, return_counts=True)
    wrong_share = np.bincount(inverse, weights=~right) / counts
    wrong = np.cumsum(np.repeat(wrong_share, counts))
    return float(np.mean(wrong / np.arange(1, len(confidence) + 1)))


def calibration_error(confidence: Floats, answerable: Flags, bins: int = BINS) -> float:
    """Expected calibration error: over bins of equal width, the mean distance of the mean
    confidence to the share that is answerable, weighted by count (Naeini et al. 2015)."""
    if not len(confidence):
        return float("nan")
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(which, weights=confidence - answerable, minlength=bins)
    return float(np.sum(np.abs(gaps)) / len(confidence))


def _share(part: Flags, whole: Flags) -> float:
    total = int(np.sum(whole))
    return float(np.sum(part)) / total if total else float("nan")
