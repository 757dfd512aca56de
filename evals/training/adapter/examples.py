"""What the adapter learns from: prompts as the product asks them, and the replies that are right.

Three tasks share it. *Answer*: one short sentence in the question's words with the number of its
source, or "Not stated." *Support*: yes if the sources support the whole statement, no if they say
otherwise, unknown if they say nothing of it. *Yes or no*: the same for what a question asks.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from langchain_core.messages import BaseMessage, HumanMessage

from app.answering.prompt import ANSWER_PROMPT, YES_NO_PROMPT, messages, support_messages
from app.language.negation import is_negated
from app.language.tokens import content_words, fold, soft_match, stems, words
from app.question.answer_type import AnswerType
from app.question.answer_type import answer_type as parse_answer_type
from evals.training.reader.examples import LEFT_OUT_SOURCES, SUPPORT_LABELS, Example, read_jsonl
from evals.training.reader.restatements import restatement
from evals.training.train_probe import Asked
from ingest.language.sentences import sentences

Write = Callable[[Sequence[BaseMessage]], str]
"""The model's reply to a conversation."""
NOT_STATED, YES, NO, UNKNOWN = "Not stated.", "yes", "no", "unknown"
REPLIES = dict(zip(SUPPORT_LABELS, (YES, NO, UNKNOWN), strict=True))
MOST_CHARS = 1200
"""Premises longer than this are left out: a step over 300 tokens takes seconds on two cores."""
MOST_SENTENCE_WORDS = 30
CAPTIONS = ("snli",)
"""Sources whose premises describe a picture: nobody asks them whether something is so."""
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
QUESTION_FEW_SHOT = (
    "Turn the statement into one question that asks for yes or no. Use the statement's words.\n\n"
    "Statement: The hall on Mill Street was built in 1912.\n"
    "Question: Was the hall on Mill Street built in 1912?\n\n"
    "Statement: The new ferry carries 340 passengers.\n"
    "Question: Does the new ferry carry 340 passengers?\n\n"
    "Statement: Ida Brandt repaired the bridge for the town council.\n"
    "Question: Did Ida Brandt repair the bridge for the town council?\n\n"
)


@dataclass(frozen=True, slots=True)
class SupportPair:
    """A claim, or a question for yes or no, and what the premise makes of it."""

    claim: str
    premise: str
    label: str
    source: str


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


def twin(row: Asked) -> Asked | None:
    """The question over its passage without the sentences that answer it; None if none is left."""
    rest = tuple(s for s in row.sources if fold(row.answer) not in fold(s))
    if not row.answer or not rest or len(rest) == len(row.sources):
        return None
    return replace(row, sources=rest, answerable=False, answer="", source=f"{row.source}+twin")


def answer_sentence(question: str, answer: str, write: Write) -> str:
    """Question and answer as one sentence that the model writes; "" if it adds or loses words."""
    asked = HumanMessage(f"{FEW_SHOT}Question: {question}\nAnswer: {answer}\nSentence:")
    written = write([asked]).strip().partition("\n")[0]
    known, said = stems(f"{question} {answer}"), stems(written)
    added = [w for w in content_words(written) if soft_match(w, known) == 0]
    lost = [w for w in content_words(answer) if soft_match(w, said) == 0]
    fits = 2 < len(words(written)) <= MOST_SENTENCE_WORDS and written != question
    return written if fits and not added and not lost else ""


def support_example(pair: SupportPair) -> Taught:
    """The example that asks whether the premise supports the claim."""
    prompt = support_messages(pair.claim, _sources(pair))
    return Taught("support", tuple(prompt), REPLIES[pair.label], pair.source, _group(pair))


def yes_no_example(pair: SupportPair, write: Write) -> Taught | None:
    """The example that asks what the claim says; None if the claim makes no such question."""
    question = yes_no_question(pair.claim, write)
    if not question:
        return None
    prompt = messages(question, _sources(pair), YES_NO_PROMPT)
    return Taught("yes or no", tuple(prompt), REPLIES[pair.label], pair.source, _group(pair))


