"""Reads the dates of a text, with the names of the months in the languages that CLDR has them for.

"29 May 1992", "May 29, 1992", "29. Mai 1992", "29.05.1992", "29/5/92" and "1992-05-29" are the same
date. Of "03/04/1992" only what stands with it shows which part is the day (``day_first_of``); by
itself it is no date.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from app.language.tokens import fold

# A day without its year may be any day of a month.
LEAP_YEAR = 2024
# If another language has an English word for a month, the first language wins.
LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro",
    "bg", "hr", "sr", "sl", "uk", "ru", "be", "tr", "az", "kk", "uz", "ky", "tg", "el", "ar", "fa",
    "he", "id", "vi",
)  # fmt: skip
# Names of months that are also words: without a capital they are a date only with its year.
_ALSO_WORDS = {"may", "march", "mars", "august"}
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b")
# With a year of two digits, dots alone may be a section's number: the day or month has two as well.
_SHORT = re.compile(
    r"(?<![\d./-])(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-]|\.\d)"
    r"|(?<![\d.])(\d{2}|\d(?=\.\d\d\.)|[12]\d|3[01])(\.)(\d{1,2})\6(\d{2})(?![\d/-]|\.\d)"
)
# Of a year of two digits those up to this one are of this century (POSIX, strptime).
_LAST_SHORT_YEAR = 68
_EAST = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월](?:\s*(\d{1,2})\s*[日일号])?")
_DAYS = (
    r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?(?:\s*(?:-|–|to|and|until|bis|au|al)\s*(\d{1,2})"
    r"(?:st|nd|rd|th|\.)?)?"
)
_YEAR = r"(?:,?\s+(?:(?:of|in|de|del)\s+)?(\d{4})\b)?"


@dataclass(frozen=True, slots=True)
class Date:
    """A date as far as a text gives it; None if it does not."""

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


@cache
def months() -> dict[str, int]:
    """Folded names of the months, and English short forms, with their number (1 to 12)."""
    from babel import Locale

    numbers: dict[str, int] = {}
    for language in LANGUAGES:
        forms = Locale.parse(language).months
        for form in ("format", "stand-alone"):
            for number, name in forms[form]["wide"].items():
                if not name[:1].isdigit():
                    numbers.setdefault(fold(name), number)
    english = [name for name, _ in zip(list(numbers), range(12), strict=False)]
    return numbers | {name[:3]: numbers[name] for name in english} | {"sept": 9}


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Day before month, month before day, and month with year only, over folded text."""
    names = "|".join(sorted(map(re.escape, months()), key=len, reverse=True))
    month = rf"\b({names})\b\.?"
    return (
        re.compile(rf"\b{_DAYS}\s+(?:(?:of|de)\s+)?{month}{_YEAR}"),
        re.compile(rf"{month}\s+(?:the\s+)?{_DAYS}(?!\d){_YEAR}"),
        re.compile(rf"{month},?\s+(?:(?:of|in|de)\s+)?(\d{{4}})\b"),
    )


def find_dates(text: str, day_first: bool | None = None) -> set[Date]:
    """Dates with a month, ranges as both their ends.

    ``day_first`` says how to read "03/04/1992"; if it is None, that is left out.
    """
    return {date for _, _, date in _find(text, day_first)}


def date_spans(text: str, day_first: bool | None = None) -> list[tuple[int, int, Date]]:
    """Dates with where they stand, none within another; ranges are left out."""
    return _longest(_find(text, day_first)) if len(fold(text)) == len(text) else []


def day_first_of(texts: Iterable[str]) -> bool | None:
    """Whether dates like "03/04/1992" that stand together begin with the day; None if no date among
    them shows it, or if they disagree."""
    shown = set()
    for text in texts:
        for match in _SHORT.finditer(text):
            one, other = (int(n) for n in _short_parts(match)[:2])
            if (one > 12) != (other > 12):
                shown.add(one > 12)
    return shown.pop() if len(shown) == 1 else None


