"""Logistic models; ``evals.calibrate`` fits their weights and stores them with their data."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from app.evidence.risk import Point, threshold_for

SENTENCE = "sentence"
ANSWERABLE = "answerable"
ANSWERABLE_WITH_MODEL = "answerable_with_model"
TABLE = "table"


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


@cache
def load(name: str) -> Logistic:
    """A fitted model by its name, from the package's data."""
    raw = files("app").joinpath("data", "calibration.json").read_text(encoding="utf-8")
    entry = json.loads(raw)[name]
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


def logistic(name: str, features: Sequence[float]) -> float:
    """Probability, 0 to 1, by the named model.

    Raises ValueError where the features are not those that the model was fitted on.
    """
    model = load(name)
    if len(features) != len(model.weights):
        raise ValueError(f"{name} takes {len(model.weights)} features, not {len(features)}")
    z = model.bias + sum(w * f for w, f in zip(model.weights, features, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, z))))


@cache
def risk_threshold(name: str, risk: float) -> float:
    """The least probability at which the named model's answers keep to the risk.

    Raises RiskError where none does.
    """
    return threshold_for(risk, load(name).points)
