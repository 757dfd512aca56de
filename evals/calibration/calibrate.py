"""Fit the probabilities of ``app.evidence``, and store them with the data of the fit.

``python -m evals.calibration.calibrate SET… --out app/data/calibration.json``. Weights are fitted
on all cases; the figures that it prints are cross-validated over documents (a document's questions
are never on both sides). In quotes each strictness stands for a risk (``RISKS``); with a model its
threshold is the quantile of the answerable's probability at which a share
(``TARGET_REFUSED_SHARES``) would be refused.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.answering.extract import choose_quotes
from app.answering.prompt import states_answer
from app.evidence import answerability, calibration
from app.evidence.answerability import DENIED_PROBABILITY
from app.evidence.reader import Reader
from app.evidence.risk import RISKS, Point, threshold_for
from app.evidence.score_evidence import score_readings
from app.models.factory import open_model
from app.settings import load_settings
from evals.calibration.calibration_data import (
    JudgedCase,
    ModelJudgement,
    ask_model,
    cap_denied,
    read_sets,
    sample,
)
from evals.calibration.logistic_fit import fit, logistic_weights
from evals.datasets.case import Case
from evals.datasets.matching import stands_in

SENTENCE_NAMES = (
    "reader span",
    "reader span against the passage's best",
    "reader answerable",
    "coverage",
    "coverage by the passage",
    "cosine of the passage",
    "cosine of the sentence",
    "reciprocal rank",
)
LOCAL, OTHER = calibration.ANSWERABLE_WITH_PROBE, calibration.ANSWERABLE_WITH_MODEL
MODEL_FEATURES = {
    LOCAL: answerability.PROBE_FEATURE_NAMES,
    OTHER: answerability.MODEL_FEATURE_NAMES,
}
# With a model, the shares of the answerable that each strictness may refuse.
TARGET_REFUSED_SHARES = {"strict": 0.20, "balanced": 0.08, "eager": 0.03}
# Of the answerable, so many may be called "not said" and not "not clear".
NOT_SAID = 0.01
# Of the questions that a risk is kept on, so many are not answered by the documents.
NOT_ANSWERED = 0.2


def holds(case: Case, text: str) -> bool:
    """Whether a text has one of the accepted answers of any group."""
    return any(stands_in(a, text) for group in case.answers for a in group)


def fit_sentences(judged: Sequence[JudgedCase]) -> dict[str, Any]:
    """Which sentence holds the answer; prints how often it is among the first 1, 3 and 8."""
    rows = [
        (e.features, holds(j.case, e.text), i)
        for i, j in enumerate(judged)
        if j.case.answerable
        for e in j.found.evidence
    ]
    x, y, owner = (np.array(column) for column in zip(*rows, strict=True))
    entry, chance = fit(x, y, [judged[i].group for i in owner], SENTENCE_NAMES)
    firsts = dict.fromkeys((1, 3, 8), 0)
    asked = sorted(set(owner.tolist()))
    for i in asked:
        mine = owner == i
        order = np.argsort(-chance[mine])
        for k in firsts:
            firsts[k] += bool(y[mine][order[:k]].any())
    entry["recall"] = {str(k): round(n / len(asked), 4) for k, n in firsts.items()}
    print("evidence sentence holds an accepted answer, among the first", entry["recall"])
    return entry


FIT_FIELDS = ("auc", "brier", "left_out", "thresholds", "falsely_refused", "refusal_recall")


def left_out(
    x: NDArray[np.float64], y: NDArray[np.bool_], sets: Sequence[str], signs: Sequence[int]
) -> dict[str, dict[str, float]]:
    """For each set, with the fit on the others: AUC, and the refusal recall if 8% of its
    answerable questions are refused."""
    from sklearn.metrics import roc_auc_score

    figures: dict[str, dict[str, float]] = {}
    names = np.array(sets)
    for name in dict.fromkeys(sets):
        own = names == name
        if own.all():
            break
        weights, bias = logistic_weights(x[~own], y[~own], signs)
        score = x[own] @ weights + bias
        refused = score[~y[own]] < np.quantile(score[y[own]], 0.08)
        figures[name] = {
            "auc": round(float(roc_auc_score(y[own], score)), 4),
            "refusal_recall": round(float(refused.mean()), 4),
        }
    return figures


def quotes_right(judged: JudgedCase) -> bool:
    """Whether the quotes that would be shown are right: the case is answerable and they say it."""
    if not judged.case.answerable:
        return False
    quotes = choose_quotes(judged.found)
    shown = [q.evidence.hit.source.text[a:b] for q in quotes for a, b in q.lines]
    return holds(judged.case, " ".join(shown))


def model_right(judged: JudgedCase, judgement: ModelJudgement) -> bool:
    """The same of a chat model's answer, which the best sentence is quoted with."""
    if not states_answer(judgement.reply):
        return quotes_right(judged)
    best = judged.found.evidence[:1]
    shown = " ".join([judgement.reply, *(e.text for e in best)])
    return judged.case.answerable and holds(judged.case, shown)


