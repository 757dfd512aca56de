"""The training examples with those that are made out of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from evals.training.reader.examples import Example
from evals.training.reader.hard_negatives import changed_passage, hard_negative
from evals.training.reader.joined_evidence import joined_evidence
from evals.training.reader.restatements import restatement

CHANGED_SHARE = 0.3
"""Share of the answerable that also come with a passage of another name or number."""
MAX_RESTATED = 12_000
"""Passages that a support pair is made from, if one can be."""
MAX_JOINED = 16_000
"""Examples over the sentences of several passages."""


def with_made(examples: Sequence[Example], rng: random.Random) -> list[Example]:
    """The examples, a twin without an answer for each that has one, and the other made ones."""
    reading = [e for e in examples if e.support is None]
    answerable = [e for e in reading if e.answerable]
    examples_made = [hard_negative(e, rng) for e in answerable]
    examples_made += [
        changed_passage(e, rng.choice(answerable), rng)
        for e in answerable
        if rng.random() < CHANGED_SHARE
    ]
    one_each = list({e.second: e for e in reading}.values())
    again = rng.choices(one_each, k=min(MAX_RESTATED, len(reading))) if one_each else []
    examples_made += [restatement(e, rng) for e in again]
    examples_made += joined_evidence(reading, min(MAX_JOINED, len(reading) // 4), rng)
    return [*examples, *(e for e in examples_made if e is not None)]
