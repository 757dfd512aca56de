"""The HTTP API: JSON under ``/api/v1``, with server-sent events for streaming.

``ask`` returns exactly what ``footnote ask --json`` prints.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, HTTPException, Query, Request, UploadFile
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app.answer import Event, EvidenceFound, Finished, Turn, Word
from app.html_escape import markup
from app.http import openai_api
from app.json_forms import answer_payload, citation_payload, passage_payload, revision_payload
from app.service.fair_queue import Busy
from ingest.document import FootnoteError

if TYPE_CHECKING:
    from app.service.engine import Engine
    from store.results import IngestReport

log = logging.getLogger(__name__)
PREFIX = "/api/v1"


class AskRequest(BaseModel):
    """A question, with what was said before and the documents (names or ids) to ask."""

    model_config = ConfigDict(extra="forbid")

    question: str
    documents: list[str] | None = None
    history: list[Turn] = Field(default_factory=list)


class LinkRequest(BaseModel):
    """A page to ingest."""

    model_config = ConfigDict(extra="forbid")

    url: str


def server_sent_event(event: Event) -> str:
    """One event of an answer as a server-sent event."""
    match event:
        case EvidenceFound():
            name = "evidence"
            data: Any = {
                "standalone": event.standalone,
                "citations": [citation_payload(c) for c in event.citations],
            }
        case Word():
            name, data = "word", {"text": event.text, "restart": event.restart}
        case Finished():
            name, data = "answer", answer_payload(event.answer)
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _event_stream(events: Iterator[Event]) -> Iterator[str]:
    """Events as text; a failure on the way becomes the last event."""
    try:
        for event in events:
            yield server_sent_event(event)
    except FootnoteError as error:
        yield f"event: error\ndata: {json.dumps({'error': str(error)}, ensure_ascii=False)}\n\n"
    except Exception:
        log.exception("a streamed answer failed")
        yield 'event: error\ndata: {"error": "Footnote failed; its log says why."}\n\n'


def install(app: FastAPI, engine: Engine) -> None:
    """Add the API's routes and its description to ``app``."""
    _errors(app)
    _asking(app, engine)
    _reading(app, engine)
    _changing(app, engine)
    openai_api.install(app, engine)
    _description(app)


def _errors(app: FastAPI) -> None:
    @app.exception_handler(FootnoteError)
    def tell(request: Request, error: FootnoteError) -> JSONResponse:
        told: Any = {"error": str(error)}
        if request.url.path.startswith(openai_api.PREFIX):
            told = openai_api.problem(error)
        if isinstance(error, Busy):
            return JSONResponse(told, 503, {"Retry-After": "5"})
        return JSONResponse(told, 400 if error.exit_code == 2 else 500)


def _asking(app: FastAPI, engine: Engine) -> None:
    def events(asked: AskRequest, request: Request) -> Iterator[Event]:
        user = request.state.user
        return engine.stream(asked.question, asked.documents, asked.history, user)

    @app.post(f"{PREFIX}/ask", tags=["answers"])
    def ask(asked: AskRequest, request: Request) -> dict[str, Any]:
        """The verified answer, or a refusal with its reason and the closest passages."""
        for event in events(asked, request):
            if isinstance(event, Finished):
                return answer_payload(event.answer)
        raise HTTPException(500, "The answer did not finish.")

    @app.post(f"{PREFIX}/ask/stream", tags=["answers"], response_class=StreamingResponse)
    def stream(asked: AskRequest, request: Request) -> StreamingResponse:
        """Server-sent events: ``evidence``, then ``word`` by word, then ``answer`` or ``error``."""
        from app.answering.pipeline import check_question

        check_question(asked.question)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            _event_stream(events(asked, request)), media_type="text/event-stream", headers=headers
        )


