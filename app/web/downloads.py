"""Downloads of a conversation: Markdown with footnotes, and the evidence file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import Response

from app.answer_text import with_footnotes
from app.html_escape import markup
from app.service.conversations import Conversations, StoredExchange
from app.service.engine import Engine


def as_markdown(kept: Sequence[StoredExchange]) -> str:
    """A conversation as Markdown; footnotes are numbered through, so that they stay apart."""
    parts: list[str] = []
    for number, item in enumerate(kept, 1):
        parts.append(f"## {' '.join(item.question.split())}")
        if item.answer:
            parts.append(re.sub(r"\[\^(\d+)\]", rf"[^{number}-\1]", with_footnotes(item.answer)))
        elif item.problem:
            parts.append(f"*{item.problem}*")
    return "\n\n".join(parts) + "\n"


def as_evidence(engine: Engine, kept: Sequence[StoredExchange]) -> str:
    """The evidence file of a conversation's answers; ``footnote verify`` checks it."""
    from app.service.evidence_bundle import evidence

    wanted = {item.answer.id for item in kept if item.answer}
    answers = [stored for stored in engine.library.answers() if stored.id in wanted]
    return evidence(engine.library, engine.settings, answers)


def links(conversation: str) -> str:
    """Where a conversation's files are, as HTML."""
    base = f"conversations/{markup(conversation)}"
    return (
        f'<p class="files">Export as <a href="{base}.md" download>Markdown</a> or '
        f'<a href="{base}.json" download>evidence</a></p>'
    )


def install(app: FastAPI, conversations: Conversations, engine: Engine) -> None:
    """Add the routes of the files; only their owner gets them."""

    def kept(request: Request, conversation: str) -> list[StoredExchange]:
        if not conversations.owns(request.state.user, conversation):
            raise HTTPException(404, "There is no such conversation.")
        return conversations.exchanges(conversation)

    def sent(text: str, name: str, kind: str) -> Response:
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)

    @app.get("/conversations/{conversation}.md", include_in_schema=False)
    def markdown(request: Request, conversation: str) -> Response:
        text = as_markdown(kept(request, conversation))
        return sent(text, "conversation.md", "text/markdown")

    @app.get("/conversations/{conversation}.json", include_in_schema=False)
    def bundle(request: Request, conversation: str) -> Response:
        text = as_evidence(engine, kept(request, conversation))
        return sent(text, "evidence.json", "application/json")
