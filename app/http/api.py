"""The HTTP API: JSON under ``/api/v1``, with server-sent events for streaming.

``ask`` returns exactly what ``footnote ask --json`` prints.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, HTTPException, Query, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from app.answer import Event, Finished
from app.formats.json_forms import answer_payload, passage_payload, revision_payload
from app.http import collections_api, docs_page, openai_api
from app.http.schemas import (
    AnswerReply,
    AskRequest,
    IngestReply,
    LinkRequest,
    RemovedReply,
    TextReply,
    replies,
)
from app.http.streaming import event_stream
from app.service.access.permissions import NotAllowed
from app.service.queue.in_progress import Busy
from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from app.service.engine import Engine
    from store.results import IngestReport

log = logging.getLogger(__name__)
PREFIX = "/api/v1"
NOT_FOR_GOOD = (
    "If people share the documents, the person who runs Footnote deletes for good: footnote remove "
    "NAME --purge. Without purge it can be brought back."
)


def install(app: FastAPI, engine: Engine) -> None:
    """Add the API's routes and its description to ``app``."""
    _errors(app)
    _asking(app, engine)
    _reading(app, engine)
    _changing(app, engine)
    collections_api.install(app, engine, PREFIX)
    openai_api.install(app, engine)
    docs_page.install(app, (PREFIX, openai_api.PREFIX))


def _errors(app: FastAPI) -> None:
    @app.exception_handler(FootnoteError)
    def error_reply(request: Request, error: FootnoteError) -> JSONResponse:
        body: Any = {"error": str(error)}
        if request.url.path.startswith(openai_api.PREFIX):
            body = openai_api.problem(error)
        if isinstance(error, Busy):
            return JSONResponse(body, 503, {"Retry-After": "5"})
        refused = 403 if isinstance(error, NotAllowed) else 400
        return JSONResponse(body, refused if error.exit_code == 2 else 500)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
        why = str(first["msg"]).removeprefix("Value error, ")
        return _refused(request, f"{field or 'The request'}: {why}.", 422)

    @app.exception_handler(AnyHTTPException)
    def failed(request: Request, error: AnyHTTPException) -> JSONResponse:
        return _refused(request, str(error.detail), error.status_code, error.headers)


def _refused(
    request: Request, message: str, status: int, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An error in the form of the API that was asked."""
    body: Any = {"error": message}
    if request.url.path.startswith(openai_api.PREFIX):
        body = openai_api.error_body(message, server=status >= 500)
    return JSONResponse(body, status, headers)


def _asking(app: FastAPI, engine: Engine) -> None:
    def events(body: AskRequest, request: Request) -> Iterator[Event]:
        return engine.stream(
            body.question, body.documents, body.history, request.state.user,
            collection=body.collection,
        )  # fmt: skip

    @app.post(f"{PREFIX}/ask", tags=["answers"], responses=replies(AnswerReply))
    def ask(body: AskRequest, request: Request) -> dict[str, Any]:
        """The verified answer, or a refusal with its reason and the closest passages."""
        for event in events(body, request):
            if isinstance(event, Finished):
                return answer_payload(event.answer)
        raise HTTPException(500, "The answer did not finish.")

    @app.post(f"{PREFIX}/ask/stream", tags=["answers"], response_class=StreamingResponse)
    def stream(body: AskRequest, request: Request) -> StreamingResponse:
        """Server-sent events: ``evidence``, then ``word`` by word, then ``answer`` or ``error``."""
        from app.answering.pipeline import check_question

        check_question(body.question)
        return event_stream(lambda: events(body, request))


def _reading(app: FastAPI, engine: Engine) -> None:
    @app.get(f"{PREFIX}/documents", tags=["documents"])
    def documents(request: Request, collection: str | None = None) -> list[dict[str, Any]]:
        """The documents (of one collection, if given), each in its current revision."""
        library = engine.access.library_of(request.state.user, collection)
        return [revision_payload(r) for r in library.documents()]

    @app.get(
        f"{PREFIX}/revisions/{{revision}}/text", tags=["documents"], responses=replies(TextReply)
    )
    def text(
        request: Request, revision: str, start: int = 0, end: int | None = None
    ) -> dict[str, Any]:
        """``text[start:end]`` of a revision: what a citation's offsets slice."""
        library = engine.access.library_of(request.state.user)
        return {"revision": revision, "text": library.text(revision)[start:end]}

    @app.get(f"{PREFIX}/revisions/{{revision}}/passages", tags=["documents"])
    def passages(request: Request, revision: str) -> list[dict[str, Any]]:
        """The passages of a revision, in order."""
        library = engine.access.library_of(request.state.user)
        return [passage_payload(p) for p in library.passages(revision)]

    @app.get(f"{PREFIX}/search", tags=["answers"])
    def search(
        request: Request,
        q: str = Query(min_length=1, max_length=4000),
        k: int = Query(5, ge=1, le=50),
        document: Sequence[str] = Query(()),
        collection: str | None = None,
    ) -> list[dict[str, Any]]:
        """The passages nearest to a question, best first, with the score of each part."""
        library = engine.access.library_of(request.state.user, collection)
        revisions = engine.access.documents_named(request.state.user, document)
        hits = library.search(q, k, documents=revisions or None)
        return [
            {
                **passage_payload(h.stored),
                "rank": h.rank,
                "score": h.score,
                "parts": dict(h.component_scores),
            }
            for h in hits
        ]


def _changing(app: FastAPI, engine: Engine) -> None:
    from app.service.conversations.purge import purge as delete_for_good
    from app.service.ingest.uploads import add_bytes, add_link

    @app.post(f"{PREFIX}/documents", tags=["documents"], responses=replies(IngestReply))
    def upload(file: UploadFile, request: Request, collection: str = "") -> dict[str, Any]:
        """Take a file into a collection, one's own if none is named; the same name again makes a
        new revision."""
        name, owner = file.filename or "document.txt", request.state.user
        data = file.file.read()
        return _ingest_report(add_bytes(engine, data, name, owner=owner, collection=collection))

    @app.post(f"{PREFIX}/links", tags=["documents"], responses=replies(IngestReply))
    def link(body: LinkRequest, request: Request) -> dict[str, Any]:
        """Ingest a page by its address into a collection, one's own if none is named."""
        owner = request.state.user
        return _ingest_report(add_link(engine, body.url, owner=owner, collection=body.collection))

    @app.delete(
        f"{PREFIX}/documents/{{document}}", tags=["documents"], responses=replies(RemovedReply)
    )
    def remove(request: Request, document: str, purge: bool = False) -> dict[str, Any]:
        """Remove a document; with ``purge`` also what answers cite of it."""
        if purge and engine.access.shared:
            raise HTTPException(403, NOT_FOR_GOOD)
        library = engine.access.library_to_change(request.state.user, document)
        if purge:
            delete_for_good(library, document)
        else:
            library.remove(document)
        return {"removed": document}


def _ingest_report(report: IngestReport) -> dict[str, Any]:
    """What an ingest did, and what of the source it did not read."""
    return {
        "document": report.document,
        "revision": report.revision,
        "status": report.status,
        "omissions": list(report.omissions),
    }
