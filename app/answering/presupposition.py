"""Detects a false presupposition: what a question assumes and the evidence contradicts."""

from __future__ import annotations

import re

from app.evidence.evidence import ScoredEvidence
from app.language.facts import names
from app.language.numbers import numbers
from app.language.text import content_words, coverage, fold, soft_match, stems, words

# Verbs and their opposites, as folded stems of what a question may presuppose.
_OPPOSITES = [
    ({"cancel", "annul", "revok", "withdraw", "terminat"}, {"sign", "establish", "join", "agre"}),
    ({"leav", "left", "quit"}, {"join", "enter", "becam", "becom"}),
    ({"close", "shut"}, {"open", "launch"}),
    ({"lose", "lost"}, {"win", "won", "gain"}),
    ({"declin", "decreas", "fall", "fell", "drop"}, {"grow", "grew", "increas", "rose", "rise"}),
    ({"reject", "refus", "oppos"}, {"accept", "support", "welcom", "approv"}),
]
CLOSE = 0.5


def contradicted_premise(question: str, result: ScoredEvidence) -> str:
    """One sentence that names the premise which the closest passage contradicts; "" if none."""
    if not result.evidence:
        return ""
    best = result.evidence[0]
    if coverage(question, best.text, result.rarity) < CLOSE:
        return ""
    return _opposed(question, best.text) or _other_value(question, best.text)


def _opposed(question: str, text: str) -> str:
    asked, told = stems(question), stems(text)
    for one, other in _OPPOSITES:
        for left, right in ((one, other), (other, one)):
            presumed, said = asked & left, told & right
            if presumed and said and not told & left:
                return (
                    f"The question presumes “{_word(question, presumed)}”, where the closest "
                    f"passage tells of “{_word(text, said)}”."
                )
    return ""


def _word(text: str, wanted: set[str]) -> str:
    return next((w for w in words(text) if stems(w) & wanted), "")


def _other_value(question: str, text: str) -> str:
    """A number in the question that the otherwise matching sentence gives differently."""
    asked, told = numbers(question), numbers(text)
    foreign = [
        w
        for w in content_words(question)
        if not re.search(r"\d", w) and soft_match(w, stems(text)) == 0
    ]
    shared_names = set(names(". " + question)) & set(words(fold(text)))
    if len(asked) == 1 and len(told) == 1 and asked != told and not foreign and shared_names:
        return (
            f"The question presumes {next(iter(asked)):g}, where the closest passage gives "
            f"{next(iter(told)):g}."
        )
    return ""