def mixed(
    chance: NDArray[np.float64], answerable: NDArray[np.bool_], right: NDArray[np.bool_]
) -> list[Point]:
    """Probability and outcome of all answerable questions, and of so many others,
    evenly over their probabilities, that these are a share of ``NOT_ANSWERED``."""
    others = np.flatnonzero(~answerable)
    wanted = round(answerable.sum() * NOT_ANSWERED / (1 - NOT_ANSWERED))
    others = others[np.argsort(chance[others], kind="stable")]
    if len(others) > wanted:
        others = others[np.linspace(0, len(others) - 1, wanted).round().astype(int)]
    rows = [*np.flatnonzero(answerable), *others]
    return sorted((round(float(chance[i]), 4), bool(right[i])) for i in rows)


def refused_shares(answerable: NDArray[np.float64]) -> dict[str, float]:
    """For each strictness the probability below which its share (``TARGET_REFUSED_SHARES``) of the
    answerable falls, but always more than what is denied twice has."""
    shares = {
        name: float(np.quantile(answerable, share)) for name, share in TARGET_REFUSED_SHARES.items()
    }
    return {name: round(max(least, DENIED_PROBABILITY + 0.01), 4) for name, least in shares.items()}


def fit_answerable(
    judged: Sequence[JudgedCase],
    judgements: Mapping[str, ModelJudgement] | None = None,
    names: Sequence[str] = answerability.FEATURE_NAMES,
) -> dict[str, Any]:
    """Whether the documents answer; prints AUC and refusals at each strictness.

    ``judgements`` are a chat model's; ``names`` name the features, which are others then.
    """
    from sklearn.metrics import brier_score_loss, roc_auc_score

    rows = [j for j in judged if judgements is None or j.case.id in judgements]
    x = np.array(
        [
            judgements[j.case.id].features(j) if judgements else answerability.features(j.found)
            for j in rows
        ]
    )
    y = np.array([j.case.answerable for j in rows])
    signs = answerability.MODEL_FEATURE_SIGNS if judgements else answerability.FEATURE_SIGNS
    entry, chance = fit(x, y, [j.group for j in rows], names, signs)
    refused = refused_shares(chance[y])
    denied = np.array([judgements is not None and judgements[j.case.id].denies for j in rows])
    chance = cap_denied(chance, denied)
    entry["auc"] = round(float(roc_auc_score(y, chance)), 4)
    entry["brier"] = round(float(brier_score_loss(y, chance)), 4)
    if judgements:
        right = [model_right(j, judgements[j.case.id]) for j in rows]
        points = mixed(chance, y, np.array(right))
        entry["thresholds"] = refused
    else:
        points = mixed(chance, y, np.array([quotes_right(j) for j in rows]))
        entry["thresholds"] = {
            name: round(threshold_for(risk, tuple(points)), 4) for name, risk in RISKS.items()
        }
    for outcome, name in ((True, "right"), (False, "wrong")):
        entry[name] = [chance for chance, right in points if right is outcome]
    entry["thresholds"]["not clear"] = round(float(np.quantile(chance[y], NOT_SAID)), 4)
    entry["falsely_refused"] = {
        name: round(float((chance[y] < t).mean()), 4) for name, t in entry["thresholds"].items()
    }
    entry["refusal_recall"] = {
        name: round(float((chance[~y] < t).mean()), 4) for name, t in entry["thresholds"].items()
    }
    entry["left_out"] = left_out(x, y, [j.case.id.split("/")[0] for j in rows], signs)
    print("answerable:", {k: entry[k] for k in FIT_FIELDS})
    for name, column in zip(names, x.T, strict=True):
        print(f"  {name:40} AUC alone {roc_auc_score(y, column):.3f}")
    return entry


