"""The path under which a proxy shows Footnote, with the proxy taking it off again or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def public_path(root: str) -> str:
    """The path of ``root_path``, which is one (``/footnote``) or a whole address; "" for none."""
    return (urlsplit(root).path if "://" in root else root).rstrip("/")


def public_host(root: str) -> str | None:
    """The host, with its port, of a ``root_path`` that is a whole address; None of a path."""
    return urlsplit(root).netloc if "://" in root else None


class UnderPath:
    """An ASGI application that also answers under ``path``, as one without it sees requests.

    A proxy may pass ``/footnote/api`` on as it is or as ``/api``; both are ``/api`` here.
    """

    def __init__(self, app: App, path: str) -> None:
        self._app, self._path = app, path

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if path == self._path and scope["type"] == "http":
            # The page's own links are relative: they need the slash.
            await _redirect(send, f"{self._path}/", scope.get("query_string", b""))
            return
        if path.startswith(f"{self._path}/"):
            rest = path.removeprefix(self._path)
            raw = scope.get("raw_path") or rest.encode()
            prefix = self._path.encode()
            scope = {**scope, "path": rest, "raw_path": raw.removeprefix(prefix)}
        await self._app(scope, receive, send)


async def _redirect(send: Any, path: str, query: bytes) -> None:
    location = path.encode() + (b"?" + query if query else b"")
    headers = [(b"location", location), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
