"""Fit the probabilities of ``app.evidence``, and store them with the data of the fit.

``python -m evals.calibrate SET… --out app/data/calibration.json``. Weights are fitted on all cases;
the figures that it prints are cross-validated over documents (a document's questions are never on
both sides). The thresholds of strictness are the quantiles of the answerable's probability at
which the shares of ``REFUSED`` would be refused.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.evidence import answerability, calibration
from app.evidence.scoring import score_readings
from app.models.factory import open_model
from app.settings import load_settings
from evals.calibration_data import Judged, ask_model, read_sets, sample
from evals.case import Case
from evals.matching import stands_in

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
# Shares of the answerable that each strictness may refuse. Quotes show their source at once, so a
# wrong one does less harm than a wrong composed answer.
REFUSED = {
    calibration.ANSWERABLE: {"strict": 0.20, "balanced": 0.08, "eager": 0.03},
    calibration.ANSWERABLE_WITH_MODEL: {"strict": 0.25, "balanced": 0.15, "eager": 0.05},
}


def holds(case: Case, text: str) -> bool:
    """Whether a text has one of the accepted answers of any group."""
    return any(stands_in(a, text) for group in case.answers for a in group)


def fit(
    x: NDArray[np.float64], y: NDArray[np.bool_], groups: Sequence[str], names: Sequence[str]
) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """A logistic model on all rows, and each row's probability when its document is held out."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    folds = GroupKFold(n_splits=min(8, len(set(groups))))
    held_out = cross_val_predict(pipeline, x, y, groups=groups, cv=folds, method="predict_proba")
    pipeline.fit(x, y)
    scaler, model = pipeline[0], pipeline[1]
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - (weights * scaler.mean_).sum())
    entry = {
        "names": list(names),
        "weights": [round(float(w), 6) for w in weights],
        "bias": round(bias, 6),
        "rows": len(y),
        "positive": int(y.sum()),
    }
    return entry, held_out[:, 1]


def fit_sentences(judged: Sequence[Judged]) -> dict[str, Any]:
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


def fit_answerable(
    judged: Sequence[Judged], said: dict[str, tuple[float, float]] | None = None
) -> dict[str, Any]:
    """Whether the documents answer; prints AUC and refusals at each strictness."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    model = calibration.ANSWERABLE_WITH_MODEL if said else calibration.ANSWERABLE
    rows = [j for j in judged if said is None or j.case.id in said]
    x = np.array([said[j.case.id] if said else answerability.features(j.found) for j in rows])
    y = np.array([j.case.answerable for j in rows])
    names = answerability.MODEL_NAMES if said else answerability.NAMES
    entry, chance = fit(x, y, [j.group for j in rows], names)
    entry["auc"] = round(float(roc_auc_score(y, chance)), 4)
    entry["brier"] = round(float(brier_score_loss(y, chance)), 4)
    entry["thresholds"] = {
        name: round(float(np.quantile(chance[y], share)), 4)
        for name, share in REFUSED[model].items()
    }
    entry["refusal_recall"] = {
        name: round(float((chance[~y] < t).mean()), 4) for name, t in entry["thresholds"].items()
    }
    print("answerable:", {k: entry[k] for k in ("auc", "brier", "thresholds", "refusal_recall")})
    for name, column in zip(names, x.T, strict=True):
        print(f"  {name:40} AUC alone {roc_auc_score(y, column):.3f}")
    return entry


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
    parser.add_argument("--gguf", type=Path, help="also fit with this local model's yes")
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
        everything = [j for _, judged in read for j in judged]
        stored[calibration.SENTENCE] = fit_sentences(everything)
        write(args.out, stored, args.sets)
        again = [(library, [rescored(j) for j in judged]) for library, judged in read]
        everything = [j for _, judged in again for j in judged]
        stored[calibration.ANSWERABLE] = fit_answerable(everything)
        if args.gguf:
            model = open_model(load_settings(model="local", gguf=args.gguf))
            assert model is not None
            said: dict[str, tuple[float, float]] = {}
            for _, judged in again:
                said |= ask_model(sample(judged, args.sample, 7), model, args.said)
            stored[calibration.ANSWERABLE_WITH_MODEL] = fit_answerable(everything, said)
        write(args.out, stored, args.sets)
        for library, _ in read:
            library.close()


def started(path: Path, sets: Sequence[str]) -> dict[str, Any]:
    """The stored models; one of other features than today's starts again from nothing."""
    stored: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    features = {
        calibration.SENTENCE: SENTENCE_NAMES,
        calibration.ANSWERABLE: answerability.NAMES,
        calibration.ANSWERABLE_WITH_MODEL: answerability.MODEL_NAMES,
    }
    for name, names in features.items():
        if stored.get(name, {}).get("names") != list(names):
            stored[name] = {"names": list(names), "weights": [0.0] * len(names), "bias": 0.0}
    write(path, stored, sets)
    return stored


def rescored(judged: Judged) -> Judged:
    """The same with its evidence scored by the sentence weights just stored."""
    again = score_readings(judged.found.retrieved, judged.found.readings)
    return replace(judged, found=again)


def write(path: Path, stored: dict[str, Any], sets: Sequence[str]) -> None:
    """Store the models with the data that made them."""
    stored["made"] = {
        "date": datetime.now(UTC).date().isoformat(),
        "sets": [Path(s).name for s in sets],
    }
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    calibration.load.cache_clear()


if __name__ == "__main__":
    main()
