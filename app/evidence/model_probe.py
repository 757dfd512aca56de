"""What the local model's hidden state says of a question: a linear probe, trained on public data.

``evals.training.train_probe`` makes the weights; ``MODEL_CARD.md`` beside them names their sources.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WEIGHTS = "model_probe.npz"


class Probe(NamedTuple):
    """``weights`` [width] and ``bias`` of a logistic model on a hidden state."""

    weights: NDArray[np.float32]
    bias: float

    def log_odds(self, state: NDArray[np.float32]) -> float:
        """Log-odds (natural, unbounded) that the sources answer, from the hidden state [width] at
        the end of the prompt that asks for the answer."""
        return float(self.weights @ state) + self.bias


@cache
def load_probe() -> Probe:
    """The shipped probe."""
    with files("app").joinpath("data", WEIGHTS).open("rb") as data, np.load(data) as stored:
        return Probe(stored["weights"], float(stored["bias"]))