def _reading(app: FastAPI, engine: Engine) -> None:
    @app.get(f"{PREFIX}/documents", tags=["documents"])
    def documents() -> list[dict[str, Any]]:
        """The documents, each in its current revision."""
        return [revision_payload(r) for r in engine.library.documents()]

    @app.get(f"{PREFIX}/revisions/{{revision}}/text", tags=["documents"])
    def text(revision: str, start: int = 0, end: int | None = None) -> dict[str, Any]:
        """``text[start:end]`` of a revision: what a citation's offsets slice."""
        return {"revision": revision, "text": engine.library.text(revision)[start:end]}

    @app.get(f"{PREFIX}/revisions/{{revision}}/passages", tags=["documents"])
    def passages(revision: str) -> list[dict[str, Any]]:
        """The passages of a revision, in order."""
        return [passage_payload(p) for p in engine.library.passages(revision)]

    @app.get(f"{PREFIX}/search", tags=["answers"])
    def search(
        q: str = Query(min_length=1, max_length=4000),
        k: int = Query(5, ge=1, le=50),
        document: Sequence[str] = Query(()),
    ) -> list[dict[str, Any]]:
        """The passages nearest to a question, best first, with the score of each part."""
        hits = engine.library.search(q, k, documents=list(document) or None)
        return [
            {**passage_payload(h.stored), "rank": h.rank, "score": h.score, "parts": dict(h.parts)}
            for h in hits
        ]


def _changing(app: FastAPI, engine: Engine) -> None:
    from app.service.uploads import add_bytes, add_link

    @app.post(f"{PREFIX}/documents", tags=["documents"])
    def upload(file: UploadFile) -> dict[str, Any]:
        """Take a file in; the same name again makes a new revision."""
        return _told(add_bytes(engine, file.file.read(), file.filename or "document.txt"))

    @app.post(f"{PREFIX}/links", tags=["documents"])
    def link(given: LinkRequest) -> dict[str, Any]:
        """Ingest a page by its address."""
        return _told(add_link(engine, given.url))

    @app.delete(f"{PREFIX}/documents/{{document}}", tags=["documents"])
    def remove(document: str, purge: bool = False) -> dict[str, Any]:
        """Remove a document; with ``purge`` also what answers cite of it."""
        engine.library.remove(document, purge)
        return {"removed": document}


def _description(app: FastAPI) -> None:
    def schema() -> dict[str, Any]:
        prefixes = (PREFIX, openai_api.PREFIX)
        routes = [r for r in app.routes if getattr(r, "path", "").startswith(prefixes)]
        return get_openapi(title="Footnote", version="1", routes=routes)

    @app.get(f"{PREFIX}/openapi.json", include_in_schema=False)
    def openapi() -> dict[str, Any]:
        return schema()

    @app.get(f"{PREFIX}/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(_docs(schema()))


def _docs(schema: dict[str, Any]) -> str:
    """The OpenAPI description as one page that loads nothing."""
    rows = "".join(
        f"<section><h2><code>{method.upper()} {markup(path)}</code></h2>"
        f"<p>{markup(call.get('description', ''))}</p>{_parameters(call)}</section>"
        for path, calls in schema["paths"].items()
        for method, call in calls.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Footnote API</title>'
        '<meta name="viewport" content="width=device-width"><style>:root{color-scheme:light dark}'
        "body{font:16px/1.55 system-ui,sans-serif;max-width:760px;margin:40px auto;padding:0 16px}"
        "h2{font-size:1rem;margin:28px 0 4px}p{margin:0 0 6px}</style></head><body>"
        f'<h1>Footnote API</h1><p>The description for tools: <a href="openapi.json">'
        f'openapi.json</a>. Errors are JSON: <code>&#123;"error": …&#125;</code>.</p>'
        f"{rows}</body></html>"
    )


def _parameters(call: dict[str, Any]) -> str:
    names = [f"{p['name']} ({p['in']})" for p in call.get("parameters", [])]
    body = call.get("requestBody", {}).get("content", {})
    names += [f"body: {kind}" for kind in body]
    return f"<p><small>{markup(', '.join(names))}</small></p>" if names else ""


def _told(report: IngestReport) -> dict[str, Any]:
    """What an ingest did, and what of the source it did not read."""
    return {
        "document": report.document,
        "revision": report.revision,
        "status": report.status,
        "omissions": list(report.omissions),
    }
