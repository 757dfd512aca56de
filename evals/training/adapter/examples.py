"""What the adapter learns from: prompts as the product asks them, and the replies that are right.

Two tasks share it. *Answer*: one short sentence in the question's words with the number of its
source, or "Not stated." *Support*: yes if the sources support the whole statement, else no.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from langchain_core.messages import BaseMessage, HumanMessage

from app.answering.prompt import ANSWER_PROMPT, messages, support_messages
from app.language.tokens import content_words, soft_match, stems, words
from evals.training.reader.examples import LEFT_OUT_SOURCES, SUPPORT_LABELS, read_jsonl
from evals.training.reader.examples import Example as Pair
from evals.training.reader.restatements import restatement
from evals.training.train_probe import Asked
from ingest.language.sentences import sentences

Write = Callable[[Sequence[BaseMessage]], str]
"""The model's reply to a conversation."""
NOT_STATED, YES, NO = "Not stated.", "yes", "no"
MOST_CHARS = 1200
"""Premises longer than this are left out: a step over 300 tokens takes seconds on two cores."""
MOST_SENTENCE_WORDS = 30
RESTATED_SHARE = 0.4
"""Share of the support pairs that are made: a sentence of a passage, or one with a fact changed."""
FEW_SHOT = (
    "Turn the question and its answer into one short sentence that states the answer. Use the "
    "question's words.\n\n"
    "Question: When was the hall on Mill Street built?\nAnswer: 1912\n"
    "Sentence: The hall on Mill Street was built in 1912.\n\n"
    "Question: How many people can the ferry carry?\nAnswer: 340 passengers\n"
    "Sentence: The ferry can carry 340 passengers.\n\n"
    "Question: Who did the town council ask to repair the bridge?\nAnswer: the firm of Ida Brandt\n"
    "Sentence: The town council asked the firm of Ida Brandt to repair the bridge.\n\n"
)


@dataclass(frozen=True, slots=True)
class Taught:
    """One prompt and the reply that is right; ``group`` is its passage, by its checksum."""

    task: str
    prompt: tuple[BaseMessage, ...]
    reply: str
    source: str
    group: str

    @property
    def key(self) -> str:
        """What the states of its tokens are kept under."""
        said = [str(m.content) for m in self.prompt]
        return sha256("\0".join((*said, self.reply)).encode()).hexdigest()[:20]


def answer_example(row: Asked, write: Write) -> Taught | None:
    """The example of a question; None if its answer makes no sentence of the words that it has."""
    reply = NOT_STATED
    if row.answerable:
        number = next((n for n, s in enumerate(row.sources, 1) if row.answer in s), 0)
        sentence = answer_sentence(row.question, row.answer, write) if number else ""
        if not sentence:
            return None
        reply = f"{sentence.rstrip(' .')} [{number}]."
    prompt = tuple(messages(row.question, row.sources, ANSWER_PROMPT))
    return Taught("answer", prompt, reply, row.source, row.group)


def answer_sentence(question: str, answer: str, write: Write) -> str:
    """Question and answer as one sentence that the model writes; "" if it adds or loses words."""
    asked = HumanMessage(f"{FEW_SHOT}Question: {question}\nAnswer: {answer}\nSentence:")
    written = write([asked]).strip().partition("\n")[0]
    known, said = stems(f"{question} {answer}"), stems(written)
    added = [w for w in content_words(written) if soft_match(w, known) == 0]
    lost = [w for w in content_words(answer) if soft_match(w, said) == 0]
    fits = 2 < len(words(written)) <= MOST_SENTENCE_WORDS and written != question
    return written if fits and not added and not lost else ""


def support_examples(paths: Iterable[Path], rows: Sequence[Asked], seed: int) -> list[Taught]:
    """Support pairs, as many with yes as with no, the sources by turns, in the order to learn.

    Some are made of the passages of ``rows`` (``restatement``): sentences put another way, and
    sentences with one fact changed.
    """
    rng = random.Random(seed)
    pools: dict[str, dict[bool, list[Taught]]] = {}
    for row in _pairs(paths):
        pools.setdefault(_family(row), {True: [], False: []})[row.reply == YES].append(row)
    passages = [Pair(row.question, " ".join(row.sources), row.source, "") for row in rows]
    made = [p for e in passages if (p := restatement(e, rng)) and len(p.second) <= MOST_CHARS]
    restated: dict[bool, list[Taught]] = {True: [], False: []}
    for pair in made:
        row = _support(pair.first, pair.second, SUPPORT_LABELS[pair.support or 0], pair.source)
        restated[row.reply == YES].append(row)
    for pool in (*pools.values(), restated):
        for kind in pool.values():
            rng.shuffle(kind)
    turns, out = list(pools.values()), []
    while turns := [t for t in turns if all(t.values())]:
        for pool in turns:
            use_made = all(restated.values()) and rng.random() < RESTATED_SHARE
            chosen = restated if use_made else pool
            if all(chosen.values()):
                out += [chosen[True].pop(), chosen[False].pop()]
    return out


def _pairs(paths: Iterable[Path]) -> Iterator[Taught]:
    for path in paths:
        for row in read_jsonl(path):
            left_out = row["source"].startswith(LEFT_OUT_SOURCES)
            if len(row["premise"]) <= MOST_CHARS and not left_out:
                yield _support(row["claim"], row["premise"], row["label"], row["source"])


def _support(claim: str, premise: str, label: str, source: str) -> Taught:
    listed = [premise[a:b] for a, b in sentences(premise)] or [premise]
    reply = YES if label == SUPPORT_LABELS[0] else NO
    group = sha256(premise.encode()).hexdigest()[:20]
    return Taught("support", tuple(support_messages(claim, listed)), reply, source, group)


def _family(row: Taught) -> str:
    """The data set that a source is a part of: "fever" of "fever-symmetric"."""
    return row.source.partition("-")[0]
