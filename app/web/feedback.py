"""Marks and corrections of an answer, and the form for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.answer import Answer
from app.evidence.custom_calibration import point_of, put_mark
from app.formats.html_escape import clip, markup
from app.formats.inline_markdown import plain
from app.service.conversations.conversations import StoredExchange
from app.service.conversations.feedback_set import (
    CorrectionError,
    corrected_case,
    expectation,
    feedback_set_path,
    put,
    right_case,
)
from app.service.engine import Engine
from app.service.storage.shared_files import shared_files
from store.library import Library
from store.results import Revision

MARKS = ("right", "wrong", "incomplete")
MAX_DOCUMENTS = 6
RIGHT_ANSWER_LABEL = "The right answer, in the few words that matter"
RIGHT_PASSAGE_LABEL = "Or the right passage: select its words in a document"


@dataclass(frozen=True, slots=True)
class Correction:
    """What the reader typed and chose; ``problem`` says why it could not be kept."""

    right: str = ""
    passage: str = ""
    silent: bool = False
    problem: str = ""


def mark(engine: Engine, owner: str, kept: StoredExchange, judged: str) -> str:
    """The mark that an answer has from now on; the same one again takes it back.

    Right answers enter the owner's set at once, others once their correction is known.
    """
    if kept.answer is None or judged not in MARKS:
        return kept.mark
    fresh = "" if kept.mark == judged else judged
    row = right_case(kept.id, kept.answer) if fresh == "right" else None
    _put(engine, owner, kept.id, row)
    _calibrate(engine, kept.id, kept.answer, fresh)
    return fresh


def correct(engine: Engine, owner: str, kept: StoredExchange, given: Correction) -> None:
    """Keep a correction in the owner's set. Raises :class:`CorrectionError` if it says too
    little, or if its passage occurs in no document."""
    if kept.answer is None or kept.mark not in MARKS[1:]:
        return
    passage = given.passage.strip()
    if (
        passage
        and not given.silent
        and not _stands_in_documents(engine.access.library_of(owner), passage)
    ):
        raise CorrectionError(
            "The words of the right passage occur in no document here: select them in a document, "
            "or type them exactly."
        )
    row = corrected_case(kept.id, kept.answer, kept.mark, given.right, passage, silent=given.silent)
    _put(engine, owner, kept.id, row)
    # An answer to what the documents do not say is wrong, however it was marked.
    _calibrate(engine, kept.id, kept.answer, "wrong" if given.silent else kept.mark)


def _calibrate(engine: Engine, identity: str, answer: Answer, judged: str) -> None:
    point, shared = point_of(answer, judged), shared_files(engine.settings)
    put_mark(engine.settings.data, identity, answer.model, point, shared.changing)


def _put(engine: Engine, owner: str, identity: str, row: Mapping[str, Any] | None) -> None:
    path = feedback_set_path(engine.settings.data, owner)
    put(path, identity, row, shared_files(engine.settings).changing)


def _stands_in_documents(library: Library, words: str) -> bool:
    for revision in library.documents():
        # What is selected in a Markdown document is what is drawn of it.
        seen = plain if revision.media_type == "text/markdown" else str
        text = " ".join(seen(library.text(revision.id)).split())
        if " ".join(seen(words).split()) in text:
            return True
    return False


def form(
    exchange: str,
    case: Mapping[str, Any] | None,
    given: Correction,
    documents: Sequence[Revision] = (),
) -> str:
    """What a wrong or incomplete answer asks of its reader, as HTML; folded once it is kept."""
    name = markup(exchange)
    if case is not None:
        head = f'Kept in your own set. Expected: <bdi class="kept-words">{_words(case)}</bdi>'
    else:
        head = "What should it have said?"
    opened = "" if case is not None and not given.problem else " open"
    problem = (
        f'<p class="problem" role="alert">{markup(given.problem)}</p>' if given.problem else ""
    )
    passage = given.passage or _first(case, "evidence")
    right = given.right or _first(case, "answers")
    fields = _field(name, "right", RIGHT_ANSWER_LABEL, right) + _field(
        name, "passage", RIGHT_PASSAGE_LABEL, passage
    )
    keep = f'<button type="button" data-do="correct" data-exchange="{name}"'
    return (
        f'<details class="correct" data-exchange="{name}"{opened}><summary>{head}</summary>'
        f"{problem}{fields}{_document_links(documents)}"
        f'<p class="actions">{keep}>Keep it as a test</button>'
        f'{keep} data-silent="1">The documents do not say</button></p></details>'
    )


def _words(case: Mapping[str, Any]) -> str:
    return markup(clip(expectation(case), 160))


def _first(case: Mapping[str, Any] | None, field: str) -> str:
    groups = case.get(field, ()) if case is not None else ()
    return "; ".join(group[0] for group in groups)


def _field(name: str, field: str, label: str, value: str) -> str:
    return (
        f'<label for="{field}-{name}">{label}</label><textarea id="{field}-{name}" rows="2" '
        f'data-field="{field}" dir="auto">{markup(value)}</textarea>'
    )


def _document_links(documents: Sequence[Revision]) -> str:
    rows = " ".join(
        f'<button type="button" data-do="read" data-id="{markup(b.id)}" dir="auto">'
        f"{markup(clip(b.title or b.document, 40))}</button>"
        for b in documents[:MAX_DOCUMENTS]
    )
    return f'<p class="books">Open {rows}</p>' if rows else ""
