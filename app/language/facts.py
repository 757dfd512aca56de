"""Extracts numbers, dates, names and quotations in a normalised form that can be compared.

"nine" and 9, "29 May 1992" and "May 29, 1992", "Türkiye" and "Turkiye", "25 million" and
"25,000,000" are the same fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.language.text import STOP_WORDS, fold, stem

_UNIT_NAMES = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_UNITS = _UNIT_NAMES.split()
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fifth": 5,
    "eighth": 8,
    "ninth": 9,
    "twelfth": 12,
}
_MAGNITUDES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_EXTRA = {"once": 1, "twice": 2, "thrice": 3, "dozen": 12}
_MONTH_NAMES = """
january february march april may june july august september october november december
"""
_MONTHS = {name: i for i, name in enumerate(_MONTH_NAMES.split(), 1)}
_MONTH = (
    "("
    + "|".join(m.title() for m in _MONTHS)
    + "|"
    + "|".join(m[:3].title() + r"\." for m in _MONTHS if m != "may")
    + "|Sept\\.?)"
)
_RANGE = r"(\d{1,2})(?:st|nd|rd|th)?(?:\s*(?:-|–|to|and|until)\s*(\d{1,2})(?:st|nd|rd|th)?)?"
_DAY_FIRST = re.compile(rf"\b{_RANGE}\s+(?:of\s+)?{_MONTH}(?:,?\s+(\d{{4}}))?")
_MONTH_FIRST = re.compile(rf"\b{_MONTH}\s+{_RANGE}(?![\d])(?:,?\s+(?:in\s+)?(\d{{4}})\b)?")
_MONTH_YEAR = re.compile(rf"\b{_MONTH},?\s+(?:of\s+|in\s+)?(\d{{4}})\b")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_NUMBER = re.compile(r"\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?")
_QUOTATION = re.compile(r"[“\"«]([^”\"»]{3,}?)[”\"»]")


@dataclass(frozen=True, slots=True)
class Date:
    """A date as far as a text gives it; None where it does not."""

    year: int | None
    month: int
    day: int | None

    def fits(self, other: Date) -> bool:
        """Whether ``other`` (the source) says at least as much and says the same."""
        return (
            self.month == other.month
            and (self.day is None or self.day == other.day)
            and (self.year is None or self.year == other.year or other.year is None)
        )


def _month(text: str) -> int:
    return next(i for name, i in _MONTHS.items() if name.startswith(fold(text).rstrip(".")[:3]))


def dates(text: str) -> set[Date]:
    """Dates with a month, ranges as both their ends."""
    found: set[Date] = set()
    for pattern, order in ((_DAY_FIRST, (2, 0, 1, 3)), (_MONTH_FIRST, (0, 1, 2, 3))):
        for match in pattern.finditer(text):
            groups = match.groups()
            month, first, last, year = (groups[i] for i in order)
            for day in filter(None, (first, last)):
                found.add(Date(int(year) if year else None, _month(month), int(day)))
    for match in _MONTH_YEAR.finditer(text):
        found.add(Date(int(match[2]), _month(match[1]), None))
    for match in _ISO.finditer(text):
        found.add(Date(int(match[1]), int(match[2]), int(match[3])))
    return found


def _word_value(word: str) -> float | None:
    for table in (_TENS, _ORDINALS, _EXTRA):
        if word in table:
            return float(table[word])
    if word in _UNITS:
        return float(_UNITS.index(word))
    bare = word[:-2] if word.endswith("th") else ""
    if bare in _UNITS:
        return float(_UNITS.index(bare))
    if word.endswith("ieth") and word[:-4] + "y" in _TENS:
        return float(_TENS[word[:-4] + "y"])
    return None


def _tokens(text: str) -> Iterator[str]:
    for match in re.finditer(rf"{_NUMBER.pattern}|[^\W\d_]+", fold(text)):
        yield match[0]


def numbers(text: str) -> set[float]:
    """Values of the numbers in a text, written in digits or words; ordinals as their number.

    The word "one" alone is left out: it is a pronoun more often than a number.
    """
    found: set[float] = set()
    held: float | None = None
    spoken = False
    for token in [*_tokens(text), ""]:
        value = None
        if token[:1].isdigit():
            value = float(re.sub(r"[^\d.]", "", token))
        elif token in _MAGNITUDES and held is not None:
            held, spoken = held * _MAGNITUDES[token], False
            continue
        else:
            value = _word_value(token)
        if (
            value is not None
            and held is not None
            and 20 <= held < 100
            and held % 10 == 0
            and value < 10
            and not token[:1].isdigit()
        ):
            held, spoken = held + value, False
            continue
        if held is not None and not (spoken and held == 1):
            found.add(held)
        held, spoken = value, token == "one"
    return found


def quotations(text: str) -> list[str]:
    """What stands between quotation marks, folded, single-spaced."""
    return [" ".join(fold(m[1]).split()).strip(" .,;") for m in _QUOTATION.finditer(text)]


def names(text: str) -> list[str]:
    """Folded capitalised words that are names by their place: not the first of a sentence.

    The first word of a sentence counts only where the text capitalises it elsewhere too.
    """
    found: list[str] = []
    starts: list[str] = []
    opening = True
    for match in re.finditer(r"\w[\w’'-]*(?:\.(?=\w))?|[.!?:\n]", text):
        token = match[0]
        if token in ".!?:\n":
            opening = True
            continue
        if token[0].isupper() and fold(token) not in STOP_WORDS and fold(token) not in _MONTHS:
            (starts if opening else found).append(re.sub(r"['’]s?$", "", fold(token)))
        opening = False
    return list(dict.fromkeys([*found, *(s for s in starts if s in found)]))


def name_stands(name: str, among: set[str]) -> bool:
    """Whether a folded name is among folded words: itself, its initial, or a form of it."""
    if name in among or stem(name) in {stem(w) for w in among}:
        return True
    if len(name) == 1:
        return any(w.startswith(name) for w in among)
    return any(
        len(w) >= 4 and len(name) >= 4 and w[:4] == name[:4] and abs(len(w) - len(name)) <= 3
        for w in among
    )
