"""Ranks the queries that a question may mean over a table, by learned weights.

A log-linear model over ``app.tables.features``; queries with the same result count together. Its
weights (``app/data/table_ranker.json``) are fitted on questions over tables of an encyclopedia
(WikiTableQuestions), of financial reports (TAT-QA) and made ones like those of offices.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.language.tokens import soft_match, stem, words
from app.tables.candidates import QuestionTokens, candidates, conditions
from app.tables.features import Featurizer
from app.tables.query import EXACT_RELATIONS, Operation, Result, TableQuery, run_query
from app.tables.values import Grid

WEIGHTS_FILE = Path(__file__).parent.parent / "data" / "table_ranker.json"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A result with the likeliest query for it; ``share`` (0 to 1) is that of all such queries.

    ``score`` is the query's own, before it is compared; ``left`` (0 to 1) is the share of the
    question's content words that it does not use. ``matched_places`` are the places of the words
    that ask for its operation, by what was learned: "cheapest", "in total".
    """

    query: TableQuery
    result: Result
    share: float
    score: float
    left: float
    matched_places: frozenset[int] = frozenset()


@cache
def weights() -> dict[str, float]:
    """The weight of each feature, by name."""
    content: dict[str, float] = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))["weights"]
    return content


def rank_queries(
    question: QuestionTokens,
    grid: Grid,
    likeness: Sequence[float],
    known: Mapping[str, float] | None = None,
) -> list[Ranked]:
    """The results that the question may ask for, likeliest first.

    ``likeness`` is the cosine of the question with each column (``columns_in_words``); ``known``
    the weights, if they are not those that come with Footnote.
    """
    named = conditions(question, grid)
    featurizer = Featurizer(question, grid, named, likeness)
    known = weights() if known is None else known
    best: dict[tuple[tuple[str, ...], str], tuple[float, TableQuery, Result, float]] = {}
    sums: dict[tuple[tuple[str, ...], str], float] = {}
    for query in candidates(grid, named):
        result = run_query(grid, query)
        if result is None:
            continue
        features = featurizer.features(query, result)
        score = sum(known.get(name, 0.0) * value for name, value in features.items())
        key = (result.texts, str(result.number))
        sums[key] = sums.get(key, 0.0) + math.exp(score)
        if key not in best or score > best[key][0]:
            best[key] = (score, query, result, features["left share"])
    total = sum(sums.values())
    ranked = [
        Ranked(q, r, sums[key] / total, score, left, featurizer.matched_places(q, known))
        for key, (score, q, r, left) in best.items()
    ]
    return sorted(ranked, key=lambda one: -one.share)


CONFIDENCE_FEATURES = (
    "log-odds of its share", "share of the next", "score", "left", "lookup", "extreme", "counted",
    "computed", "conditions", "exact", "supported", "words in its headings only",
    "words that it lacks",
)  # fmt: skip

MISSING_FEATURES = CONFIDENCE_FEATURES[-2:]
"""The features that show which share of the question's content words the table lacks."""


def features_of(
    question: QuestionTokens,
    grid: Grid,
    context: str,
    ranked: Sequence[Ranked],
    *,
    supported: bool,
) -> tuple[float, ...]:
    """What shows whether the likeliest result is right, in the order of ``CONFIDENCE_FEATURES``.

    ``context`` is what stands above the table: its document's title, its headings. ``supported`` is
    whether ``app.tables.support`` finds nothing against the result.
    """
    best = ranked[0]
    share = min(max(best.share, 1e-4), 1 - 1e-4)
    operation = best.query.operation
    lookup, extreme = operation is Operation.VALUES, operation in (Operation.MOST, Operation.LEAST)
    counted = operation in (Operation.COUNT, Operation.DISTINCT, Operation.COUNT_DIFFERENCE)
    stems, above = set(grid.stems), {stem(w) for w in words(context)}
    missing = [
        question.words[i]
        for i in question.content - best.matched_places
        if not soft_match(question.words[i], stems)
    ]
    lacking = [word for word in missing if not soft_match(word, above)]
    content = max(1, len(question.content))
    return (
        math.log(share / (1 - share)),
        ranked[1].share if len(ranked) > 1 else 0.0,
        best.score / 10,
        best.left,
        float(lookup),
        float(extreme),
        float(counted),
        float(not (lookup or extreme or counted)),
        float(len(best.query.conditions)),
        float(sum(c.relation in EXACT_RELATIONS for c in best.query.conditions)),
        float(supported),
        (len(missing) - len(lacking)) / content,
        len(lacking) / content,
    )


def columns_in_words(grid: Grid) -> list[str]:
    """A column's header with its first cells, for comparing with a question."""
    return [
        (c.header or "column")
        + ": "
        + ", ".join(dict.fromkeys(row[c.index].text[:40] for row in grid.rows[:4]))
        for c in grid.columns
    ]
