"""Names of documents for the reader: if a file's name says nothing, the words it opens with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from app.answer import Answer, Citation, EvidenceFound
from ingest.document import BlockKind
from ingest.titles import is_informative_title, name_in_words, shorten, without_markup
from store.library import Library
from store.results import Revision

MAX_NAME_CHARS = 60
_OPENS = (BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.QUESTION, BlockKind.ANSWER)


def display_name(library: Library, revision: Revision) -> str:
    """The document's name; its title or its opening words if that is a number or a hash."""
    if is_informative_title(name_in_words(revision.document)):
        return revision.document
    if is_informative_title(revision.title):
        return shorten(revision.title, MAX_NAME_CHARS)
    return _opening(library, revision.id) or revision.document


def display_title(library: Library, revision: Revision) -> str:
    """The document's title; its opening words if that is a number or a hash."""
    informative = is_informative_title(revision.title)
    return revision.title if informative else display_name(library, revision)


@lru_cache(maxsize=256)
def _opening(library: Library, revision: str) -> str:
    text = library.text(revision)
    first = next((b for b in library.blocks(revision) if b.kind in _OPENS), None)
    return shorten(without_markup(text[first.start : first.end]), MAX_NAME_CHARS) if first else ""


def named_for_display(answer: Answer, names: dict[str, str]) -> Answer:
    """The answer with each document under the name that a reader is shown."""

    def named(citation: Citation) -> Citation:
        return replace(citation, document=names.get(citation.document, citation.document))

    reason = answer.reason
    for name, shown in names.items():
        reason = reason.replace(f"“{name}”", f"“{shown}”")
    return replace(
        answer,
        reason=reason,
        citations=tuple(named(c) for c in answer.citations),
        closest=tuple(replace(c, citation=named(c.citation)) for c in answer.closest),
    )


def evidence_for_display(library: Library, evidence: EvidenceFound) -> EvidenceFound:
    """The same of an answer that is still being made."""
    if evidence.provisional is None:
        return evidence
    names = display_names(library, [evidence.provisional])
    return replace(evidence, provisional=named_for_display(evidence.provisional, names))


def display_names(library: Library, answers: Iterable[Answer]) -> dict[str, str]:
    """What to show for each document of the answers whose name says nothing."""
    cited = {
        c.document for a in answers for c in (*a.citations, *(one.citation for one in a.closest))
    }
    odd = {name for name in cited if not is_informative_title(name_in_words(name))}
    if not odd:
        return {}
    return {r.document: display_name(library, r) for r in library.documents() if r.document in odd}
