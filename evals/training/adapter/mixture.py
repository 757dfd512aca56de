"""The mixture of examples that the adapter learns from, in the order in which it learns them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from langchain_core.messages import BaseMessage

from app.models.openvino.causal_lm import CausalLM
from app.models.openvino.chat import as_text
from evals.training.adapter.examples import (
    Taught,
    Write,
    answer_example,
    read_pairs,
    support_example,
    support_pairs,
    twin,
    yes_no_example,
    yes_no_pairs,
)
from evals.training.train_probe import Asked, drawn, read_rows

QUESTIONS = ("reader-more.jsonl.gz", "reader.jsonl.gz")
PAIRS = ("support.jsonl.gz", "support-more.jsonl.gz")
YES_NO = "condaqa-yesno.jsonl.gz"
BLOCK = 25
"""Sentences that are written one after another: the start of their prompts is read once."""
MOST_SENTENCE_TOKENS = 60
MOST_PASSAGES = 4000
"""Passages that support pairs may be made of."""
TWIN_SHARE = 0.3
"""Of the answers, so many have a twin whose passage lacks the sentence that answers."""


def examples(training: Path, count: int, engine: CausalLM) -> Iterator[Taught]:
    """Answers, support, and yes or no by turns, so that any part of them has all three."""

    def write(asked: Sequence[BaseMessage]) -> str:
        prompt = engine.prompt(as_text(asked))
        logits = engine.read(prompt, lambda: True)
        assert logits is not None
        steps = engine.reply(prompt, logits, MOST_SENTENCE_TOKENS, lambda row: int(row.argmax()))
        return engine.decode([step.token for step in steps])

    rows = list(read_rows(training / name for name in QUESTIONS))
    passages = list({row.group: row for row in rows}.values())
    random.Random(3).shuffle(passages)
    pairs = list(read_pairs(training / name for name in PAIRS))
    support = map(support_example, support_pairs(pairs, passages[:MOST_PASSAGES], seed=3))
    asked_so = yes_no_pairs(training / YES_NO, pairs, seed=4)
    yes_no = (e for pair in asked_so if (e := yes_no_example(pair, write)) is not None)
    asked = iter(drawn(rows, count))
    while block := list(islice(asked, BLOCK)):
        for example in answers(block, write):
            yield example
            yield from islice(support, 1)
            yield from islice(yes_no, 1)


def answers(rows: Sequence[Asked], write: Write) -> list[Taught]:
    """Examples of questions: not more that say "Not stated." than sentences, a part of them twins.

    Not every answer makes a sentence.
    """
    stated, denied, twins = list[Taught](), list[Taught](), list[Taught]()
    for row in rows:
        if (example := answer_example(row, write)) is None:
            continue
        (stated if row.answerable else denied).append(example)
        if (other := twin(row)) and (example := answer_example(other, write)):
            twins.append(example)
    twins = twins[: round(TWIN_SHARE * len(stated))]
    return [*stated, *twins, *denied[: len(stated) - len(twins)]]
