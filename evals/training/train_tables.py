"""Fits the ranker of table queries and the confidence in what it finds, and measures both.

``python -m evals.training.train_tables FOLDER`` (FOLDER holds WikiTableQuestions' test files and
TAT-QA's dev file) prints the share of questions answered rightly over five folds of tables, each
with weights that saw none of its tables, and writes ``app/data/table_ranker.json`` and the model
``table`` of ``app/data/calibration.json``. Seeded; 20 minutes on two cores, 4 GB of memory.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

from app.evidence import calibration
from app.question.parsed_question import ParsedQuestion
from app.tables import ranker
from app.tables.candidates import tokenize_question
from app.tables.ranker import rank_queries
from evals.training.tables.confidence import (
    ELSEWHERE_SHARE,
    JudgedResult,
    fit_confidence,
    judged,
    put_elsewhere,
)
from evals.training.tables.fit import by_name, fit
from evals.training.tables.questions import (
    TableQuestion,
    is_right,
    made_questions,
    tatqa,
    wikitablequestions,
)
from evals.training.tables.ranked_queries import RankedExample, examples, likenesses, pruned
from store.embedding.embedder import Embedder
from store.embedding.open_embedder import open_embedder

FOLDS = 5
MADE = "made"
# Questions of each set that the confidence is fitted on, at most.
MAX_JUDGED = 900
Weights = Mapping[str, float]


def fold_of(table: str) -> int:
    """The fold of a table: all its questions are in one."""
    return crc32(table.encode()) % FOLDS


def folds_of_weights(data: Sequence[RankedExample], names: Sequence[str]) -> list[Weights]:
    """For each fold the weights that were fitted without its tables."""
    weights: list[Weights] = []
    for fold in range(FOLDS):
        rest = [one for one in data if fold_of(one.asked.table) != fold]
        weights.append(by_name(fit(rest, len(names)), names))
        print(f"fold {fold + 1} of {FOLDS}: fitted on {len(rest):,} questions", flush=True)
    return weights


def show_accuracy(
    name: str, questions: Sequence[TableQuestion], weights: Sequence[Weights], embedder: Embedder
) -> None:
    """Print how many of a set's questions the likeliest query answers, all of them answered."""
    right = 0
    for one, alike in zip(questions, likenesses(questions, embedder), strict=True):
        tokens = tokenize_question(ParsedQuestion(one.question))
        ranked = rank_queries(tokens, one.grid, alike, weights[fold_of(one.table)])
        right += bool(ranked) and is_right(one, ranked[0].result)
    print(f"{name}: {right / len(questions):.3f} of {len(questions):,} right", flush=True)


def judged_sets(
    sets: Mapping[str, Sequence[TableQuestion]], weights: Sequence[Weights], embedder: Embedder
) -> list[JudgedResult]:
    """Questions of every set with their own table, and some with another."""
    chance = random.Random(4)
    rows: list[JudgedResult] = []
    for name, questions in sets.items():
        some = chance.sample(list(questions), min(MAX_JUDGED, len(questions)))
        # What is asked of a made table, most others of its kind answer too.
        moved = [] if name == MADE else put_elsewhere(some, ELSEWHERE_SHARE)
        for label, asked in ((name, some), (f"{name}, another table", moved)):
            folds = [fold_of(one.table) for one in asked]
            rows += judged(label, asked, weights, folds, embedder)
            print(f"{label}: {len(asked):,} judged", flush=True)
    return rows


def main() -> None:
    """The command: fit, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the question sets are")
    parser.add_argument("--out", type=Path, default=Path("app/data"), help="folder to write to")
    parser.add_argument("--most", type=int, help="questions of each set, for a quick try")
    args = parser.parse_args()
    embedder = open_embedder()
    question_sets = (wikitablequestions(args.folder), tatqa(args.folder), made_questions())
    names = ("WikiTableQuestions", "TAT-QA", MADE)
    sets = {n: list(some)[: args.most] for n, some in zip(names, question_sets, strict=True)}
    ids: dict[str, int] = {}
    data, features = pruned(
        [e for some in sets.values() for e in examples(some, embedder, ids)], ids
    )
    print(f"{len(data):,} questions with a right query, {len(features):,} features")
    weights = folds_of_weights(data, features)
    (args.out / ranker.WEIGHTS_FILE.name).write_text(
        json.dumps(
            {"weights": by_name(fit(data, len(features)), features)},
            ensure_ascii=False,
            separators=(",", ":"),
        ),
        encoding="utf-8",
    )
    del data
    for name, questions in sets.items():
        answered = [one for one in questions if one.answers]
        show_accuracy(name, answered, weights, embedder)
    path = args.out / "calibration.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored[calibration.TABLE] = fit_confidence(judged_sets(sets, weights, embedder))
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
