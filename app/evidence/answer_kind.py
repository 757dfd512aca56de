"""Whether a text holds something of the kind that a question asks for: a date, a number, a name."""

from __future__ import annotations

import re

from app.language.dates import find_dates
from app.language.facts import find_names
from app.language.numbers import find_numbers
from app.language.tokens import fold
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion

_CLOCK = re.compile(r"\b(?:[01]?\d|2[0-4])[:.h][0-5]\d\b|\b\d{1,2} ?(?:am|pm|a\.m\.|p\.m\.)")
_REASONS = re.compile(
    r"\b(because|since|due to|owing to|so that|in order to|as a result|therefore|"
    r"thanks to|reason|cause[sd]?|led to|lead to|to \w+|for \w+ing|by \w+ing)\b"
)


def contains_answer_type(text: str, question: ParsedQuestion) -> bool:
    """Whether the text has something of the kind asked for which the question itself does not
    name."""
    kind = question.answer_type
    if kind is AnswerType.DATE:
        known = {d.year for d in question.dates} | question.numbers
        return (
            bool(find_dates(text) - question.dates)
            or bool(_CLOCK.search(text))
            or any(100 <= n <= 2200 and n == int(n) and n not in known for n in find_numbers(text))
            or bool(
                re.search(
                    r"\b(century|day|week|month|year|morning|evening|war|era|reign)s?\b", fold(text)
                )
            )
        )
    if kind is AnswerType.NUMBER:
        return bool(find_numbers(text) - question.numbers) or bool(
            re.search(r"\b(one|single|both|half|none|no|several|many|most|all)\b", fold(text))
        )
    if kind in (AnswerType.PERSON, AnswerType.PLACE):
        return any(name not in question.words for name in find_names(text + " ."))
    if kind is AnswerType.REASON:
        return bool(_REASONS.search(fold(text)))
    return True
