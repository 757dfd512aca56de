"""The widget: questions to one folder of documents, on somebody's own web page.

A ``<script>`` puts a button there; it opens a frame with a page of this server. Only pages of the
origins in the settings may frame it, and whoever sees it may ask without signing in, about the
documents of the folder in the settings and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse

from app.answer import Citation, Event, Finished
from app.formats.inline_markdown import plain
from app.http.schemas import WidgetQuestion
from app.http.streaming import event_stream
from app.service.access.document_choice import documents_of_folder
from app.service.engine import Engine
from app.settings import Settings
from ingest.errors import FootnoteError

STATIC = Path(__file__).parent / "static"
VISITOR_USER = ""
"""Whoever sees the widget has no name, and reads what everybody may."""
PATHS = ("/widget.js", "/widget", "/widget/ask")
"""What is open to everybody if origins are set."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {}"
)


class NothingToAsk(FootnoteError):
    """The widget's folder holds no document."""

    exit_code = 2


def open_paths(settings: Settings) -> tuple[str, ...]:
    """The paths that need no sign-in: the widget's, if any origin may show it."""
    return PATHS if settings.widget_origins else ()


def install(app: FastAPI, engine: Engine, settings: Settings) -> None:
    """Add the widget's script, page and question; nothing if no origin may show it."""
    if not settings.widget_origins:
        return
    policy = CONTENT_SECURITY_POLICY.format(settings.widget_origins)

    @app.get("/widget.js", include_in_schema=False)
    def script() -> Response:
        return Response((STATIC / "widget.js").read_bytes(), media_type="text/javascript")

    @app.get("/widget", include_in_schema=False)
    def page() -> Response:
        response = Response((STATIC / "widget.html").read_bytes(), media_type="text/html")
        response.headers["Content-Security-Policy"] = policy
        return response

    @app.post("/widget/ask", include_in_schema=False)
    def ask(body: WidgetQuestion, request: Request) -> StreamingResponse:
        from app.answering.pipeline import check_question

        check_question(body.question)
        documents = documents_of_folder(
            engine.access.library_of(VISITOR_USER).documents(), settings.widget_folder
        )
        if not documents:
            raise NothingToAsk("There is no document to ask here yet.")
        # Each address takes its own turns, so that one visitor does not keep the others waiting.
        visitor = f"visitor {request.client.host if request.client else ''}"

        def events() -> Iterator[Event]:
            stream = engine.stream(
                body.question, documents, (), visitor, store=False,
                strictness=settings.widget_strictness,
            )  # fmt: skip
            return map(_widget_answer, stream)

        return event_stream(events)


def _widget_answer(event: Event) -> Event:
    """The answer without the signs of Markdown: the widget shows text."""
    if not isinstance(event, Finished):
        return event
    answer = event.answer
    sentences = tuple(replace(sentence, text=plain(sentence.text)) for sentence in answer.sentences)
    citations = tuple(_quote_as_seen(citation) for citation in answer.citations)
    headline = plain(answer.headline)
    seen = replace(answer, sentences=sentences, citations=citations, headline=headline)
    return replace(event, answer=seen)


def _quote_as_seen(citation: Citation) -> Citation:
    """The quote as a reader sees it, with its key at the same words; ``start`` stays."""
    at, quote = citation.start, citation.quote
    low, high = (offset - at for offset in citation.key or (citation.end, citation.end))
    before, key, after = map(plain, (quote[:low], quote[low:high], quote[high:]))
    first, last = at + len(before), at + len(before + key)
    marked = (first, last) if citation.key else None
    whole = before + key + after
    return replace(citation, quote=whole, end=last + len(after), key=marked, collection="")
