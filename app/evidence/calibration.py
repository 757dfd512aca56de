"""Logistic models; ``evals.calibration.calibrate`` fits their weights and stores their data."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from app.evidence.risk import Point, threshold_for

SENTENCE = "sentence"
ANSWERABLE = "answerable"
ANSWERABLE_WITH_MODEL = "answerable_with_model"
ANSWERABLE_WITH_PROBE = "answerable_with_probe"
"""The same for the local model, whose hidden state is judged by a probe."""
TABLE = "table"
CLAIMS = {"strict": 0.5, "balanced": 0.3, "eager": 0.17}
"""The least probability at which quotes are claimed to answer, by strictness: measured in
evals/FIGURES.md, "Three replies"."""


@dataclass(frozen=True, slots=True)
class ClaimedShares:
    """What is claimed of the calibration questions, 0 to 1: the share of it that is ``right``, and
    the share of all right answers that is ``given``."""

    right: float
    given: float


@dataclass(frozen=True, slots=True)
class Logistic:
    """``sigmoid(weights · features + bias)``; ``names`` name the features in order.

    ``thresholds`` maps a strictness (strict, balanced, eager) to the least probability at which
    a question is answered. ``points`` are the calibration questions that a risk is kept by.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float
    thresholds: dict[str, float]
    points: tuple[Point, ...] = ()

    def threshold(self, strictness: str, risk: float | None = None) -> float:
        """The least probability at which a question is answered: that of the risk, if one is
        given. Raises RiskError if the risk cannot be kept."""
        return self.thresholds[strictness] if risk is None else threshold_for(risk, self.points)

    def claim(self, strictness: str, risk: float | None = None) -> float:
        """The least probability at which quotes are claimed to answer. A risk is kept by all that
        is shown, so that all of it is claimed."""
        least = self.threshold(strictness, risk)
        return max(least, CLAIMS[strictness]) if risk is None else least

    def claimed_shares(self, strictness: str) -> ClaimedShares | None:
        """What a strictness claims of the calibration questions; None if there are none."""
        least = self.claim(strictness)
        right = [chance >= least for chance, is_right in self.points if is_right]
        wrong = [chance >= least for chance, is_right in self.points if not is_right]
        if not any(right):
            return None
        given = sum(right)
        return ClaimedShares(given / (given + sum(wrong)), given / len(right))


@dataclass(frozen=True, slots=True)
class Fits:
    """What shows whether the documents answer: in quotes, and with the chat model that is used."""

    quotes: Logistic
    model: Logistic

    def of(self, *, with_model: bool) -> Logistic:
        """The one that judges."""
        return self.model if with_model else self.quotes


@cache
def load_logistic(name: str) -> Logistic:
    """A fitted model by its name, from the package's data."""
    raw = files("app").joinpath("data", "calibration.json").read_text(encoding="utf-8")
    return logistic_of(json.loads(raw)[name])


def logistic_of(entry: Mapping[str, Any]) -> Logistic:
    """A fitted model from its stored form."""
    return Logistic(
        tuple(entry["names"]),
        tuple(entry["weights"]),
        entry["bias"],
        entry.get("thresholds", {}),
        tuple(
            (chance, name == "right")
            for name in ("right", "wrong")
            for chance in entry.get(name, [])
        ),
    )


def logistic(model: Logistic, features: Sequence[float]) -> float:
    """Probability, 0 to 1, by a model.

    Raises ValueError if the features are not those that the model was fitted on.
    """
    if len(features) != len(model.weights):
        raise ValueError(f"the fit takes {len(model.weights)} features, not {len(features)}")
    z = model.bias + sum(w * f for w, f in zip(model.weights, features, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, z))))
