"""Makes examples over the evidence of several passages together, as the answerer finds it.

The sentences of the passage, and of others that share words with the question, which have most of
the question's words: with the sentence that answers among them, or with that one taken out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix

from app.language.tokens import content_words, fold, soft_match, stems
from evals.training.reader.examples import NO_SPAN, Example, by_people
from ingest.language.sentences import sentences

OTHER_SENTENCES = 2
"""Passages that are searched besides the example's own."""
MOST, LEAST = 6, 3
"""Sentences that are taken together."""
TEXT_BATCH_SIZE = 512


def joined_evidence(
    examples: Sequence[Example], count: int, rng: random.Random
) -> Iterator[Example]:
    """At most ``count`` examples over several passages' sentences, half of them unanswerable."""
    of_passages = [e for e in examples if e.support is None and len(sentences(e.second)) > 1]
    asked = [e for e in of_passages if e.answerable or by_people(e)]
    asked = rng.sample(asked, min(count, len(asked)))
    passages = list(dict.fromkeys(e.second for e in of_passages))
    for example, near in zip(asked, _nearest(asked, passages), strict=True):
        if example.answerable and rng.random() < 0.5:
            yield _without_answer(example, near, rng)
        else:
            yield _with_all(example, near, rng)


def _nearest(asked: Sequence[Example], passages: Sequence[str]) -> Iterator[list[str]]:
    """For each example the passages, not its own, that are nearest to its question."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    matrix: csr_matrix = vectorizer.fit_transform(passages).T.tocsr()
    for at in range(0, len(asked), TEXT_BATCH_SIZE):
        some = asked[at : at + TEXT_BATCH_SIZE]
        scores = (vectorizer.transform([e.first for e in some]) @ matrix).toarray()
        for example, row in zip(some, scores, strict=True):
            best = np.argsort(-row)[: OTHER_SENTENCES + 1]
            yield [passages[i] for i in best if passages[i] != example.second][:OTHER_SENTENCES]


def _closest(question: str, passage: str) -> list[tuple[float, int, int]]:
    """The passage's sentences with the share of the question's words that each has."""
    asked = content_words(question)
    return [
        (sum(soft_match(w, stems(passage[a:b])) for w in asked) / max(1, len(asked)), a, b)
        for a, b in sentences(passage)
    ]


def _picked(question: str, near: Sequence[str], most: int) -> list[str]:
    ranked = sorted(
        ((share, p, a, b) for p in near for share, a, b in _closest(question, p)), reverse=True
    )
    return [p[a:b] for _, p, a, b in ranked[:most]]


def _with_all(example: Example, near: Sequence[str], rng: random.Random) -> Example:
    """The sentence that answers (for a question without an answer, the closest ones) with more."""
    most = rng.randint(LEAST, MOST)
    passage = example.second
    ranked = sorted(_closest(example.first, passage), reverse=True)
    if not example.answerable:
        own = [passage[a:b] for _, a, b in ranked[: most - 1]]
        return _joined(example, own, near, most, rng)
    answering = [(a, b) for a, b in sentences(passage) if a <= example.start < b]
    own = [passage[a:b] for a, b in answering]
    own += [passage[a:b] for _, a, b in ranked[:2] if (a, b) not in answering]
    made = _joined(example, own, near, most, rng)
    at = made.second.find(own[0]) if own else -1
    inside = example.start - answering[0][0] if answering else 0
    length = example.end - example.start
    if at < 0 or inside + length > len(own[0]):
        return made
    start = at + inside
    return replace(made, start=start, end=start + length)


def _without_answer(example: Example, near: Sequence[str], rng: random.Random) -> Example:
    """The closest sentences, without any that has the answer's words."""
    answer = fold(example.second[example.start : example.end])
    ranked = sorted(_closest(example.first, example.second), reverse=True)
    own = [example.second[a:b] for _, a, b in ranked if answer not in fold(example.second[a:b])]
    made = _joined(example, own[:3], near, rng.randint(LEAST, MOST), rng, without=answer)
    return replace(made, answerable=False, source=f"{example.source}+joined-without")


def _joined(
    example: Example,
    own: list[str],
    near: Sequence[str],
    most: int,
    rng: random.Random,
    without: str = "",
) -> Example:
    more = _picked(example.first, near, most)
    more = [text for text in more if text not in own and not (without and without in fold(text))]
    chosen = [*own, *more][: max(most, 1)]
    rng.shuffle(chosen)
    return replace(
        example,
        second="\n".join(chosen),
        start=NO_SPAN,
        end=NO_SPAN,
        source=f"{example.source}+joined",
    )
