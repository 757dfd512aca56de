"""Recognises a question about a document as such: its title, author, date, pages or sections.

The words are English. What is left of the question after them must be the document's own name, so
that "Who wrote the first map of the coast?" stays an ordinary question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.language.tokens import stem, words
from app.question.overview_question import GENRE_WORDS
from app.question.parsed_question import ParsedQuestion


class Aspect(StrEnum):
    """What of a document is asked."""

    TITLE = "title"
    AUTHOR = "author"
    DATE = "date"
    PAGES = "pages"
    SECTIONS = "sections"


_DOCUMENT = frozenset(map(stem, ["document", "file", "text", "page", "pdf", "deck", "spreadsheet"]))
_PATTERNS = {
    Aspect.AUTHOR: r"\bwho (?:is|was|are|were)?\b.*\b(?:wrote|written|author|authors|authored)\b"
    r"|\bauthors?\b|\bby whom\b.*\bwritten\b|\bwho wrote\b",
    Aspect.TITLE: r"\btitled?\b|\b(?:name|called)\b",
    Aspect.DATE: r"\bwhen\b.*\b(?:written|published|dated|modified|changed|updated)\b"
    r"|\bdate\b.*\b(?:of|was|is)\b|\b(?:how old|publication date)\b",
    Aspect.PAGES: r"\b(?:how many|number of|count of) (?:pages|slides)\b",
    Aspect.SECTIONS: r"\b(?:how many|number of|which|what|list|all) (?:the )?(?:\w+ )?"
    r"(?:sections|chapters|headings)\b|\btable of contents\b",
}
_WORDS = {
    Aspect.AUTHOR: "who whom wrote written write author authors authored",
    Aspect.TITLE: "title titled name called",
    Aspect.DATE: "when written published dated date modified changed updated publication last old",
    Aspect.PAGES: "many number count pages slides long",
    Aspect.SECTIONS: "many number count list all sections chapters headings table contents main",
}
_ASKED = {aspect: re.compile(pattern) for aspect, pattern in _PATTERNS.items()}
_OWN = {aspect: frozenset(map(stem, held.split())) for aspect, held in _WORDS.items()}
_POINTS = re.compile(r"\b(?:it|this|these|its)\b")


@dataclass(frozen=True, slots=True)
class AboutDocument:
    """The aspect that is asked, of the documents with these indexes; none means all."""

    aspect: Aspect
    named: tuple[int, ...] = ()


def may_ask_about_document(question: ParsedQuestion) -> bool:
    """A cheap look, before titles are read."""
    return any(pattern.search(question.folded) for pattern in _ASKED.values())


def about_document_asked(
    question: ParsedQuestion, titles: Sequence[str], *, follows: bool = False
) -> AboutDocument | None:
    """What the question asks about a document as such; None for any other question.

    ``titles`` are the documents' names and titles. If it ``follows`` others, "it" alone may be
    something that they spoke of, so that it must name the document.
    """
    for aspect, pattern in _ASKED.items():
        if not pattern.search(question.folded):
            continue
        left = question.content_stems - _OWN[aspect]
        kinds = left & (_DOCUMENT | GENRE_WORDS)
        rest = left - kinds
        named = tuple(
            at
            for at, title in enumerate(titles)
            if rest and rest <= {stem(w) for w in words(title)}
        )
        if named or not rest and _names_it(aspect, question.folded, bool(kinds), follows):
            return AboutDocument(aspect, named)
    return None


def _names_it(aspect: Aspect, folded: str, kind: bool, follows: bool) -> bool:
    """Whether a question without a name means the document: by its kind, or by "it"."""
    if kind:
        return True
    if aspect is Aspect.TITLE:  # "What is it called?" may mean anything
        return bool(re.search(r"\btitle\b", folded))
    if aspect in (Aspect.PAGES, Aspect.SECTIONS):
        return True
    return bool(_POINTS.search(folded) or aspect is Aspect.AUTHOR) and not follows
