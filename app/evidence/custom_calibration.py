"""What a data folder is calibrated to: fits of its own, and answers that its readers marked.

``footnote eval calibrate`` stores a fit for quotes or for a chat model, which takes the place of
the shipped one. Each answer that is marked in the chat joins the questions that a risk is kept on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.answer import Answer
from app.evidence.calibration import (
    ANSWERABLE,
    ANSWERABLE_WITH_MODEL,
    ANSWERABLE_WITH_PROBE,
    Fits,
    Logistic,
    load_logistic,
    logistic_of,
)
from app.evidence.risk import RISKS, Point, RiskError, threshold_for
from ingest.errors import FootnoteError
from store.files import file_lock
from store.files.file_lock import Changing

CALIBRATION_FILE = "calibration.json"
QUOTES = "none"
"""The name of what answers without a chat model, as settings and answers have it."""
SHIPPED_MODEL = "local"
"""The chat model that the shipped fit is of."""
ENOUGH_MARKED = 200
"""From so many marked answers on, they alone determine the risk; fewer are added to the others."""


class CalibrationError(FootnoteError):
    """The calibration of a data folder cannot be read."""


def fits_for(data: Path | None = None, model: str = SHIPPED_MODEL) -> Fits:
    """The fits of a data folder for a chat model, by its name; the shipped ones if it has none.

    A model that nobody calibrated starts with care: each strictness refuses as ``strict`` does.
    Raises CalibrationError if the folder's file cannot be read.
    """
    path = data / CALIBRATION_FILE if data is not None else None
    stat = path.stat() if path is not None and path.exists() else None
    version = (stat.st_mtime_ns, stat.st_size) if stat else (0, 0)
    return _fits(path if stat else None, version, model)


@lru_cache(maxsize=32)
def _fits(path: Path | None, version: tuple[int, int], model: str) -> Fits:
    del version  # another file of that name is read again
    if path is None:
        return Fits(load_logistic(ANSWERABLE), _shipped(model))
    try:
        content = _read(path)
        fits, marked = content.get("fits", {}), content.get("marked", {})
        quotes = logistic_of(fits[QUOTES]) if QUOTES in fits else load_logistic(ANSWERABLE)
        other = logistic_of(fits[model]) if model in fits else _shipped(model)
        if other.names != _shipped(model).names:
            other = _shipped(model)  # made with an earlier version, of other features
        return Fits(_joined(quotes, marked.get(QUOTES, {})), _joined(other, marked.get(model, {})))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path, error) from error


def _shipped(model: str) -> Logistic:
    if model == SHIPPED_MODEL:
        return load_logistic(ANSWERABLE_WITH_PROBE)
    shipped = load_logistic(ANSWERABLE_WITH_MODEL)
    careful = dict.fromkeys(shipped.thresholds, shipped.thresholds["strict"])
    return replace(shipped, thresholds=careful, points=())


def _joined(fit: Logistic, marked: Mapping[str, Any]) -> Logistic:
    """The fit with marked answers among the questions that its risks are kept on."""
    own: list[Point] = [(float(chance), bool(right)) for chance, right in marked.values()]
    if not own:
        return fit
    points = (*(() if len(own) >= ENOUGH_MARKED else fit.points), *own)
    thresholds = dict(fit.thresholds)
    for name, risk in RISKS.items():
        try:
            thresholds[name] = threshold_for(risk, points)
        except RiskError:
            if len(own) >= ENOUGH_MARKED:
                thresholds[name] = fit.thresholds["strict"]
    return replace(fit, points=points, thresholds=thresholds)


def point_of(answer: Answer, judged: str) -> Point | None:
    """What a mark (``right``, ``wrong``, ``incomplete`` or "") says of the probability of an
    answer; None if it says nothing.

    A refusal marked right would have been a wrong answer. Whether one marked wrong would have been
    a right answer nobody knows, nor whether an incomplete answer is wrong. What needs no evidence
    (a computed value, a fact about a document) has no such probability.
    """
    if answer.computed or answer.kind == "talk" or answer.answerable >= 1:
        return None
    meanings = {(True, "right"): False, (False, "right"): True, (False, "wrong"): False}
    right = meanings.get((answer.refused, judged))
    return None if right is None else (round(answer.answerable, 4), right)


def put_mark(
    data: Path,
    identity: str,
    model: str,
    point: Point | None,
    changing: Changing = file_lock.changing,
) -> None:
    """Keep what a mark of an answer says, in place of what it said before; None takes it back."""
    with changing(data / CALIBRATION_FILE):
        content = _read(data / CALIBRATION_FILE)
        marked = content.setdefault("marked", {}).setdefault(model, {})
        if marked.pop(identity, None) is None and point is None:
            return
        if point is not None:
            marked[identity] = list(point)
        _write(data / CALIBRATION_FILE, content)


def store_fit(
    data: Path,
    name: str,
    entry: Mapping[str, Any] | None,
    changing: Changing = file_lock.changing,
) -> None:
    """Put a fit into the data folder, by the model's name or ``QUOTES``; None takes it out."""
    with changing(data / CALIBRATION_FILE):
        content = _read(data / CALIBRATION_FILE)
        fits = content.setdefault("fits", {})
        fits.pop(name, None)
        if entry is not None:
            fits[name] = dict(entry)
        _write(data / CALIBRATION_FILE, content)


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(content, dict):
        raise _unreadable(path, "it is not a JSON object")
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(content) + "\n", encoding="utf-8")
    fresh.replace(path)


def _unreadable(path: Path, why: object) -> CalibrationError:
    return CalibrationError(
        f"{path} cannot be read ({why}). Delete it, or make it again with footnote eval calibrate."
    )
