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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.answering.context import prompt_sources
from app.answering.generate import MAX_TOKENS
from app.answering.prompt import ANSWER, JUDGE, messages, stated
from app.evidence import answerability, calibration
from app.evidence.reader import Reader
from app.evidence.scoring import Found, Retrieved, found
from app.language.text import content_words
from app.models.base import ChatModel
from app.models.factory import open_model
from app.settings import load_settings
from evals.case import Case
from evals.matching import stands_in
from evals.reader_data import read_jsonl
from evals.sets import load_set
from ingest.load import expand, load
from store.library import Library
from store.results import Hit
from store.sentence_transformer import SentenceTransformerEmbedder

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
BATCH = 32


@dataclass(frozen=True)
class Judged:
    """A case with what was found for it; ``group`` is the document that it is asked of."""

    case: Case
    group: str
    found: Found


def judged_cases(library: Library, cases: Iterable[Case], reader: Reader) -> list[Judged]:
    """Search and read for every case, in batches."""
    only = library.documents()[0].document
    out: list[Judged] = []
    pending = iter(cases)
    while batch := list(islice(pending, BATCH)):
        hits = _search(library, [(c.question, c.document or only) for c in batch])
        pairs = [
            (c.question, h.stored.passage.text)
            for c, some in zip(batch, hits, strict=True)
            for h in some
        ]
        readings = iter(reader.read_pairs(pairs))
        for case, some in zip(batch, hits, strict=True):
            rarity = library.idf(content_words(case.question))
            retrieved = Retrieved(case.question, tuple(some), rarity, documents=1)
            result = found(retrieved, list(islice(readings, len(some))))
            out.append(Judged(case, case.document or only, result))
        print(f"\r{len(out)} questions read", end="", flush=True)
    print()
    return out


def _search(library: Library, asked: Sequence[tuple[str, str]]) -> list[list[Hit]]:
    """Hits for each question of its document; those of one document are searched together."""
    hits: list[list[Hit]] = [[] for _ in asked]
    for document in {document for _, document in asked}:
        mine = [i for i, (_, among) in enumerate(asked) if among == document]
        questions = [asked[i][0] for i in mine]
        found = library.search_many(questions, 5, documents=[document])
        for i, some in zip(mine, found, strict=True):
            hits[i] = some
    return hits


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


def ask_model(
    judged: Sequence[Judged], model: ChatModel, cache: Path
) -> dict[str, tuple[float, float]]:
    """The model's log-odds of "yes" and whether it stated an answer (1 or 0), by case id.

    What it said is kept in ``cache``, a JSON line a case, as it goes.
    """
    known = {row["id"]: row for row in read_jsonl(cache)} if cache.exists() else {}
    with cache.open("a", encoding="utf-8") as lines:
        for n, j in enumerate(judged, 1):
            if j.case.id not in known:
                texts = [s.text for s in prompt_sources(j.found)]
                yes = model.yes_log_odds(messages(j.case.question, texts, JUDGE))
                reply = "".join(
                    model.stream(messages(j.case.question, texts, ANSWER), max_tokens=MAX_TOKENS)
                )
                known[j.case.id] = {"id": j.case.id, "yes": yes, "reply": reply, "sources": texts}
                lines.write(json.dumps(known[j.case.id]) + "\n")
                lines.flush()
            print(f"\r{n}/{len(judged)} judged by the model", end="", flush=True)
    print()
    return {j.case.id: (known[j.case.id]["yes"], stated(known[j.case.id]["reply"])) for j in judged}


def sample(judged: Sequence[Judged], n: int, seed: int) -> list[Judged]:
    """Half answerable, half not, drawn by the seed."""
    rng = np.random.default_rng(seed)
    out: list[Judged] = []
    for kind in (True, False):
        some = [j for j in judged if j.case.answerable is kind]
        out += [some[i] for i in rng.permutation(len(some))[: n // 2]]
    return out


def off_topic(cases: Sequence[Case]) -> list[Case]:
    """Every sixth question asked of another document, which does not answer it.

    Near misses alone would teach that words in common say nothing.
    """
    names = list(dict.fromkeys(c.document for c in cases if c.document))
    if len(names) < 2:
        return []
    other = dict(zip(names, [*names[1:], names[0]], strict=True))
    return [
        replace(c, id=f"{c.id}@other", document=other[c.document], answerable=False, answers=())
        for c in cases[::6]
        if c.document
    ]


def read_sets(
    sets: Sequence[str], documents: Sequence[Path], folder: Path, most: int
) -> list[tuple[Library, list[Judged]]]:
    """Each set over its own documents (or, for a set without, over ``documents``).

    At most ``most`` questions of each, drawn by a fixed seed.
    """
    out, reader = [], Reader()
    for i, name in enumerate(sets):
        questions = load_set(name)
        library = Library.open(folder / str(i), SentenceTransformerEmbedder())
        sources = [questions.documents] if questions.documents else documents
        for source in expand([str(s) for s in sources]):
            library.add(load(source))
        alone = [c for c in questions.cases if not c.turns]
        drawn = np.random.default_rng(7).permutation(len(alone))[:most]
        alone = [alone[i] for i in sorted(drawn.tolist())]
        cases = [replace(c, id=f"{questions.name}/{c.id}") for c in alone]
        cases += off_topic(cases)
        out.append((library, judged_cases(library, cases, reader)))
    return out


def main() -> None:
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
    again = found(judged.found.retrieved, judged.found.readings)
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
