"""Access control: sign-in beyond loopback, and requests only from our own pages.

A page of another site can make a browser send requests here. ``Origin`` and ``Host`` tell them
apart: a foreign origin is refused everywhere, and on loopback so is a foreign host name, which is
what a name rebound to 127.0.0.1 would send.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app.formats.templates import Templates
from app.http.public_path import public_host, public_path
from app.service.access.users import TooManyTries, Users
from app.service.queue.in_progress import Busy
from app.settings import is_loopback

CURRENT_USER: ContextVar[str] = ContextVar("asker", default="")
"""Who signed in for this request, for what is not given the request itself."""
SESSION_COOKIE = "footnote_session"
AT_ONCE, MOST_WAITING = 2, 200
"""Passwords that are hashed at a time, and that may wait for it."""
render = Templates(Path(__file__).parent / "templates").render


def is_foreign(request: Request, *, loopback: bool, public: str | None = None) -> bool:
    """Whether a request comes from another site, or by a name that is not ours.

    ``public`` is the host of the address that a proxy shows. A proxy may give its host in
    ``X-Forwarded-Host``, which no page of another site can set.
    """
    host = request.headers.get("host", "")
    if loopback and host != public and not is_loopback(urlsplit(f"//{host}").hostname or ""):
        return True
    origin = request.headers.get("origin")
    if origin is None or request.headers.get("sec-fetch-site") == "same-origin":
        return False
    forwarded = request.headers.get("x-forwarded-host", "").split(",")[0].strip()
    # An origin that is no address ("null") has no host, and a header that is missing gives none.
    return urlsplit(origin).netloc not in {name for name in (host, forwarded, public) if name}


@dataclass
class HashingLine:
    """The passwords that are hashed or wait for it; counted in one event loop."""

    limiter: anyio.CapacityLimiter
    held: int = 0


async def visitor(request: Request, users: Users, line: HashingLine) -> str | None:
    """The signed-in user, by session cookie or, for programs, by HTTP Basic or a bearer token
    ``NAME:PASSWORD`` (the API key of clients made for OpenAI); else None."""
    token = request.cookies.get(SESSION_COOKIE)
    if token and (name := await anyio.to_thread.run_sync(users.session, token)):
        return name
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("basic", "bearer"):
        return None
    try:
        if scheme.lower() == "basic":
            credentials = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, _, password = credentials.partition(":")
    if not await checked(users, name, password, _address(request), line):
        return None
    return await anyio.to_thread.run_sync(users.owner, name)


async def checked(users: Users, name: str, password: str, address: str, line: HashingLine) -> bool:
    """Whether this is the user's password; it waits in ``line`` to be hashed, since threads that
    wait are missing elsewhere. Raises ``TooManyTries``, and ``Busy`` if the line is too long."""
    await anyio.to_thread.run_sync(users.refuse_blocked, address)
    if line.held >= AT_ONCE + MOST_WAITING:
        raise Busy("Too many people are signing in. Try again in a few seconds.")
    line.held += 1
    try:
        attempt = name, password, address
        return await anyio.to_thread.run_sync(users.check, *attempt, limiter=line.limiter)
    finally:
        line.held -= 1


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def install(
    app: FastAPI,
    users: Users | None,
    *,
    loopback: bool,
    root: str = "",
    unguarded: Collection[str] = (),
) -> None:
    """Guard every route of ``app``; ``users`` None lets everybody on this machine in.

    ``root`` is the setting ``root_path``; ``unguarded`` are paths that need no sign-in.
    """
    path, public = public_path(root), public_host(root)
    cookie_path = path or "/"
    line = HashingLine(anyio.CapacityLimiter(AT_ONCE))

    @app.middleware("http")
    async def gate(request: Request, follow: Any) -> Response:
        if is_foreign(request, loopback=loopback, public=public):
            return JSONResponse({"error": "This request comes from another site."}, 403)
        request.state.user = ""
        if users is not None and request.url.path not in ("/sign-in", *unguarded):
            try:
                name = await visitor(request, users, line)
            except TooManyTries as error:
                return JSONResponse({"error": str(error)}, 429)
            except Busy as error:
                return JSONResponse({"error": str(error)}, 503, {"Retry-After": "5"})
            if name is None:
                if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
                    return RedirectResponse(f"{path}/sign-in", 303)
                return JSONResponse({"error": "Sign in first."}, 401)
            request.state.user = name
        CURRENT_USER.set(request.state.user)
        followed: Response = await follow(request)
        return followed

    if users is None:
        return

    @app.get("/sign-in", include_in_schema=False)
    def sign_in_page() -> HTMLResponse:
        return HTMLResponse(render("sign_in", problem=""))

    @app.post("/sign-in", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        form = await request.form()
        name, password = str(form.get("name", "")), str(form.get("password", ""))
        status, trouble = 401, "This name and password do not belong together."
        try:
            if await checked(users, name, password, _address(request), line):
                response = RedirectResponse(f"{path}/", 303)
                response.set_cookie(
                    SESSION_COOKIE, users.start_session(name), httponly=True, samesite="strict",
                    secure="https" in (request.url.scheme, urlsplit(root).scheme), path=cookie_path,
                )  # fmt: skip
                return response
        except TooManyTries as error:
            status, trouble = 429, str(error)
        except Busy as error:
            status, trouble = 503, str(error)
        return HTMLResponse(render("sign_in", problem=trouble), status)

    @app.post("/sign-out", include_in_schema=False)
    def sign_out(request: Request) -> Response:
        users.end_session(request.cookies.get(SESSION_COOKIE, ""))
        response = RedirectResponse(f"{path}/sign-in", 303)
        response.delete_cookie(SESSION_COOKIE, path=cookie_path)
        return response
