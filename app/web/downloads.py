"""Downloads of a conversation: files for people, and the evidence file."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response

from app.service.conversations.conversations import Conversations, StoredExchange
from app.service.engine import Engine
from app.service.export import FORMS, export

FORMAT_NAMES = {"md": "Markdown", "html": "HTML", "docx": "Word", "pdf": "PDF"}
PRINT_SCRIPT = b"<script>print()</script>\n"
"""After the page: the browser's own print window, which also saves it as a PDF, in any script."""


def as_evidence(engine: Engine, user: str, exchanges: Sequence[StoredExchange]) -> str:
    """The evidence file of a conversation's answers, as far as the user may still read what they
    cite; ``footnote verify`` checks it."""
    from app.service.export.evidence_bundle import evidence

    answer_ids = {item.answer.id for item in exchanges if item.answer}
    library = engine.access.library_of(user)
    stored = [a for a in library.answers(ids=answer_ids) if a.status != "unreadable"]
    return evidence(library, engine.settings, stored)


def install(app: FastAPI, conversations: Conversations, engine: Engine) -> None:
    """Add the routes of the files; only their owner gets them."""

    def kept(request: Request, conversation: str) -> list[StoredExchange]:
        if not conversations.owns(request.state.user, conversation):
            raise HTTPException(404, "There is no such conversation.")
        return conversations.exchanges(conversation)

    @app.get("/conversations/{conversation}.json", include_in_schema=False)
    def bundle(request: Request, conversation: str) -> Response:
        text = as_evidence(engine, request.state.user, kept(request, conversation))
        return _attached(text, "evidence.json", "application/json; charset=utf-8")

    @app.get("/conversations/{conversation}.{form}", include_in_schema=False)
    def file(request: Request, conversation: str, form: str, print: bool = False) -> Response:
        if form not in FORMS:
            raise HTTPException(404, f"A conversation is exported as {', '.join(FORMS)} or json.")
        items = kept(request, conversation)
        title = conversations.name(request.state.user, conversation)
        data = export(form, title, [(k.question, k.answer, k.problem) for k in items])
        kind = FORMS[form][0]
        if print and form == "html":
            return Response(data + PRINT_SCRIPT, media_type=kind)
        return _attached(data, f"conversation.{form}", kind)


def _attached(content: bytes | str, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)
