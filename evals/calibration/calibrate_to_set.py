"""Calibrates a data folder to the questions of a set: ``footnote eval calibrate SET``.

In quotes the shipped fit stays, and the set's questions become those that a risk is kept on. With a
language model three weights are fitted: of the probability in quotes, of its log-odds of "yes", and
of whether it stated an answer. Both are stored in the data folder, by the model's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table

from app.answering.pipeline import Answerer
from app.evidence import answerability
from app.evidence.calibration import ANSWERABLE, load_logistic
from app.evidence.custom_calibration import QUOTES, fits_for, store_fit
from app.evidence.risk import RISKS, RiskError, threshold_for
from app.evidence.score_evidence import score_evidence
from app.models.base import ChatModel
from app.question.parsed_question import ParsedQuestion
from app.question.rewrite import rewrite_question
from evals.calibration.calibrate import NOT_SAID, model_right, quotes_right, refused_shares
from evals.calibration.calibration_data import JudgedCase, ModelJudgement, ask_model, cap_denied
from evals.calibration.logistic_fit import fit
from evals.datasets.case import QuestionSet
from evals.runs.runs import Progress
from ingest.errors import FootnoteError

MIN_QUESTIONS = 10
"""Questions of each kind, answered by the documents and not, that a calibration takes."""


class TooFewQuestions(FootnoteError):
    """A set is too small to calibrate with."""

    exit_code = 2


def judged_with(answerer: Answerer, questions: QuestionSet, progress: Progress) -> list[JudgedCase]:
    """Each question of the set with the evidence that the answerer finds for it."""
    _check(questions)
    out = []
    for n, case in enumerate(questions.cases, 1):
        documents = [case.document] if case.document else None
        standalone = rewrite_question(ParsedQuestion(case.question), case.turns, list).standalone
        scored = score_evidence(answerer.retrieve(standalone, documents), answerer.reader)
        out.append(JudgedCase(case, case.document or "", scored))
        progress(n, len(questions.cases))
    return out


def _check(questions: QuestionSet) -> None:
    answered = sum(case.answerable for case in questions.cases)
    others = len(questions.cases) - answered
    if min(answered, others) < MIN_QUESTIONS:
        raise TooFewQuestions(
            f"{questions.name} has {answered} questions that the documents answer and {others} "
            f"that they do not: calibrating takes at least {MIN_QUESTIONS} of each."
        )


def quotes_entry(judged: Sequence[JudgedCase]) -> dict[str, Any]:
    """The shipped fit with this set's questions as those that a risk is kept on."""
    shipped = load_logistic(ANSWERABLE)
    chance = np.array([answerability.probability(j.found) for j in judged])
    right = [quotes_right(j) for j in judged]
    entry = {"names": shipped.names, "weights": shipped.weights, "bias": shipped.bias}
    return {**entry, **_outcomes(chance.tolist(), right, dict(shipped.thresholds))}


def model_entry(
    judged: Sequence[JudgedCase],
    judgements: Mapping[str, ModelJudgement],
    names: Sequence[str] = answerability.MODEL_FEATURE_NAMES,
) -> dict[str, Any]:
    """Weights fitted to what a model said of the set's questions, by the features' ``names``."""
    x = np.array([judgements[j.case.id].features(j) for j in judged])
    y = np.array([j.case.answerable for j in judged])
    groups = [str(n % MIN_QUESTIONS) for n in range(len(judged))]
    entry, chance = fit(x, y, groups, names, answerability.MODEL_FEATURE_SIGNS)
    defaults = refused_shares(chance[y])
    chance = cap_denied(chance, np.array([judgements[j.case.id].denies for j in judged]))
    right = [model_right(j, judgements[j.case.id]) for j in judged]
    return {**entry, **_outcomes(chance.tolist(), right, defaults)}


def _outcomes(
    chance: Sequence[float], right: Sequence[bool], defaults: dict[str, float]
) -> dict[str, Any]:
    """Thresholds and calibration questions; a default stands if a risk cannot be kept."""
    points = tuple(sorted((round(c, 4), r) for c, r in zip(chance, right, strict=True)))
    thresholds = dict(defaults)
    for name, risk in RISKS.items():
        try:
            thresholds[name] = threshold_for(risk, points)
        except RiskError:
            continue
    good = [c for c, r in points if r]
    lowest = float(np.quantile(good, NOT_SAID)) if good else 0.0
    thresholds["not clear"] = min(lowest, *thresholds.values())
    return {
        "thresholds": {name: round(value, 4) for name, value in thresholds.items()},
        "right": good,
        "wrong": [c for c, r in points if not r],
    }


def calibrate(
    answerer: Answerer, questions: QuestionSet, data: Path, progress: Progress
) -> dict[str, Any]:
    """Fit, store in the data folder, and return what was stored for this model (or for quotes).

    What a model said is kept as it goes (``data/calibration``): an ended run goes on. Raises
    TooFewQuestions, ModelError.
    """
    model = answerer.model
    judged = judged_with(answerer, questions, progress)
    if model is None:
        name, entry = QUOTES, quotes_entry(judged)
    else:
        name, entry = model.name, _with_model(judged, model, data, progress)
    entry["made"] = {"set": questions.name, "questions": len(judged)}
    store_fit(data, name, entry)
    return entry


def _with_model(
    judged: Sequence[JudgedCase], model: ChatModel, data: Path, progress: Progress
) -> dict[str, Any]:
    safe = "".join(c if c.isalnum() else "-" for c in model.name)
    cache = data / "calibration" / f"{safe}.jsonl"
    cache.parent.mkdir(parents=True, exist_ok=True)
    names = fits_for(model=model.name).model.names
    return model_entry(judged, ask_model(judged, model, cache, progress), names)


def calibration_table(entry: Mapping[str, Any]) -> Table:
    """What each strictness comes to on the questions: least probability, answered, and wrong."""
    made = entry["made"]
    table = Table(title=f"Calibrated to {escape(made['set'])}", title_justify="left")
    for column in ("Strictness", "Least probability", "Answered", "Of these wrong"):
        table.add_column(column, justify="left" if column == "Strictness" else "right")
    right, wrong = np.array(entry["right"]), np.array(entry["wrong"])
    for name in RISKS:
        least = entry["thresholds"][name]
        good, bad = int((right >= least).sum()), int((wrong >= least).sum())
        share = f"{bad / (good + bad):.3f}" if good + bad else "–"
        answered = f"{good + bad} of {len(right) + len(wrong)}"
        table.add_row(name, f"{least:.3f}", answered, share)
    return table
