"""Words that negate, in English."""

from __future__ import annotations

from app.language.tokens import words

_NEGATING = """
not no never none nobody nothing neither nor without cannot refused denied failed lacks lacked isn't
wasn't weren't aren't doesn't didn't don't won't can't couldn't hasn't haven't hadn't
"""
NEGATION_WORDS = frozenset(_NEGATING.split())


def is_negated(text: str) -> bool:
    """Whether the text has a negation."""
    return bool(NEGATION_WORDS & set(words(text)))
