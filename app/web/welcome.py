"""The welcome text before the first question, and the status line of the language model."""

from __future__ import annotations

from collections.abc import Sequence

from app.formats.html_escape import markup
from app.service.access.document_choice import documents_in
from app.service.engine import Engine
from app.web.display_names import display_title

FIRST_WELCOME = (
    '<div class="welcome"><h2>Which document is it about?</h2>'
    '<button type="button" class="drop" data-do="choose">Drop files here, or choose them'
    "<span>PDF, Word, slides, sheets, web pages, Markdown, pictures of text…</span></button>"
    '<div class="from-link"><input type="url" aria-label="Link to a document" '
    'placeholder="Or paste a link: https://…"><button type="button" data-do="fetch">Add link'
    '</button></div><p><button type="button" class="inline" data-do="sample">Try the sample '
    "document</button></p></div>"
)
"""If there is no document yet: the three ways to the first."""


def welcome(engine: Engine, user: str) -> str:
    """An invitation with questions drawn from the documents, or how to add the first one."""
    library = engine.access.library_of(user)
    documents = library.documents()
    if not documents:
        return FIRST_WELCOME
    rows = "".join(
        f'<li><button type="button" data-do="ask" data-text="{markup(q)}" dir="auto">{markup(q)}'
        "</button></li>"
        for q in engine.example_questions(user)
    )
    count = f"{len(documents)} documents" if len(documents) > 1 else "the document"
    names = ", ".join(f"<bdi>{markup(display_title(library, d))}</bdi>" for d in documents[:3])
    more = " and others" if len(documents) > 3 else ""
    return (
        f'<div class="welcome"><h2>Ask about {count}</h2><p class="names">{names}{more}</p>'
        f'<ul class="examples">{rows}</ul></div>'
    )


def status_line(engine: Engine) -> str:
    """How far the language model is; nothing once there is nothing to wait for."""
    status = engine.status
    if status.phase in ("ready", "quotes"):
        return ""
    bar = (
        f'<progress max="100" value="{status.fraction * 100:.0f}" aria-label="Model fetched">'
        "</progress>"
        if status.fraction is not None
        else ""
    )
    return f'<p class="loading" role="status">{markup(status.message)}{bar}</p>'


def asked_of(engine: Engine, user: str, chosen: Sequence[str]) -> str:
    """What is asked, what answers, and where text goes; each opens the page where it is chosen."""
    revisions = engine.access.library_of(user).documents()
    asked = len(documents_in(revisions, chosen))
    documents = f"{asked} of {len(revisions)} documents" if chosen else _all(len(revisions))
    model = engine.settings_of(user).model
    ready = model != "none" and engine.answerer.model is not None
    answers = engine.answerer.model.name if ready and engine.answerer.model else "quotes"
    answers = "the local model" if answers == "local" else answers
    stays = engine.what_leaves_the_machine(user).startswith("Nothing")
    where = "nothing leaves this machine" if stays else "text leaves this machine"
    chips = (
        (f"Asks {documents}", "Documents"),
        (f"Answers: {answers}", "Settings"),
        (where.capitalize(), "Settings"),
    )
    return (
        '<p class="chips">'
        + "".join(
            f'<button type="button" data-do="tab" data-tab="{tab}">{markup(words)}</button>'
            for words, tab in chips
        )
        + "</p>"
    )


def _all(count: int) -> str:
    return (
        "the document" if count == 1 else f"all {count:,} documents" if count else "no document yet"
    )
