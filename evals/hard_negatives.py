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

from app.language.text import STOP_WORDS, fold
from evals.reader_data import NO_SPAN, Example

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


def _swap(pattern: re.Pattern[str]) -> Callable[[Example, random.Random], str]:
    """Replace one match in the question by another match of the passage, outside the answer."""

    def swapped(example: Example, rng: random.Random) -> str:
        found = [m for m in pattern.finditer(example.first) if fold(m[0]) not in STOP_WORDS]
        answer = fold(example.second[example.start : example.end])
        others = [
            m[0]
            for m in pattern.finditer(example.second)
            if fold(m[0]) not in fold(example.first)
            and fold(m[0]) not in answer
            and fold(m[0]) not in STOP_WORDS
        ]
        if not found or not others:
            return ""
        gone = rng.choice(found)
        return example.first[: gone.start()] + rng.choice(others) + example.first[gone.end() :]

    return swapped


def _turn(example: Example, rng: random.Random) -> str:
    found = [m for m in re.finditer(r"[a-z]+", example.first) if m[0] in _TURNED]
    if not found:
        return ""
    gone = rng.choice(found)
    return example.first[: gone.start()] + _TURNED[gone[0]] + example.first[gone.end() :]


def _negate(example: Example, rng: random.Random) -> str:
    found = list(_AUXILIARY.finditer(example.first))
    if not found or " not " in example.first or rng.random() < 0.5:
        return ""
    at = found[-1].end()
    return f"{example.first[:at]} not{example.first[at:]}"


_WAYS = (_turn, _swap(_NAME), _swap(_NUMBER), _swap(_WORD), _negate)
_ODDS = (4.0, 4.0, 2.0, 0.7, 0.5)


def hard_negative(example: Example, rng: random.Random) -> Example | None:
    """The unanswerable twin of an answerable example; None where no way to make one applies."""
    made = [(way(example, rng), odds) for way, odds in zip(_WAYS, _ODDS, strict=True)]
    made = [(question, odds) for question, odds in made if question]
    if not made:
        return None
    question = rng.choices([q for q, _ in made], [odds for _, odds in made])[0]
    return replace(
        example,
        first=question,
        start=NO_SPAN,
        end=NO_SPAN,
        answerable=False,
        source=f"{example.source}+twin",
    )
