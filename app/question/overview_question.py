"""Recognises a question for an overview of a document or section, or for all of its list.

The words are English. What is left of the question after them must be the document's or section's
own name, so that "What is said about the fee?" stays an ordinary question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.language.numbers import find_numbers
from app.language.tokens import STOP_WORDS, stem, words
from app.question.parsed_question import ParsedQuestion

_ASKS = """
summary summaries summarise summarize overview gist tldr outline recap about cover covers covered
deal deals dealt discuss discusses discussed read reads
"""
_SUMS_UP = "summary summaries summarise summarize overview gist tldr outline recap"
_FILLING = """
document documents text file files page pages section sections chapter part heading content contents
whole entire everything main key central important most point points idea ideas topic topics subject
message messages short brief briefly quick quickly sentence sentences few write make give please can
could tell detail details detailed thorough thoroughly bullet bullets line lines
"""
_LISTING = "list name enumerate show give all every complete full"
_GENRES = """
paper article report interview contract agreement manual minutes book letter speech story study
guide news website presentation slides talk table list briefing note notes post review essay
"""
_SHORT = "short few brief briefly quick quickly tldr gist"
_DETAILED = "detail details detailed thorough thoroughly"
_COUNTED = "sentence sentences point points bullet bullets line lines"
OVERVIEW_WORDS = frozenset(map(stem, _ASKS.split()))
SUMMARY_WORDS = frozenset(map(stem, _SUMS_UP.split()))
LISTING_WORDS = frozenset(map(stem, _LISTING.split()))
DOCUMENT_WORDS = frozenset(map(stem, _FILLING.split()))
GENRE_WORDS = frozenset(map(stem, _GENRES.split()))
SHORT_WORDS = frozenset(_SHORT.split())  # as they are: a briefing is not brief
DETAILED_WORDS = frozenset(_DETAILED.split())
COUNTED_WORDS = frozenset(_COUNTED.split())
SENTENCES, SHORT_SENTENCES, DETAILED_SENTENCES, MOST_SENTENCES = 6, 3, 12, 20
"""How long an overview is: a lead sentence and five points, unless a length is asked for."""
_NUMBERING = re.compile(r"^[\W\d]+")
_MAIN_POINTS = re.compile(r"\b(?:main|key|central|most important) (?:points?|ideas?|topics?)\b")
_ABOUT = re.compile(r"^what (?:is|was|are|were) .{1,80}\babout\W*$|^what's .{1,80}\babout\W*$")
_LISTS = re.compile(
    r"^(?:please )?(?:list|name|enumerate)\b|^(?:please )?(?:show|give) me (?:all|every)\b"
    r"|\b(?:complete|full) list\b"
)
_TALKS_OF = re.compile(r"\b(?:say|says|said|tell|tells|told|about|section|chapter|cover|deal)\b")


@dataclass(frozen=True, slots=True)
class Overview:
    """What is to be summed up: the heading with this index, or whole documents (None).

    ``named`` are the indexes of the documents that the question names; none means all. If it is
    ``listed``, all items of the list under the heading are asked for. ``length`` is how many
    sentences are asked for, ``SENTENCES`` if nothing is said of it.
    """

    heading: int | None
    named: tuple[int, ...] = ()
    listed: bool = False
    length: int = SENTENCES


def may_ask_overview(question: ParsedQuestion) -> bool:
    """A cheap look, before headings and titles are read."""
    folded = question.folded
    return bool(
        SUMMARY_WORDS.intersection(question.stems)
        or _MAIN_POINTS.search(folded)
        or _TALKS_OF.search(folded)
        or _LISTS.search(folded)
    )


def overview_asked(
    question: ParsedQuestion, titles: Sequence[str], headings: Sequence[str]
) -> Overview | None:
    """What the question wants an overview of; None for any other question.

    ``titles`` are the documents' names and titles, ``headings`` all that may be meant.
    """
    folded = question.folded
    left = question.content_stems - OVERVIEW_WORDS
    if _LISTS.search(folded):
        at = _list_named(left - LISTING_WORDS - DOCUMENT_WORDS, headings)
        return Overview(at, listed=True) if at is not None else None
    heading = _heading_named(question, left, headings)
    if heading is not None:
        return Overview(heading)
    sums_up = SUMMARY_WORDS.intersection(question.stems)
    if not (sums_up or _MAIN_POINTS.search(folded) or _ABOUT.search(folded)):
        return None
    left -= DOCUMENT_WORDS
    length = length_asked(question)
    if length != SENTENCES:
        left = frozenset(word for word in left if not find_numbers(word))
    named = tuple(
        at for at, title in enumerate(titles) if left and left <= {stem(w) for w in words(title)}
    )
    if not named and left - GENRE_WORDS:
        return None
    return Overview(None, named, length=length)


def length_asked(question: ParsedQuestion) -> int:
    """How many sentences a summary is to have: "in two sentences", "short", "in detail"."""
    for at, counted in enumerate(question.words):
        asked = find_numbers(" ".join(question.words[max(0, at - 2) : at]))  # "4 main points"
        if counted in COUNTED_WORDS and asked:
            return max(1, min(int(max(asked)), MOST_SENTENCES))
    if DETAILED_WORDS.intersection(question.words):
        return DETAILED_SENTENCES
    return SHORT_SENTENCES if SHORT_WORDS.intersection(question.words) else SENTENCES


def _heading_named(
    question: ParsedQuestion, left: frozenset[str], headings: Sequence[str]
) -> int | None:
    """The heading that the question names and asks nothing else about."""
    if not _TALKS_OF.search(question.folded) and not SUMMARY_WORDS.intersection(question.stems):
        return None
    spaced = f" {' '.join(question.words)} "
    best, longest = None, 0
    for at, heading in enumerate(headings):
        heading_words = words(_NUMBERING.sub("", heading))
        if (
            not heading_words
            or f" {' '.join(heading_words)} " not in spaced
            or len(heading_words) <= longest
        ):
            continue
        if not left - DOCUMENT_WORDS - {stem(w) for w in words(heading)}:
            best, longest = at, len(heading_words)
    return best


def _list_named(left: frozenset[str], headings: Sequence[str]) -> int | None:
    """The heading that has every word of what is to be listed, and the fewest others."""
    heading_stems = [{stem(w) for w in words(h) if w not in STOP_WORDS} for h in headings]
    fitting = [at for at, those in enumerate(heading_stems) if left and left <= those]
    return min(fitting, key=lambda at: len(heading_stems[at]), default=None)
