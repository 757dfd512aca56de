"""The features of the queries that a question may mean, as the ranker's fit takes them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.question.parsed_question import ParsedQuestion
from app.tables.candidates import candidates, conditions, tokenize_question
from app.tables.features import Featurizer
from app.tables.query import run_query
from app.tables.ranker import columns_in_words
from evals.training.tables.questions import TableQuestion, is_right
from store.embedding.embedder import Embedder

# Queries of a question that the fit sees, at most: right ones and wrong ones, drawn by chance.
MOST_RIGHT, MOST_WRONG = 40, 1200
# A feature counts if so many questions have it.
MIN_QUESTIONS = 6
TEXT_BATCH_SIZE = 256


@dataclass(frozen=True, slots=True)
class RankedExample:
    """One question whose queries include a right one.

    ``ids`` and ``values`` are the features of all its queries, one after the other; ``ends`` is
    where each query's stop, ``right`` whether it gives the answer.
    """

    asked: TableQuestion
    ids: NDArray[np.int32]
    values: NDArray[np.float32]
    ends: NDArray[np.int64]
    right: NDArray[np.bool_]


def likenesses(
    questions: Sequence[TableQuestion], embedder: Embedder
) -> Iterator[tuple[float, ...]]:
    """The cosine of each question with the columns of its table."""
    by_question: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(questions), TEXT_BATCH_SIZE):
        batch = questions[start : start + TEXT_BATCH_SIZE]
        vectors = embedder.encode_queries([one.question for one in batch])
        for one, vector in zip(batch, vectors, strict=True):
            if one.table not in by_question:
                by_question[one.table] = embedder.encode_documents(columns_in_words(one.grid))
            yield tuple(map(float, by_question[one.table] @ vector))


def examples(
    questions: Sequence[TableQuestion], embedder: Embedder, ids: dict[str, int]
) -> Iterator[RankedExample]:
    """Examples of the questions that some query answers; ``ids`` numbers the features' names."""
    chance = random.Random(1)
    alike = likenesses(questions, embedder)
    for number, (one, likeness) in enumerate(zip(questions, alike, strict=True), 1):
        if number % 50 == 0:
            print(f"\r{number:,} of {len(questions):,} questions", end="", flush=True)
        example = _example(one, likeness, ids, chance)
        if example is not None:
            yield example
    print()


def _example(
    one: TableQuestion, likeness: tuple[float, ...], ids: dict[str, int], chance: random.Random
) -> RankedExample | None:
    tokens = tokenize_question(ParsedQuestion(one.question))
    named = conditions(tokens, one.grid)
    results = [
        (q, r) for q in candidates(one.grid, named) if (r := run_query(one.grid, q)) is not None
    ]
    right = [bool(one.answers) and is_right(one, result) for _, result in results]
    if not any(right):
        return None
    chosen = _drawn(right, chance)
    featurizer = Featurizer(tokens, one.grid, named, likeness)
    rows = [featurizer.features(*results[i]) for i in chosen]
    return RankedExample(
        one,
        np.array([ids.setdefault(name, len(ids)) for f in rows for name in f], np.int32),
        np.array([value for f in rows for value in f.values()], np.float32),
        np.cumsum([len(f) for f in rows]),
        np.array([right[i] for i in chosen]),
    )


def _drawn(right: Sequence[bool], chance: random.Random) -> list[int]:
    good = [i for i, ok in enumerate(right) if ok]
    bad = [i for i, ok in enumerate(right) if not ok]
    kept = chance.sample(good, min(MOST_RIGHT, len(good)))
    return kept + chance.sample(bad, min(MOST_WRONG, len(bad)))


def pruned(
    data: Sequence[RankedExample], ids: Mapping[str, int]
) -> tuple[list[RankedExample], list[str]]:
    """Examples without rare features, numbered again, and the names of those that are left."""
    seen = Counter[int]()
    for one in data:
        seen.update(np.unique(one.ids).tolist())
    frequent = [name for name, i in ids.items() if seen[i] >= MIN_QUESTIONS]
    numbers = np.full(len(ids), -1, np.int32)
    numbers[[ids[name] for name in frequent]] = np.arange(len(frequent))
    return [_renumbered(one, numbers) for one in data], frequent


def _renumbered(one: RankedExample, numbers: NDArray[np.int32]) -> RankedExample:
    fresh = numbers[one.ids]
    keep = fresh >= 0
    before = np.concatenate([[0], np.cumsum(keep)])
    return replace(one, ids=fresh[keep], values=one.values[keep], ends=before[one.ends])
