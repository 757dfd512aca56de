"""Stands in front of Gradio: lets through what the page needs, and nothing else.

Gradio has many more routes than the page uses (files, proxies, links to a page's state, run
history, monitoring). It takes a file by a path that the browser sends, and a page's state by a name
that the browser chose. So every route is closed unless it is listed here, a file must be an upload
of the user who sends its path, and the name of a page is tied to its user.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from app.formats.json_forms import has_half_character
from app.http.public_path import App, Scope
from app.service.storage.uploaded_files import NotUploaded, UploadedFiles

API_PREFIX = "/gradio_api"
READ_ROUTES = (
    "/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt",
    "/assets/{path}", "/static/{path}",
    f"{API_PREFIX}/info", f"{API_PREFIX}/app_id", f"{API_PREFIX}/upload_progress",
    f"{API_PREFIX}/queue/data", f"{API_PREFIX}/heartbeat/{{page}}",
)  # fmt: skip
"""What the page reads of Gradio; all other routes of Gradio are closed."""
ACTION_ROUTES = (f"{API_PREFIX}/queue/join", f"{API_PREFIX}/run/predict")
"""Where what is done on the page is sent to."""
UPLOAD_ROUTE = f"{API_PREFIX}/upload"
_READ = re.compile("|".join(re.sub(r"\\{\w+\\}", ".+", re.escape(path)) for path in READ_ROUTES))
_PAGE = re.compile(rf"({API_PREFIX}/heartbeat/)(.+)")
_NAMES = "session_hash", "upload_id"
"""What a query names a page and the progress of an upload by."""
FILE_TYPE = "gradio.FileData"
Upload = Callable[[Request, Path, str | None], Awaitable[Response]]
"""Takes the files of a request into a folder, under a name for their progress, and answers."""


class GradioGuard:
    """The Gradio application behind it, for who is in the request's state as ``user``."""

    def __init__(self, app: App, files: UploadedFiles, upload: Upload) -> None:
        self._app, self._files, self._upload = app, files, upload

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        owner = str(scope.get("state", {}).get("user", ""))
        if method in ("GET", "HEAD") and _READ.fullmatch(path):
            await self._app(_read_as(scope, owner), receive, send)
        elif method == "POST" and path == UPLOAD_ROUTE:
            await self._taken(Request(scope, receive), owner, scope, receive, send)
        elif method == "POST" and path in ACTION_ROUTES:
            await self._acted(Request(scope, receive), owner, scope, send)
        else:
            await _refusal("There is nothing here.", 404)(scope, receive, send)

    async def _taken(
        self, request: Request, owner: str, scope: Scope, receive: Any, send: Any
    ) -> None:
        folder = await anyio.to_thread.run_sync(self._files.new_folder, owner)
        progress = request.query_params.get("upload_id")
        named = page_of(owner, progress) if progress else None
        await (await self._upload(request, folder, named))(scope, receive, send)

    async def _acted(self, request: Request, owner: str, scope: Scope, send: Any) -> None:
        try:
            body = self._checked(owner, json.loads(await request.body()))
        except ClientDisconnect:
            return
        except NotUploaded as error:
            await _refusal(str(error), 403)(scope, request.receive, send)
        except (ValueError, RecursionError) as error:
            why = f"The request cannot be read ({error})."
            await _refusal(why, 400)(scope, request.receive, send)
        else:
            await self._app(*_replayed(scope, body, request.receive), send)

    def _checked(self, owner: str, body: Any) -> bytes:
        """The body with the page's name tied to its user, and no file but their uploads."""
        if not isinstance(body, dict) or has_half_character(body):
            raise ValueError("it is not a JSON object, or it holds half a character")
        if body.get("session_hash") is not None:
            body["session_hash"] = page_of(owner, str(body["session_hash"]))
        return json.dumps(self._files_checked(owner, body)).encode()

    def _files_checked(self, owner: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._files_checked(owner, each) for each in value]
        if not isinstance(value, dict):
            return value
        if not ("path" in value or "meta" in value):
            return {key: self._files_checked(owner, each) for key, each in value.items()}
        upload = self._files.find(owner, str(value.get("path")))
        return {"path": str(upload), "orig_name": upload.name, "meta": {"_type": FILE_TYPE}}


def page_of(owner: str, name: str) -> str:
    """The name that Gradio knows a page by: knowing what another user's browser called its page
    does not help to reach it."""
    return hashlib.sha256(f"{owner}\0{name}".encode()).hexdigest()[:32]


def _read_as(scope: Scope, owner: str) -> Scope:
    """The request with the page that it names tied to its user, and without links to a state."""
    named = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    query = [
        (key, page_of(owner, value) if key in _NAMES else value)
        for key, value in named
        if key != "deep_link"
    ]
    path = _PAGE.sub(lambda found: found[1] + page_of(owner, found[2]), scope["path"])
    return {
        **scope, "path": path, "raw_path": path.encode(), "query_string": urlencode(query).encode()
    }  # fmt: skip


def _replayed(scope: Scope, body: bytes, receive: Any) -> tuple[Scope, Any]:
    """The request with another body."""
    headers = [(k, v) for k, v in scope["headers"] if k.lower() != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    given = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def again() -> Any:
        return next(given, None) or await receive()

    return {**scope, "headers": headers}, again


def _refusal(why: str, status: int) -> JSONResponse:
    return JSONResponse({"error": why}, status)
