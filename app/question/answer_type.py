"""The answer type that a question asks for, and whether a text contains one."""

from __future__ import annotations

import re
from enum import StrEnum

from app.language.dates import find_dates
from app.language.facts import find_names
from app.language.numbers import find_numbers
from app.language.tokens import fold, words


class AnswerType(StrEnum):
    """The kind of thing asked for; OTHER where the question's form does not tell."""

    DATE = "date"
    NUMBER = "number"
    PERSON = "person"
    PLACE = "place"
    REASON = "reason"
    LIST = "list"
    YES_NO = "yes or no"
    OTHER = "other"


# The form of English questions, tried in this order on the folded question.
_FORMS: tuple[tuple[AnswerType, str], ...] = (
    (
        AnswerType.NUMBER,
        r"\bhow (many|much|often|old|long|far|large|big|tall|high|fast)\b"
        r"|\b(what|which) (number|share|percentage|percent|proportion|amount|capacity|"
        r"population|distance|rank|size|score|total)\b|\bnumber of\b.*\?",
    ),
    (
        AnswerType.DATE,
        r"\bwhen\b|\b(what|which|in what|on what) (\w+ )?(year|date|day|month|century|"
        r"decade|time|period)\b|\bsince when\b|\bhow long ago\b",
    ),
    (
        AnswerType.REASON,
        r"\bwhy\b|\bwhat (was|is|were|are) the (reason|cause|purpose)|\bfor what reason\b"
        r"|\bwhat caused\b|\bwhat led\b",
    ),
    (
        AnswerType.LIST,
        r"^(?:please )?(list|name|enumerate)\b|\bwhat are\b"
        r"|\bwhich (\w+ )?(countries|areas|fields|benefits|cities|organi[sz]ations|bodies|"
        r"events|sectors|items|groups|types|kinds|steps|parts|members|languages|states)\b"
        r"|\bwhat (\w+ )?(benefits|areas|fields|types|kinds|things|items|steps|parts|"
        r"opportunities|advantages|goals|aims|measures|projects)\b",
    ),
    (
        AnswerType.PERSON,
        r"\bwho(m|se)?\b|\bwhich (person|president|minister|king|queen|leader|author|"
        r"ambassador|scientist|emperor)\b|\bwhat (person|president|king|queen)\b",
    ),
    (
        AnswerType.PLACE,
        r"\bwhere\b|\b(what|which|in what|in which) (\w+ )?(country|city|town|place|"
        r"location|region|state|continent|capital|river|street|building|nation|area)\b",
    ),
    (
        AnswerType.YES_NO,
        r"^(is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b",
    ),
)
_REASONS = re.compile(
    r"\b(because|since|due to|owing to|so that|in order to|as a result|therefore|"
    r"thanks to|reason|cause[sd]?|led to|lead to|to \w+|for \w+ing|by \w+ing)\b"
)


def answer_type(question: str) -> AnswerType:
    """The kind of thing that the form of the question asks for."""
    folded = fold(question).strip()
    return next((kind for kind, form in _FORMS if re.search(form, folded)), AnswerType.OTHER)


def contains_answer_type(kind: AnswerType, text: str, question: str) -> bool:
    """Whether the text has something of that kind which the question itself does not name."""
    if kind is AnswerType.DATE:
        known = {d.year for d in find_dates(question)} | find_numbers(question)
        return (
            bool(find_dates(text) - find_dates(question))
            or any(100 <= n <= 2200 and n == int(n) and n not in known for n in find_numbers(text))
            or bool(
                re.search(
                    r"\b(century|day|week|month|year|morning|evening|war|era|reign)s?\b", fold(text)
                )
            )
        )
    if kind is AnswerType.NUMBER:
        return bool(find_numbers(text) - find_numbers(question)) or bool(
            re.search(r"\b(one|single|both|half|none|no|several|many|most|all)\b", fold(text))
        )
    if kind in (AnswerType.PERSON, AnswerType.PLACE):
        asked = set(words(question))
        return any(name not in asked for name in find_names(text + " ."))
    if kind is AnswerType.REASON:
        return bool(_REASONS.search(fold(text)))
    return True
