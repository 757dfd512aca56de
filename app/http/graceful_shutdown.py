"""Ends what is still being sent when the server is told to stop: an open page holds streams."""

from __future__ import annotations

from typing import Any

import anyio
import uvicorn

from app.http.public_path import App, Scope

GRACE_S = 0.3
"""How long streams are waited for, which end by themselves if their answer is whole."""
REPLY_S = 5.0
"""How long requests are waited for whose reply has not begun."""
_CLOSED = (b"content-length", b"0"), (b"connection", b"close")


class Cancellable:
    """An ASGI application whose requests can be ended all at once, each with a whole response."""

    def __init__(self, app: App) -> None:
        self._app = app
        # By request, what has been sent of its response.
        self._open: dict[anyio.CancelScope, dict[str, bool]] = {}
        self._ending = False

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._ending:
            await _unavailable(send)
            return
        sent = {"http.response.start": False, "end": False}

        async def note(message: Any) -> None:
            sent[message["type"]] = True
            if message["type"] == "http.response.body":
                sent["end"] = not message.get("more_body", False)
            await send(message)

        with anyio.CancelScope() as ending:
            self._open[ending] = sent
            try:
                await self._app(scope, receive, note)
            finally:
                del self._open[ending]
        if ending.cancelled_caught and not sent["end"]:
            if sent["http.response.start"]:
                await send({"type": "http.response.body", "body": b""})
            else:
                await _unavailable(send)

    async def end(self) -> None:
        """End every stream; then, after a while, every request that is still being answered."""
        self._ending = True
        for scope, sent in list(self._open.items()):
            if sent["http.response.start"]:
                scope.cancel()
        with anyio.move_on_after(REPLY_S):
            while self._open:
                await anyio.sleep(0.02)
        for scope in list(self._open):
            scope.cancel()


async def _unavailable(send: Any) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": list(_CLOSED)})
    await send({"type": "http.response.body", "body": b""})


class Server(uvicorn.Server):
    """uvicorn's server that ends open streams when it stops, instead of waiting for their pages."""

    def __init__(self, app: App, **options: Any) -> None:
        self._requests = Cancellable(app)
        # uvicorn believes every proxy on this machine; ours are named in the settings.
        super().__init__(uvicorn.Config(self._requests, proxy_headers=False, **options))

    async def shutdown(self, sockets: Any = None) -> None:
        """Stop listening, give requests a moment to end, then end them."""
        for listening in self.servers:
            listening.close()
        await anyio.sleep(GRACE_S)
        await self._requests.end()
        await super().shutdown(sockets)
