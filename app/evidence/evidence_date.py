"""The date of a sentence: it stands in it, else in the nearest heading, title or name."""

from __future__ import annotations

import re
from datetime import date

from app.evidence.evidence import Evidence
from app.language.dates import date_spans, day_first_of, find_dates
from ingest.titles import name_in_words

_YEAR = re.compile(r"(?<![\d.,/-])(?:1[5-9]|20)\d{2}(?![\d/-]|[.,]\d)")
# The start of a document shows how it writes its dates.
MAX_READ_CHARS = 50_000

Day = tuple[int, int, int]
"""Year, month and day; 0 for what is not given."""


def date_of(evidence: Evidence, *, latest: bool = True) -> Day | None:
    """The date of a sentence; of several in it, that in the reader's span, else the latest or the
    earliest."""
    source = evidence.hit.source.text
    order = day_first_of([source[:MAX_READ_CHARS]])
    stored = evidence.hit.stored
    key = source[slice(*evidence.key)] if evidence.key else ""
    above = reversed(stored.passage.headings)
    for text in (key, evidence.text, *above, stored.title, name_in_words(stored.document)):
        days = dates_in(text, order)
        if days:
            return (max if latest else min)(days)
    return None


def has_date(evidence: Evidence, day: Day) -> bool:
    """Whether a sentence has a date, in any form, or stands under one: by the parts that ``day``
    gives."""
    source = evidence.hit.source.text
    order = day_first_of([source[:MAX_READ_CHARS]])
    passage = evidence.hit.stored.passage
    texts = (evidence.text, *passage.headings, evidence.hit.stored.title)
    return any(
        all(not wanted or wanted == part for wanted, part in zip(day, mine, strict=True))
        for text in texts
        for mine in dates_in(text, order)
    )


def dates_in(text: str, day_first: bool | None = None) -> list[Day]:
    """The dates of a text, and its years if it has none."""
    spans = date_spans(text, day_first)
    found = [date for _, _, date in spans] or find_dates(text, day_first)
    dates = [(d.year, d.month, d.day or 0) for d in found if d.year]
    return dates or [(int(year), 0, 0) for year in _YEAR.findall(text)]


def written(day: Day) -> str:
    """A date as "17 August 2023", or as much of it as is given."""
    from babel.dates import format_date

    year, month, of_month = day
    if not month:
        return str(year)
    pattern = "d MMMM y" if of_month else "MMMM y"
    return format_date(date(year, month, of_month or 1), pattern, locale="en")
