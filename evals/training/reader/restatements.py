"""Makes support pairs: a sentence of a passage put another way, or with one fact changed.

A date or a number written in another form says the same ("30 May 2023", "May 30, 2023"), one with
another value does not. Pairs that differ in just that teach the reader to look at what it says.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from evals.training.reader.examples import NO_SPAN, SUPPORT_LABELS, Example
from evals.training.reader.hard_negatives import negated, other_name, turned
from ingest.language.sentences import sentences

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_MONTH = rf"({'|'.join(_MONTHS)})"
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? {_MONTH},? (\d{{4}})\b")
_MONTH_FIRST = re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b")
_SMALL = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
]  # fmt: skip
_ALONE = r"(?! (?:hundred|thousand|million|billion|percent|per cent))"
_WORD = re.compile(rf"\b({'|'.join(_SMALL)})\b{_ALONE}")
_DIGIT = re.compile(rf"(?<![\d.,:/$€£\[(-])\b([2-9]|1[0-2])\b(?![\d.,:/%-]*\d)(?!%){_ALONE}")
_GROUPED = re.compile(r"\b(\d{1,3}),(\d{3})\b(?!,\d)")
_MILLIONS = re.compile(r"\b(\d{1,3}) million\b")
_PERCENT = re.compile(r"(\d) ?(?:%|percent\b|per cent\b)")
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_UNITS = """
thousand million billion, hours days weeks months years, metres feet miles,
kilometres miles metres, km miles, tonnes pounds kilograms, litres gallons barrels,
dollars euros pounds, monthly weekly yearly, inches centimetres, acres hectares
"""
_OTHER_UNITS: dict[str, list[str]] = {}
for _kind in _UNITS.replace("\n", " ").split(","):
    for _unit in _kind.split():
        _OTHER_UNITS.setdefault(_unit, []).extend(u for u in _kind.split() if u != _unit)
_NEIGHBOURS = 1
SHORTEST, LONGEST = 30, 320


def _other_date(text: str, rng: random.Random) -> str:
    """The first date in another form; the text itself if it has none."""

    def written(day: str, month: str, year: str) -> str:
        number = _MONTHS.index(month) + 1
        forms = (
            f"{int(day)} {month} {year}",
            f"{month} {int(day)}, {year}",
            f"{year}-{number:02d}-{int(day):02d}",
            f"{int(day)} {month[:3]} {year}",
        )
        return rng.choice(forms)

    text = _DAY_FIRST.sub(lambda m: written(m[1], m[2], m[3]), text, count=1)
    return _MONTH_FIRST.sub(lambda m: written(m[2], m[1], m[3]), text, count=1)


def other_forms(text: str, rng: random.Random) -> str:
    """The same text with its dates and numbers written in another form, if they have one."""
    restated = _other_date(text, rng)
    if not (_DAY_FIRST.search(text) or _MONTH_FIRST.search(text)):
        restated = _WORD.sub(lambda m: str(_SMALL.index(m[1]) + 2), text)
        if restated == text:
            restated = _DIGIT.sub(lambda m: _SMALL[int(m[1]) - 2], text)
    restated = _GROUPED.sub(r"\1\2", restated)
    restated = _MILLIONS.sub(r"\1,000,000", restated)
    return _PERCENT.sub(lambda m: f"{m[1]} percent" if "%" in m[0] else f"{m[1]}%", restated)


def other_number(text: str, rng: random.Random) -> str:
    """One number of the text, dates and years too, changed a little; "" if it has none."""
    matches = list(_NUMBER.finditer(text))
    if not matches:
        return ""
    gone = rng.choice(matches)
    places = [i for i, c in enumerate(gone[0]) if c.isdigit()]
    at = rng.choice(places)
    digits = [d for d in "123456789" if d != gone[0][at]]
    return (
        text[: gone.start()]
        + gone[0][:at]
        + rng.choice(digits)
        + gone[0][at + 1 :]
        + text[gone.end() :]
    )


def other_unit(text: str, rng: random.Random) -> str:
    """The text with one unit replaced by another of its kind; "" if it has none."""
    matches = [m for m in re.finditer(r"[a-z]+|%", text) if m[0] in _OTHER_UNITS]
    if not matches:
        return ""
    gone = rng.choice(matches)
    return text[: gone.start()] + rng.choice(_OTHER_UNITS[gone[0]]) + text[gone.end() :]


_CHANGES: tuple[tuple[Callable[[str, random.Random], str], float], ...] = (
    (other_number, 4.0),
    (turned, 2.0),
    (negated, 1.0),
    (other_unit, 2.0),
)


def restatement(example: Example, rng: random.Random) -> Example | None:
    """A support pair out of a passage; None if no sentence of it can be put another way.

    The premise is a sentence with its neighbours. The claim is the sentence in other forms and
    sometimes shorter (supported), or that with one fact changed (contradicted).
    """
    spans = [s for s in sentences(example.second) if SHORTEST <= s[1] - s[0] <= LONGEST]
    rng.shuffle(spans)
    for start, end in spans:
        sentence = example.second[start:end]
        claim = other_forms(sentence, rng)
        if claim == sentence and rng.random() < 0.7:
            continue
        premise = example.second[slice(*_around(example.second, start, rng))]
        label = "supported"
        if rng.random() < 0.55:
            changed = _changed(claim, premise, rng)
            if not changed:
                continue
            claim, label = changed, "contradicted"
        return Example(
            claim,
            premise,
            f"{example.source}+restated",
            example.licence,
            NO_SPAN,
            NO_SPAN,
            None,
            SUPPORT_LABELS.index(label),
        )
    return None


def _changed(claim: str, premise: str, rng: random.Random) -> str:
    candidates = [(way(claim, rng), odds) for way, odds in _CHANGES]
    candidates.append((other_name(claim, premise, rng), 2.0))
    candidates = [(text, odds) for text, odds in candidates if text]
    if not candidates:
        return ""
    return rng.choices([t for t, _ in candidates], [odds for _, odds in candidates])[0]


def _around(text: str, start: int, rng: random.Random) -> tuple[int, int]:
    """The sentence that begins at ``start`` with up to one neighbour on each side."""
    spans = sentences(text)
    at = next(i for i, (a, _) in enumerate(spans) if a == start)
    first = max(0, at - rng.randint(0, _NEIGHBOURS))
    last = min(len(spans) - 1, at + rng.randint(0, _NEIGHBOURS))
    return spans[first][0], spans[last][1]
