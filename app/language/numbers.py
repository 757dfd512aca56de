"""Reads the numbers of a text as values, however they are written.

"nine" and 9, "one hundred and fifty" and 150, "25 million" and "25,000,000", "$1.2bn", "1.000.000"
and "1 000 000" are the same fact. Words are read in English, digits in any language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.language.tokens import fold

_UNIT_NAMES = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_TENS_NAMES = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_VALUES = {name: value for value, name in enumerate(_UNIT_NAMES.split())}
_VALUES |= {f"{name}th": value for name, value in _VALUES.items() if value > 3}
_VALUES |= {name: value for value, name in enumerate(_ORDINALS.split(), 1)}
_VALUES |= {name: 10 * value for value, name in enumerate(_TENS_NAMES.split(), 2)}
_VALUES |= {f"{name[:-1]}ieth": 10 * value for value, name in enumerate(_TENS_NAMES.split(), 2)}
_VALUES |= {"once": 1, "twice": 2, "thrice": 3, "dozen": 12}
_MAGNITUDES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_MAGNITUDES |= {f"{name}s": value for name, value in _MAGNITUDES.items()}
# Written right after digits. A single letter may be a unit too ("25m"): only an amount of money
# makes it a magnitude.
_SUFFIXES = {"mn": 1e6, "mio": 1e6, "bn": 1e9, "mrd": 1e9, "tn": 1e12, "trn": 1e12}
_LETTERS = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}

_DIGITS = (
    r"\d{1,3}(?:(?:,\d{3})+|(?:[\u00a0\u202f ]\d{3})+|(?:['’]\d{3})+)(?!\d)(?:\.\d+)?"
    r"|\d{1,3}(?:\.\d{3})+,\d{1,2}(?![\d.,])|\d{1,3}(?:\.\d{3}){2,}(?![\d.])"
    r"|\d+,\d{1,2}(?![\d,])|\d+(?:\.\d+)?"
)
_TOKEN = re.compile(
    rf"(?P<money>[$€£¥₹₽₺₼]\s?)?(?P<digits>{_DIGITS})"
    r"(?:\s?(?P<suffix>mn|mio|bn|mrd|tn|trn)\b|(?P<letter>[kmbt])\b)?|(?P<word>[^\W\d_]+)"
)


def find_numbers(text: str) -> set[float]:
    """Values of the numbers in a text, written in digits or words; ordinals as their number.

    The word "one" alone is left out: it is a pronoun more often than a number.
    """
    values: set[float] = set()
    spoken = _Spoken()
    for match in _TOKEN.finditer(fold(text)):
        if match["word"]:
            values.update(spoken.take(match["word"]))
        else:
            values.update(spoken.end())
            spoken.digits(_written(match))
    values.update(spoken.end())
    return values


def _written(match: re.Match[str]) -> float:
    value = _digit_value(match["digits"])
    if match["suffix"]:
        return value * _SUFFIXES[match["suffix"]]
    return value * _LETTERS[match["letter"]] if match["letter"] and match["money"] else value


def _digit_value(written: str) -> float:
    """The value of digits with the separators of any country."""
    plain = re.sub(r"[\s'’]", "", written)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}|\d+,\d{1,2}", plain):
        return float(plain.replace(".", "").replace(",", "."))
    return float(plain.replace(",", ""))


class _Spoken:
    """A number while its words arrive."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._total = 0.0
        self._current: float | None = None
        self._words: list[str] = []
        self._joined = False

    def digits(self, value: float) -> None:
        """Begin with a value in digits: a magnitude may follow."""
        self._current = value

    def take(self, word: str) -> Iterator[float]:
        """Read a word; yields the number that it ends, if it ends one."""
        if word in _MAGNITUDES and self._current is not None:
            self._total += self._current * _MAGNITUDES[word]
            self._current, self._joined = 0.0, False
        elif word == "hundred" and self._words[-1:] != ["hundred"]:
            self._current = (self._current or 1.0) * 100
        elif word == "and" and self._words[-1:] and self._words[-1] in {"hundred", *_MAGNITUDES}:
            self._joined = True
            return
        elif word in _VALUES:
            if not self._fits(_VALUES[word]):
                yield from self.end()
            self._current = self._joined_value(_VALUES[word])
        else:
            yield from self.end()
            return
        self._words.append(word)
        self._joined = False

    def _fits(self, value: int) -> bool:
        """Whether ``value`` goes on with the number: "twenty" + 5, "two hundred" + 50."""
        current = self._current
        if current is None or not self._words:
            return current is None
        if current % 100 == 0:
            return value < 100 and (current > 0 or self._total > 0)
        years = _is_century(current) and value >= 10
        return years or (current % 100 >= 20 and current % 10 == 0 and value < 10)

    def _joined_value(self, value: int) -> float:
        current = self._current or 0.0
        return current * 100 + value if _is_century(current) and value >= 10 else current + value

    def end(self) -> Iterator[float]:
        """Yields the number so far, if there is one, and begins again."""
        if self._current is not None and self._words != ["one"]:
            yield self._total + self._current
        self._clear()


def _is_century(value: float) -> bool:
    """Whether a year may begin with it: "nineteen ninety-two", "twenty twenty-five"."""
    return 15 <= value <= 20
