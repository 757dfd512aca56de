"""Makes hard negatives: unanswerable variants of answerable questions, one thing changed.

People who write adversarial questions swap a name, a number or a word for another of the same
passage, turn a word into its opposite, or negate. Pairs that differ in one thing teach the reader
to look at just that. Machine-made: some twins can still be answered; they are for training only.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from app.language.tokens import STOP_WORDS, fold
from evals.training.reader.examples import NO_SPAN, Example

_NAME = re.compile(r"(?<![.?!] )(?<!^)\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_WORD = re.compile(r"\b[a-z]{5,}\b")
_OPPOSITES = """
first last, largest smallest, highest lowest, most least, north south, east west, before after,
early late, old new, more less, increase decrease, win lose, won lost, begin end, began ended,
start stop, open close, join leave, joined left, accept reject, legal illegal, public private,
internal external, modern ancient, male female, common rare, positive negative, upper lower,
support oppose, supported opposed, allowed banned, major minor, include exclude, rise fall
"""
_TURNED: dict[str, str] = {}
for _pair in _OPPOSITES.replace("\n", " ").split(","):
    _one, _other = _pair.split()
    _TURNED |= {_one: _other, _other: _one}
_AUXILIARY = re.compile(r"\b(is|are|was|were|did|does|do|can|could|will|would|has|have|had)\b")


_Way = Callable[[Example, random.Random], str]


def _swap(pattern: re.Pattern[str]) -> _Way:
    """Replace one match in the question by another match of the passage, outside the answer."""

    def swapped(example: Example, rng: random.Random) -> str:
        answer = example.second[example.start : example.end]
        return _with_other(pattern, example.first, example.second, answer, rng)

    return swapped


def _with_other(
    pattern: re.Pattern[str], text: str, source: str, spared: str, rng: random.Random
) -> str:
    """``text`` with one match replaced by another of ``source`` that it lacks; "" if none."""
    matches = [m for m in pattern.finditer(text) if fold(m[0]) not in STOP_WORDS]
    known = f"{fold(text)} {fold(spared)}"
    others = [
        m[0]
        for m in pattern.finditer(source)
        if fold(m[0]) not in known and fold(m[0]) not in STOP_WORDS
    ]
    if not matches or not others:
        return ""
    gone = rng.choice(matches)
    return text[: gone.start()] + rng.choice(others) + text[gone.end() :]


def other_name(text: str, source: str, rng: random.Random) -> str:
    """The text with one of its names replaced by another of the source; "" if it has none."""
    return _with_other(_NAME, text, source, "", rng)


def turned(text: str, rng: random.Random) -> str:
    """The text with one word turned into its opposite; "" if no word has one."""
    matches = [m for m in re.finditer(r"[a-z]+", text) if m[0] in _TURNED]
    if not matches:
        return ""
    gone = rng.choice(matches)
    return text[: gone.start()] + _TURNED[gone[0]] + text[gone.end() :]


def negated(text: str, rng: random.Random) -> str:
    """The text with "not" behind its last auxiliary; "" if it has none, or half of the time."""
    matches = list(_AUXILIARY.finditer(text))
    if not matches or " not " in text or rng.random() < 0.5:
        return ""
    at = matches[-1].end()
    return f"{text[:at]} not{text[at:]}"


def _of_question(
    way: Callable[[str, random.Random], str],
) -> Callable[[Example, random.Random], str]:
    return lambda example, rng: way(example.first, rng)


_WAYS = (_of_question(turned), _swap(_NAME), _swap(_NUMBER), _swap(_WORD), _of_question(negated))
_ODDS = (4.0, 4.0, 2.0, 0.7, 0.5)


def hard_negative(example: Example, rng: random.Random) -> Example | None:
    """The unanswerable twin of an answerable example; None if no way to make one applies."""
    candidates = [(way(example, rng), odds) for way, odds in zip(_WAYS, _ODDS, strict=True)]
    candidates = [(question, odds) for question, odds in candidates if question]
    if not candidates:
        return None
    question = rng.choices([q for q, _ in candidates], [odds for _, odds in candidates])[0]
    return _unanswerable(example, question, example.second, "+twin")


def changed_passage(example: Example, other: Example, rng: random.Random) -> Example | None:
    """The example unanswerable because its passage speaks of another name or number.

    One name or number that the question and the passage share is replaced in the passage by one of
    the ``other`` example's; None if they share none outside the answer.
    """
    answer = fold(example.second[example.start : example.end])
    for pattern in rng.sample((_NAME, _NUMBER), 2):
        shared = [
            m[0]
            for m in pattern.finditer(example.first)
            if fold(m[0]) not in STOP_WORDS
            and re.search(rf"\b{re.escape(m[0])}\b", example.second)
            and fold(m[0]) not in answer
        ]
        others = [
            m[0]
            for m in pattern.finditer(other.second)
            if m[0] not in example.second and fold(m[0]) not in STOP_WORDS
        ]
        if shared and others:
            gone, put = rng.choice(shared), rng.choice(others)
            put = put.replace("\\", "")
            passage = re.sub(rf"\b{re.escape(gone)}\b", put, example.second)
            return _unanswerable(example, example.first, passage, "+changed")
    return None


def _unanswerable(example: Example, question: str, passage: str, changed: str) -> Example:
    return replace(
        example,
        first=question,
        second=passage,
        start=NO_SPAN,
        end=NO_SPAN,
        answerable=False,
        source=f"{example.source}{changed}",
    )
