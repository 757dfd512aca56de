"""A limit on what a client may send, before anything else looks at it.

Without one a request of any size is kept in memory by whatever reads it, also before sign-in.
Starlette's own middleware answers a client that still sends, which does not hear it, and names no
limit.
"""

from __future__ import annotations

import time
from typing import Any

from starlette.responses import JSONResponse

from app.http import openai_api
from app.http.public_path import App, Scope

MEGABYTE = 1024 * 1024  # as browsers and proxies count
MAX_FILE_BYTES = 100 * MEGABYTE
"""Of a file."""
FILE_RULE = f"A file may have at most {MAX_FILE_BYTES // MEGABYTE} MB"
MAX_DROP_BYTES = 1000 * MEGABYTE
"""Of the files that a page uploads at a time; they go to the disk as they come."""
MAX_TEXT_BYTES = 1 * MEGABYTE
"""Bytes of any other request: questions, and what is done on the page."""
FORM_OVERHEAD_BYTES = 64 * 1024
"""What a form has around its file."""
FILE_LIMITS = {
    "/api/v1/documents": (MAX_FILE_BYTES + FORM_OVERHEAD_BYTES, FILE_RULE),
    "/gradio_api/upload": (
        MAX_DROP_BYTES + FORM_OVERHEAD_BYTES,
        f"The files of one upload may have at most {MAX_DROP_BYTES // MEGABYTE} MB together",
    ),
}
"""The routes that take files: the limit, and what a client hears."""
TEXT_LIMIT = (
    MAX_TEXT_BYTES,
    f"A request without files may have at most {MAX_TEXT_BYTES // MEGABYTE} MB",
)
DRAINED_S = 10.0
"""How long the rest of a request that is too large is read and thrown away, in seconds: a client
that still sends does not hear the answer."""


class BodyLimit:
    """An ASGI application whose requests are refused with 413 once they are too large."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most, rule = FILE_LIMITS.get(scope["path"], TEXT_LIMIT)
        request = _Limited(most, receive, send)
        if _announced(scope) <= most:
            try:
                await self._app(scope, request.receive, request.send)
            except Exception:
                # Whatever the application made of a request that was cut short does not matter.
                if not request.too_large:
                    raise
        else:
            request.too_large = True
        if request.too_large and not request.answered:
            await _drain(receive)
            await _refusal(scope["path"], f"{rule}.")(scope, receive, send)


class _Limited:
    """A request that ends, as if its client had left, if it has more than ``most`` bytes; what
    is answered to that is not sent."""

    def __init__(self, most: int, receive: Any, send: Any) -> None:
        self._left, self._receive, self._send = most, receive, send
        self.too_large = self.answered = False

    async def receive(self) -> Any:
        """The next message of the request."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.too_large = True
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: Any) -> None:
        """Sends a message of the answer."""
        if self.answered or not self.too_large:
            self.answered = True
            await self._send(message)


def _announced(scope: Scope) -> int:
    """The length that the request says it has; 0 if it says none."""
    given = next((value for key, value in scope["headers"] if key == b"content-length"), b"0")
    return int(given) if given.isdigit() and len(given) < 20 else 0


def _refusal(path: str, why: str) -> JSONResponse:
    """The answer in the form of the API that was asked."""
    error: Any = {"error": why}
    if path.startswith(openai_api.PREFIX):
        error = openai_api.error_body(why, server=False)
    return JSONResponse(error, 413, {"Connection": "close"})


async def _drain(receive: Any) -> None:
    deadline = time.monotonic() + DRAINED_S
    while time.monotonic() < deadline:
        message = await receive()
        if message["type"] != "http.request" or not message.get("more_body"):
            return
