"""Answers what is asked of whole documents or sections: overviews, titles, authors, pages.

These need no search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.answer import Answer
from app.answering.changes import change_answer
from app.answering.document_facts import IN_THE_TEXT, document_facts
from app.answering.extractive_overview import (
    document_overview,
    headings_of,
    section_list,
    section_overview,
)
from app.question.about_document import about_document_asked, may_ask_about_document
from app.question.change_question import change_question
from app.question.overview_question import may_ask_overview, overview_asked
from app.question.parsed_question import ParsedQuestion
from store.library import Library
from store.results import Revision

# Of more documents the headings are not read to see whether a question names one.
MOST_WITH_HEADINGS = 50
Revisions = Callable[[], Sequence[Revision]]
"""Gives the revisions that are asked; called only if the question may be of this kind."""


def answer_whole_document_question(
    library: Library, question: ParsedQuestion, revisions: Revisions, *, follows: bool = False
) -> tuple[Answer | None, ParsedQuestion]:
    """The answer, or None and what to search for instead.

    ``follows`` is whether the question follows others, to which its "it" may refer.
    """
    asked = change_question(question)
    changed = asked and change_answer(library, question.text, asked, revisions())
    if changed:
        return changed, question
    summed_up = _overview(library, question, revisions)
    if summed_up is not None:
        return summed_up, question
    return _facts(library, question, revisions, follows=follows)


def _overview(library: Library, question: ParsedQuestion, revisions: Revisions) -> Answer | None:
    if not may_ask_overview(question):
        return None
    searched = revisions()
    few = searched if len(searched) <= MOST_WITH_HEADINGS else []
    places = [(r, h) for r in few for h in headings_of(library, r)]
    headings = [library.text(r.id)[h.start : h.end] for r, h in places]
    wanted = overview_asked(question, _titles(searched), headings)
    if wanted is None:
        return None
    if wanted.heading is not None:
        revision, heading = places[wanted.heading]
        shown = section_list if wanted.listed else section_overview
        return shown(library, revision, heading, question.text)
    named = [searched[at] for at in wanted.named] or searched
    return document_overview(library, named, question.text, wanted.length)


def _facts(
    library: Library, question: ParsedQuestion, revisions: Revisions, *, follows: bool
) -> tuple[Answer | None, ParsedQuestion]:
    if not may_ask_about_document(question):
        return None, question
    searched = revisions()
    wanted = about_document_asked(question, _titles(searched), follows=follows)
    if wanted is None or not searched:
        return None, question
    named = [searched[at] for at in wanted.named] or searched
    answer = document_facts(library, named, question.text, wanted.aspect)
    sought = IN_THE_TEXT.get(wanted.aspect)
    return answer, ParsedQuestion(sought) if sought else question


def _titles(revisions: Sequence[Revision]) -> list[str]:
    return [f"{r.document} {r.title}" for r in revisions]