def yes_no_question(claim: str, write: Write) -> str:
    """A claim as a question for yes or no that the model writes; "" if it adds or loses words."""
    if claim.endswith("?"):
        return claim
    if is_negated(claim):
        return ""
    written = write([HumanMessage(f"{QUESTION_FEW_SHOT}Statement: {claim}\nQuestion:")])
    question = written.strip().partition("\n")[0]
    known, asked = stems(claim), stems(question)
    added = [w for w in content_words(question) if soft_match(w, known) == 0]
    lost = [w for w in content_words(claim) if soft_match(w, asked) == 0]
    of_kind = parse_answer_type(fold(question)) is AnswerType.YES_NO
    return question if question.endswith("?") and of_kind and not added and not lost else ""


def support_pairs(
    pairs: Iterable[SupportPair], passages: Sequence[Asked], seed: int
) -> list[SupportPair]:
    """As many pairs that are supported as others, the sources by turns, in the order to learn.

    Some are made of the ``passages`` (``restatement``): sentences put another way, and sentences
    with one fact changed.
    """
    rng = random.Random(seed)
    pools: dict[str, dict[bool, list[SupportPair]]] = {}
    for pair in pairs:
        pool = pools.setdefault(_family(pair), {True: [], False: []})
        pool[pair.label == SUPPORT_LABELS[0]].append(pair)
    texts = [Example(row.question, " ".join(row.sources), row.source, "") for row in passages]
    restated: dict[bool, list[SupportPair]] = {True: [], False: []}
    for made in (restatement(text, rng) for text in texts):
        if made and len(made.second) <= MOST_CHARS:
            label = SUPPORT_LABELS[made.support or 0]
            pair = SupportPair(made.first, made.second, label, made.source)
            restated[label == SUPPORT_LABELS[0]].append(pair)
    for pool in (*pools.values(), restated):
        for kind in pool.values():
            rng.shuffle(kind)
    turns, out = list(pools.values()), list[SupportPair]()
    while turns := [t for t in turns if all(t.values())]:
        for pool in turns:
            use_made = all(restated.values()) and rng.random() < RESTATED_SHARE
            chosen = restated if use_made else pool
            if all(chosen.values()):
                out += [chosen[True].pop(), chosen[False].pop()]
    return out


def read_pairs(paths: Iterable[Path]) -> Iterator[SupportPair]:
    """Support pairs of files with a JSON object a line; long premises and sources that mislead
    are left out."""
    for path in paths:
        for row in read_jsonl(path):
            left_out = row["source"].startswith(LEFT_OUT_SOURCES)
            if len(row["premise"]) <= MOST_CHARS and not left_out:
                yield SupportPair(row["claim"], row["premise"], row["label"], row["source"])


def yes_no_pairs(path: Path, pairs: Iterable[SupportPair], seed: int) -> Iterator[SupportPair]:
    """Questions for yes or no by people, and claims to make some of, by turns, until the first of
    them run out. Each answer comes as often as the others."""
    rng, pools = random.Random(seed), {label: list[SupportPair]() for label in SUPPORT_LABELS}
    for pair in pairs:
        if _family(pair) not in CAPTIONS:
            pools[pair.label].append(pair)
    asked = {label: list[SupportPair]() for label in SUPPORT_LABELS[:2]}
    for row in read_jsonl(path):
        label = SUPPORT_LABELS[0 if row["answer"] == "yes" else 1]
        if len(row["passage"]) <= MOST_CHARS:
            source = f"{row['source']}-yesno"
            asked[label].append(SupportPair(row["question"], row["passage"], label, source))
    for pool in (*pools.values(), *asked.values()):
        rng.shuffle(pool)
    while all(len(pool) > 1 for pool in (*pools.values(), *asked.values())):
        for label, pool in pools.items():
            yield pool.pop()
            # Nobody asked what its passage leaves open: claims stand for those twice.
            yield asked.get(label, pool).pop()


def _sources(pair: SupportPair) -> list[str]:
    return [pair.premise[a:b] for a, b in sentences(pair.premise)] or [pair.premise]


def _group(pair: SupportPair) -> str:
    return sha256(pair.premise.encode()).hexdigest()[:20]


def _family(pair: SupportPair) -> str:
    """The data set that a source is a part of: "fever" of "fever-symmetric"."""
    return pair.source.partition("-")[0]