def show_progress(done: int, total: int) -> None:
    """One line, written over itself."""
    print(
        f"\r{done:,} of {total:,} judged by the model",
        end="\n" if done == total else "",
        flush=True,
    )


def main() -> None:
    """The command: fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", help="question sets, by path or shipped name")
    parser.add_argument(
        "--documents",
        type=Path,
        nargs="*",
        default=[],
        help="documents of the sets that bring none",
    )
    parser.add_argument("--most", type=int, default=100_000, help="questions of each set")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--keep-quotes", action="store_true", help="leave the fits of quotes")
    parser.add_argument("--local", action="store_true", help="also fit with the local model")
    parser.add_argument("--gguf", type=Path, help="also fit with the yes of this file's model")
    parser.add_argument("--sample", type=int, default=300, help="cases per set for the model")
    parser.add_argument(
        "--said",
        type=Path,
        default=Path("said.jsonl"),
        help="where the model's judgements are kept",
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stored = started(args.out, args.sets)
        read = read_sets(args.sets, args.documents, Path(folder), args.most)
        sets = [judged for _, judged in read]
        if not args.keep_quotes:
            stored[calibration.SENTENCE] = fit_sentences([j for judged in sets for j in judged])
            write(args.out, stored, args.sets)
            reader = Reader()
            sets = [[rescored(j, reader) for j in judged] for judged in sets]
            everything = [j for judged in sets for j in judged]
            stored[calibration.ANSWERABLE] = fit_answerable(everything)
            write(args.out, stored, args.sets)
        for name in ([LOCAL] if args.local else []) + ([OTHER] if args.gguf else []):
            gguf = args.gguf if name == OTHER else None
            model = open_model(load_settings(model="local", gguf=gguf))
            assert model is not None
            judgements: dict[str, ModelJudgement] = {}
            said = args.said.with_name(f"{name}-{args.said.name}")
            for judged in sets:
                judgements |= ask_model(sample(judged, args.sample, 7), model, said, show_progress)
            rows = [j for judged in sets for j in judged]
            stored[name] = fit_answerable(rows, judgements, MODEL_FEATURES[name])
            model.close()
        write(args.out, stored, args.sets)
        for library, _ in read:
            library.close()


def started(path: Path, sets: Sequence[str]) -> dict[str, Any]:
    """The stored models; one of other features than today's starts again from nothing."""
    stored: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    features = {
        calibration.SENTENCE: SENTENCE_NAMES,
        calibration.ANSWERABLE: answerability.FEATURE_NAMES,
        **MODEL_FEATURES,
    }
    for name, names in features.items():
        if stored.get(name, {}).get("names") != list(names):
            stored[name] = {"names": list(names), "weights": [0.0] * len(names), "bias": 0.0}
    write(path, stored, sets)
    return stored


def rescored(judged: JudgedCase, reader: Reader) -> JudgedCase:
    """The same with its evidence scored by the sentence weights just stored."""
    again = score_readings(judged.found.retrieved, judged.found.readings, reader)
    return replace(judged, found=again)


def write(path: Path, stored: dict[str, Any], sets: Sequence[str]) -> None:
    """Store the models with the data that made them."""
    stored["made"] = {
        "date": datetime.now(UTC).date().isoformat(),
        "sets": [Path(s).name for s in sets],
    }
    written = json.dumps(stored, indent=1)
    # A list of numbers is one line.
    written = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", written)
    path.write_text(written + "\n", encoding="utf-8")
    calibration.load_logistic.cache_clear()


if __name__ == "__main__":
    main()
