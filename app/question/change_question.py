"""Recognises a question for what changed between versions of a document.

The words are English. What is left of the question after them is a document's name or what the
changes are to be about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.language.tokens import STOP_WORDS, stem
from app.question.overview_question import DOCUMENT_WORDS, GENRE_WORDS
from app.question.parsed_question import ParsedQuestion

_CHANGED = re.compile(
    r"^what(?:'s| is| are| was| were| has| have)?(?: been)? (?:the )?(?:changed|changes|different|"
    r"differs|updated|added|removed|differences?)\b"
    # "What is new in the lease?", not "What is the new fee?"
    r"|^what(?:'s| is| was)? new\b"
    r"|^(?:which|what|list|show)(?: me)?(?: all)?(?: the)? (?:changes|differences)\b"
    r"|^how (?:do|does|did|has|have) .+ (?:differ|changed?)\b|^compare (?:the )?versions?\b"
)
_OWN_WORDS = """
change changes changed different differ differs difference differences new updated added removed
version versions revision revisions edition editions draft drafts compare compared since old older
previous earlier last latest first second newer current today
"""
OWN_WORDS = frozenset(map(stem, _OWN_WORDS.split()))
_NUMBERS = re.compile(r"\b(?:versions?|revisions?|editions?|drafts?|v)\.? ?(\d{1,3})\b")
_MORE_NUMBERS = re.compile(r"\b(?:and|to|from|with) (\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class ChangeQuestion:
    """``numbers`` are the versions that are named, none or two; ``rest`` the stems of the content
    words that name a document or a topic."""

    numbers: tuple[int, ...]
    rest: frozenset[str]


def change_question(question: ParsedQuestion) -> ChangeQuestion | None:
    """What the question asks about changes; None for any other question."""
    folded = question.folded
    if not _CHANGED.search(folded):
        return None
    numbers = [int(n) for n in _NUMBERS.findall(folded)]
    if len(numbers) == 1:
        numbers += [int(n) for n in _MORE_NUMBERS.findall(folded)][:1]
    named = {word for word in question.words if word not in STOP_WORDS and not word.isdigit()}
    rest = {stem(w) for w in named} - OWN_WORDS - DOCUMENT_WORDS - GENRE_WORDS
    rest = {word for word in rest if not re.fullmatch(r"v\d+", word)}
    return ChangeQuestion(tuple(sorted(numbers[:2])) if len(numbers) > 1 else (), frozenset(rest))
