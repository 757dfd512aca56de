"""Reads the dates of a text, with the names of the months in the languages that CLDR has them for.

"29 May 1992", "May 29, 1992", "29. Mai 1992", "29.05.1992" and "1992-05-29" are the same date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from app.language.text import fold

# Where another language has an English word for a month, the first language wins.
LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro",
    "bg", "hr", "sr", "sl", "uk", "ru", "be", "tr", "az", "kk", "uz", "ky", "tg", "el", "ar", "fa",
    "he", "id", "vi",
)  # fmt: skip
# Names of months that are also words: without a capital they are a date only with its year.
_ALSO_WORDS = {"may", "march", "mars", "august"}
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b")
_EAST = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월](?:\s*(\d{1,2})\s*[日일号])?")
_DAYS = (
    r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?(?:\s*(?:-|–|to|and|until|bis|au|al)\s*(\d{1,2})"
    r"(?:st|nd|rd|th|\.)?)?"
)
_YEAR = r"(?:,?\s+(?:(?:of|in|de|del)\s+)?(\d{4})\b)?"


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


@cache
def months() -> dict[str, int]:
    """Folded names of the months, and English short forms, with their number (1 to 12)."""
    from babel import Locale

    found: dict[str, int] = {}
    for language in LANGUAGES:
        forms = Locale.parse(language).months
        for form in ("format", "stand-alone"):
            for number, name in forms[form]["wide"].items():
                if not name[:1].isdigit():
                    found.setdefault(fold(name), number)
    english = [name for name, _ in zip(list(found), range(12), strict=False)]
    return found | {name[:3]: found[name] for name in english} | {"sept": 9}


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


def dates(text: str) -> set[Date]:
    """Dates with a month, ranges as both their ends."""
    found = {Date(int(y), int(m), int(d)) for y, m, d in _ISO.findall(text)}
    found |= {Date(int(y), int(m), int(d)) for d, m, y in _DOTTED.findall(text)}
    found |= {Date(int(y), int(m), int(d) if d else None) for y, m, d in _EAST.findall(text)}
    if not any(map(str.isdigit, text)):
        return found
    folded = fold(text)
    day_first, month_first, month_year = _patterns()
    for pattern, order in ((day_first, (2, 0, 1, 3)), (month_first, (0, 1, 2, 3))):
        for match in pattern.finditer(folded):
            groups = match.groups()
            name, first, last, year = (groups[i] for i in order)
            if year or name not in _ALSO_WORDS or _is_capital(text, name):
                found |= {
                    Date(int(year) if year else None, months()[name], int(day))
                    for day in filter(None, (first, last))
                }
    found |= {Date(int(y), months()[name], None) for name, y in month_year.findall(folded)}
    return {d for d in found if 1 <= d.month <= 12 and (d.day is None or 1 <= d.day <= 31)}


def _is_capital(text: str, name: str) -> bool:
    return name.title() in text or name.upper() in text
