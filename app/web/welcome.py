"""The welcome text before the first question, and the status line of the language model."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from app.service.access.document_choice import documents_in
from app.service.engine import Engine
from app.web.display_names import display_title
from app.web.rendering import render

MAX_NAMED_DOCUMENTS = 3


def welcome(engine: Engine, user: str) -> Markup:
    """An invitation with questions drawn from the documents, or how to add the first one."""
    library = engine.access.library_of(user)
    documents = library.documents()
    return render(
        "welcome",
        count=len(documents),
        names=[display_title(library, d) for d in documents[:MAX_NAMED_DOCUMENTS]],
        questions=engine.example_questions(user) if documents else (),
    )


def status_line(engine: Engine) -> Markup:
    """How far the language model is; nothing once there is nothing to wait for."""
    status = engine.status
    waiting = status.phase not in ("ready", "quotes")
    return render("model_status", status=status) if waiting else Markup()


def asked_of(engine: Engine, user: str, chosen: Sequence[str]) -> Markup:
    """What is asked, what answers, and where text goes; each opens the page where it is chosen."""
    revisions = engine.access.library_of(user).documents()
    count = len(documents_in(revisions, chosen))
    documents = f"{count} of {len(revisions)} documents" if chosen else _all(len(revisions))
    model = engine.settings_of(user).model
    ready = model != "none" and engine.answerer.model is not None
    answers = engine.answerer.model.name if ready and engine.answerer.model else "quoted"
    answers = "the local model" if answers == "local" else answers
    stays = engine.what_leaves_the_machine(user).startswith("Nothing")
    here = "this server" if engine.access.shared else "this machine"
    where = f"{'Nothing' if stays else 'Text'} leaves {here}"
    chips = (
        (_capital(documents), "Documents", "What is asked"),
        (_capital(answers), "Settings", "What answers"),
    )
    return render("chips", chips=chips, stays=stays, where=where, user=user)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _all(count: int) -> str:
    return (
        "the document" if count == 1 else f"all {count:,} documents" if count else "no document yet"
    )
