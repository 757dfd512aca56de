"""The answer type that a question asks for."""

from __future__ import annotations

import re
from enum import StrEnum


class AnswerType(StrEnum):
    """The kind of thing asked for; OTHER if the question's form does not show."""

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
        # "Do you know when …?" asks for a date, "Was it red or blue?" for one of two.
        AnswerType.YES_NO,
        r"^(is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must|shall)\b"
        r"(?! you\b)(?!.* or\b)",
    ),
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
)


# A second thing asked for: "Who built it, and in which year?"
_FURTHER = re.compile(
    r"\w.*\band (?:(?:at|by|for|from|in|of|on|since|to|until|with) )?"
    r"(?:who|whom|whose|when|where|why|what|which|how)\b"
)


def asks_several(folded: str) -> bool:
    """Whether a folded question asks for a second thing, by the form of English questions."""
    return bool(_FURTHER.search(folded))


def answer_type(folded: str) -> AnswerType:
    """The kind of thing that the form of a folded question asks for."""
    return next((kind for kind, form in _FORMS if re.search(form, folded)), AnswerType.OTHER)