def with_dates_of(source: str, text: str) -> str:
    """``text`` with its dates written as ``source`` writes the same ones.

    "May 30, 2023" becomes "30 May 2023" if the source has that: a network that compares the two
    then sees equal words.
    """
    if len(fold(text)) != len(text) or len(fold(source)) != len(source):
        return text
    written = {date: source[a:b] for a, b, date in _longest(_find(source))}
    for start, end, date in reversed(_longest(_find(text))):
        text = text[:start] + written.get(date, text[start:end]) + text[end:]
    return text


def _longest(candidates_found: list[tuple[int, int, Date]]) -> list[tuple[int, int, Date]]:
    """The longest of those that overlap, in order; ranges, which are two dates, left out."""
    spans = [(a, b) for a, b, _ in candidates_found]
    kept: list[tuple[int, int, Date]] = []
    for a, b, date in sorted(candidates_found, key=lambda f: f[0] - f[1]):
        if spans.count((a, b)) == 1 and all(b <= c or d <= a for c, d, _ in kept):
            kept.append((a, b, date))
    return sorted(kept, key=lambda f: f[0])


def _find(text: str, day_first: bool | None = None) -> list[tuple[int, int, Date]]:
    """Dates with where they stand in the folded text."""
    matches = [
        (
            *m.span(),
            Date(int(m[order[0]]), int(m[order[1]]), int(m[order[2]]) if m[order[2]] else None),
        )
        for pattern, order in ((_ISO, (1, 2, 3)), (_DOTTED, (3, 2, 1)), (_EAST, (1, 2, 3)))
        for m in pattern.finditer(text)
    ]
    if any(map(str.isdigit, text)):
        matches += _short_dates(text, day_first) + _with_month_names(text)
    return [
        (a, b, d)
        for a, b, d in matches
        if 1 <= d.month <= 12 and 1 <= (d.day or 1) <= monthrange(d.year or LEAP_YEAR, d.month)[1]
    ]


def _short_parts(match: re.Match[str]) -> tuple[str, str, str]:
    """The first two parts of a short date, and its year."""
    groups = match.groups()
    first, _, second, year = groups[:4] if groups[0] else groups[4:]
    return first, second, year


def _short_dates(text: str, day_first: bool | None) -> list[tuple[int, int, Date]]:
    """Dates such as 28/02/2024, 2/28/24 and 28.2.24. With dots the day comes first."""
    dates = []
    for match in _SHORT.finditer(text):
        first, second, year = (int(n) for n in _short_parts(match))
        if len(_short_parts(match)[2]) == 2:
            year += 2000 if year <= _LAST_SHORT_YEAR else 1900
        first_is_day = day_first
        if match[6] or (first > 12) != (second > 12):
            first_is_day = bool(match[6]) or first > 12
        if first_is_day is not None:
            day, month = (first, second) if first_is_day else (second, first)
            dates.append((*match.span(), Date(year, month, day)))
    return dates


def _with_month_names(text: str) -> list[tuple[int, int, Date]]:
    folded = fold(text)
    matches: list[tuple[int, int, Date]] = []
    day_first, month_first, month_year = _patterns()
    for pattern, order in ((day_first, (2, 0, 1, 3)), (month_first, (0, 1, 2, 3))):
        for match in pattern.finditer(folded):
            groups = match.groups()
            name, first, last, year = (groups[i] for i in order)
            if year or name not in _ALSO_WORDS or _is_capital(text, name):
                matches += [
                    (*match.span(), Date(int(year) if year else None, months()[name], int(day)))
                    for day in filter(None, (first, last))
                ]
    for match in month_year.finditer(folded):
        matches.append((*match.span(), Date(int(match[2]), months()[match[1]], None)))
    return matches


def _is_capital(text: str, name: str) -> bool:
    return name.title() in text or name.upper() in text
