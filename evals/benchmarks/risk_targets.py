"""Measures whether a risk is kept: the share of wrong answers that a person allows.

``python -m evals.benchmarks.risk_targets`` splits the calibration questions in two, many times: a
threshold is taken from one half and tried on the other. With ``SET…`` the shipped thresholds are
tried on those sets too, as they are, and with their own halves for calibration.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.evidence import calibration
from app.evidence.answerability import probability
from app.evidence.risk import Point, RiskError, threshold_for
from evals.calibration.calibrate import mixed, quotes_right
from evals.calibration.calibration_data import JudgedCase, read_sets

TARGET_RISKS = (0.02, 0.05, 0.10, 0.15, 0.20, 0.25)
SPLITS = 200


def risk_at(least: float, points: Sequence[Point]) -> float:
    """Share of wrong answers among those shown; 0 if none is shown."""
    shown = [right for chance, right in points if chance >= least]
    return 1 - float(np.mean(shown)) if shown else 0.0


def kept(risk: float, points: Sequence[Point], splits: int = SPLITS) -> tuple[float, float, float]:
    """Over random halves: how often the risk is kept, how often any answer is allowed, and the
    mean share of the right answers that are shown."""
    keeps, answers, shown = [], [], []
    for seed in range(splits):
        order = np.random.default_rng(seed).permutation(len(points))
        learn, test = (
            [points[i] for i in part]
            for part in (order[: len(order) // 2], order[len(order) // 2 :])
        )
        try:
            least = threshold_for(risk, tuple(learn))
        except RiskError:
            least = 1.01
        keeps.append(risk_at(least, test) <= risk)
        answers.append(least <= 1)
        shown.append(float(np.mean([chance >= least for chance, right in test if right])))
    return float(np.mean(keeps)), float(np.mean(answers)), float(np.mean(shown))


def show(name: str, points: Sequence[Point]) -> None:
    """A line for each risk: kept in so many splits."""
    print(
        f"{name}: {len(points):,} questions, {1 - np.mean([r for _, r in points]):.3f} wrong of all"
    )
    for risk in TARGET_RISKS:
        keeps, answers, right = kept(risk, points)
        print(
            f"  risk {risk:.2f}: kept in {keeps:.3f} of {SPLITS} splits; "
            f"some answers in {answers:.3f}; {right:.3f} of the right answers shown"
        )


def show_shipped(points: Sequence[Point]) -> None:
    """What the shipped thresholds come to on other questions."""
    for risk in TARGET_RISKS:
        try:
            least = calibration.load_logistic(calibration.ANSWERABLE).threshold("balanced", risk)
        except RiskError:
            continue
        print(f"  shipped threshold of risk {risk:.2f}: {risk_at(least, points):.3f} wrong")


def points_of(judged: Sequence[JudgedCase]) -> list[Point]:
    """The questions of a set in the mix of the calibration."""
    chance = np.array([probability(j.found) for j in judged])
    answerable = np.array([j.case.answerable for j in judged])
    right = np.array([quotes_right(j) for j in judged])
    return mixed(chance, answerable, right)


def main() -> None:
    """The command: print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", help="further question sets, by path or shipped name")
    parser.add_argument("--documents", type=Path, nargs="*", default=[])
    parser.add_argument("--most", type=int, default=100_000, help="questions of each set")
    args = parser.parse_args()
    show("calibration", calibration.load_logistic(calibration.ANSWERABLE).points)
    for name in args.sets:
        with tempfile.TemporaryDirectory() as folder:
            for library, judged in read_sets([name], args.documents, Path(folder), args.most):
                points = points_of(judged)
                show(Path(name).name, points)
                show_shipped(points)
                library.close()


if __name__ == "__main__":
    main()
