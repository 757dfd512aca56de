"""Fits how likely the likeliest query's result is right, on tables that its ranker never saw."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.question.parsed_question import ParsedQuestion
from app.tables.candidates import tokenize_question
from app.tables.ranker import CONFIDENCE_FEATURES, features_of, rank_queries
from app.tables.support import unused_words, why_not_computed
from evals.calibration.logistic_fit import fit
from evals.training.tables.questions import TableQuestion, is_right
from evals.training.tables.ranked_queries import likenesses
from store.embedding.embedder import Embedder

# Of each set's questions, so many are also put to another of its tables, which cannot answer them.
ELSEWHERE_SHARE = 0.4
# A document's title says part of what is asked, whether its table answers it or not. Each content
# word of a question stands in the heading with this chance.
IN_HEADING = 0.35
THRESHOLDS = {"strict": 0.95, "balanced": 0.82, "eager": 0.7}


@dataclass(frozen=True, slots=True)
class JudgedResult:
    """A question's likeliest result: its features, whether nothing speaks against showing it, and
    whether it is right."""

    question: TableQuestion
    name: str
    features: tuple[float, ...]
    supported: bool
    right: bool


def put_elsewhere(questions: Sequence[TableQuestion], share: float) -> list[TableQuestion]:
    """A share of the questions, each with another table of the set and no answer there."""
    chance = random.Random(2)
    tables = {one.table: one.grid for one in questions}
    names = sorted(tables)
    moved = []
    for one in chance.sample(list(questions), round(share * len(questions))):
        table = chance.choice([n for n in names if n != one.table])
        moved.append(replace(one, table=table, grid=tables[table], answers=()))
    return moved


def judged(
    name: str,
    questions: Sequence[TableQuestion],
    weights: Sequence[Mapping[str, float]],
    folds: Sequence[int],
    embedder: Embedder,
) -> Iterator[JudgedResult]:
    """Ranks each question with the weights of its fold: those that saw none of its tables."""
    chance = random.Random(3)
    alike = likenesses(questions, embedder)
    for one, fold, likeness in zip(questions, folds, alike, strict=True):
        tokens = tokenize_question(ParsedQuestion(one.question))
        ranked = rank_queries(tokens, one.grid, likeness, weights[fold])
        if ranked:
            heading = " ".join(_some_words(one.question, chance))
            best = ranked[0]
            supported = not unused_words(
                tokens, one.grid, best.query, weights[fold], heading
            ) and not why_not_computed(tokens, one.question, one.grid, best.query, best.result)
            features = features_of(tokens, one.grid, heading, ranked, supported=supported)
            right = bool(one.answers) and is_right(one, best.result)
            yield JudgedResult(one, name, features, supported, right)


def _some_words(question: str, chance: random.Random) -> list[str]:
    tokens = tokenize_question(ParsedQuestion(question))
    return [tokens.words[i] for i in tokens.content if chance.random() < IN_HEADING]


def fit_confidence(rows: Sequence[JudgedResult]) -> dict[str, Any]:
    """The model ``table`` of the calibration; prints its figures, held out by question."""
    from sklearn.metrics import roc_auc_score

    x = np.array([one.features for one in rows])
    y = np.array([one.right for one in rows])
    entry, chance = fit(x, y, [one.question.question for one in rows], CONFIDENCE_FEATURES)
    entry["auc"] = round(float(roc_auc_score(y, chance)), 4)
    entry["thresholds"] = THRESHOLDS
    print("confidence in a table's answer: AUC", entry["auc"])
    names = np.array([one.name for one in rows])
    supported = np.array([one.supported for one in rows])
    for name in dict.fromkeys(names.tolist()):
        mine = names == name
        results = []
        for strictness, least in THRESHOLDS.items():
            shown = (chance[mine] >= least) & supported[mine]
            right = (y[mine] & shown).sum()
            share = right / max(1, shown.sum())
            results.append(f"{strictness} {share:.3f} of {shown.sum()} shown right")
        print(f"  {name:36} {int(mine.sum()):5,}  " + "; ".join(results))
    return entry
