"""Ends what is still being sent when the server is told to stop: an open page holds streams."""

from __future__ import annotations

from typing import Any

import anyio
import uvicorn

from app.http.public_path import App, Scope

GRACE_S = 0.3
"""How long requests that end by themselves are waited for."""


class Cancellable:
    """An ASGI application whose requests can be ended all at once, each with a whole response."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._open: set[anyio.CancelScope] = set()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = {"http.response.start": False, "end": False}

        async def note(message: Any) -> None:
            sent[message["type"]] = True
            if message["type"] == "http.response.body":
                sent["end"] = not message.get("more_body", False)
            await send(message)

        with anyio.CancelScope() as ending:
            self._open.add(ending)
            try:
                await self._app(scope, receive, note)
            finally:
                self._open.discard(ending)
        if ending.cancelled_caught and not sent["end"]:
            if not sent["http.response.start"]:
                headers = [(b"content-length", b"0")]
                await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

    def end(self) -> None:
        """End every request that is still being answered."""
        for scope in list(self._open):
            scope.cancel()


class Server(uvicorn.Server):
    """uvicorn's server that ends open streams when it stops, instead of waiting for their pages."""

    def __init__(self, app: App, **options: Any) -> None:
        self._requests = Cancellable(app)
        super().__init__(uvicorn.Config(self._requests, **options))

    async def shutdown(self, sockets: Any = None) -> None:
        """Stop listening, give short requests a moment, end the others."""
        for listening in self.servers:
            listening.close()
        await anyio.sleep(GRACE_S)
        self._requests.end()
        await super().shutdown(sockets)
