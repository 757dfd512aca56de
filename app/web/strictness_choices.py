"""The three strictnesses as a reader chooses them, each with what it means in figures."""

from __future__ import annotations

from app.evidence.calibration import Logistic
from app.evidence.custom_calibration import fits_for
from app.settings import Settings

STRICTNESS_NAMES = {"strict": "Strict", "balanced": "Balanced", "eager": "Eager"}
MEASURED = (
    "Measured on the questions of the calibration. What is not sure enough is shown as the closest "
    "passages, or refused."
)


def strictness_choices(settings: Settings, model: str) -> list[tuple[str, str]]:
    """The choices for a chat model, by its setting: what the reader sees, and the strictness."""
    fits = fits_for(settings.data, model)
    fit = fits.of(with_model=model != "none")
    return [(f"{name}{_meaning(fit, each)}", each) for each, name in STRICTNESS_NAMES.items()]


def _meaning(fit: Logistic, strictness: str) -> str:
    shares = fit.claimed_shares(strictness)
    if shares is None:  # a model that nobody calibrated: it answers as with "strict"
        return ""
    return (
        f": {shares.right:.0%} of its answers are right, and it gives {shares.given:.0%} of those "
        "it could"
    )
