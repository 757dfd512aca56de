"""The web server: sign-in, API, MCP tools and a page on FastAPI; headers keep it local."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from app.http.body_limit import BodyLimit
from app.http.public_path import UnderPath, public_path
from app.service.access.users import Users
from app.service.conversations.conversations import Conversations
from app.service.engine import Engine
from app.settings import Settings, is_loopback
from ingest.errors import FootnoteError
from store.files.private_files import make_private, private_folder, private_umask

if TYPE_CHECKING:
    from fastapi import FastAPI

# The browser itself refuses whatever would reach another host, should escaping ever fail.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Gradio needs both
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # without it a browser's own forms come from "null"
    "X-Frame-Options": "DENY",
}


class SignInNeeded(FootnoteError):
    """The chat would be open to others without sign-in."""

    exit_code = 2


class PortInUse(FootnoteError):
    """Something else listens where the chat should."""

    exit_code = 2


def application(
    settings: Settings, engine: Engine, add_page: Callable[[FastAPI, Conversations], Any] | None
) -> Any:
    """The ASGI application: guarded routes, the API under ``/api/v1``, MCP tools, and the page.

    ``add_page`` mounts the web chat and returns what is to be served; None serves programs only.
    """
    from fastapi import FastAPI, Request, Response
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    from app.http import api, auth, health, mcp, metrics, widget

    private_folder(settings.data)
    make_private(settings.data)
    conversations = Conversations(settings.data, settings.database)
    tools = mcp.mcp_server(engine, auth.CURRENT_USER.get)
    tool_routes = tools.streamable_http_app(stateless_http=True, host=settings.host).routes

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with tools.session_manager.run():
            yield

    app = FastAPI(
        title="Footnote", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    users = required_users(settings)
    auth.install(
        app, users, loopback=users is None, root=settings.root_path,
        unguarded=(*health.PATHS, metrics.PATH, *widget.open_paths(settings)),
    )  # fmt: skip
    app.router.routes.extend(tool_routes)
    api.install(app, engine)
    widget.install(app, engine, settings)
    health.install(app, engine)
    metrics.install(app, engine, settings.metrics_token, loopback=users is None)

    @app.middleware("http")
    async def headers(
        request: Request, follow: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response = await follow(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            response.headers.setdefault("X-Accel-Buffering", "no")  # or nginx keeps events back
        return response

    served = BodyLimit(add_page(app, conversations) if add_page is not None else app)
    path = public_path(settings.root_path)
    whole: Any = UnderPath(served, path) if path else served
    trusted = settings.trusted_proxies.split()
    return ProxyHeadersMiddleware(whole, trusted) if trusted else whole


def required_users(settings: Settings) -> Users | None:
    """Who may sign in; None on loopback, if nobody has to.

    Raises ``SignInNeeded`` if others could reach the chat and nobody can sign in.
    """
    if is_loopback(settings.host):
        return None
    users = Users(settings.data, settings.database)
    if not users.names():
        raise SignInNeeded(
            f"On {settings.host} others can reach the chat, so people must sign in, and there is "
            "no user yet. Create one first: footnote users add NAME."
        )
    return users


def sign_in_note(settings: Settings) -> str:
    """Why nobody has to sign in though there are users; "" if there is nothing to say."""
    if not is_loopback(settings.host) or not Users(settings.data, settings.database).names():
        return ""
    return (
        f"Nobody signs in: on {settings.host} only this machine reaches the chat. To let the users "
        "sign in, start it with --host 0.0.0.0."
    )


def check_port(host: str, port: int) -> None:
    """Raise ``PortInUse`` if the address is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUse(
                f"{host}:{port} cannot be used ({error.strerror}). Stop what uses it, or choose "
                "another port: footnote chat --port 7861."
            ) from error


def shown_address(host: str, port: int) -> str:
    """The address for a browser on this machine; ``0.0.0.0`` and ``::`` are none."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def serve(
    settings: Settings,
    add_page: Callable[[FastAPI, Engine, Conversations], Any],
    *,
    open_browser: bool = False,
    fetch: bool = True,
) -> None:
    """Serve the chat until interrupted. ``fetch`` allows the local model to be pulled meanwhile."""
    check_port(settings.host, settings.port)
    required_users(settings)
    with private_umask():
        _serve(settings, add_page, open_browser=open_browser, fetch=fetch)


def _serve(
    settings: Settings,
    add_page: Callable[[FastAPI, Engine, Conversations], Any],
    *,
    open_browser: bool,
    fetch: bool,
) -> None:
    from app.http.graceful_shutdown import Server

    engine = Engine(settings)
    if settings.log == "json":
        from app.http import logs

        logs.configure()
        engine.observers.append(logs.log_question)
    app = application(
        settings, engine, lambda app, conversations: add_page(app, engine, conversations)
    )
    server = Server(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        # uvicorn's own lines then go where the others go.
        **({"log_config": None} if settings.log == "json" else {}),
        timeout_graceful_shutdown=3,
    )
    address = (
        settings.root_path
        if "://" in settings.root_path
        else shown_address(settings.host, settings.port) + settings.root_path
    )

    def ready() -> None:
        while not server.started and not server.should_exit:
            threading.Event().wait(0.05)
        print(f"Footnote is at {address} (Ctrl-C stops it)", flush=True)
        if message := sign_in_note(settings):
            print(message, flush=True)
        engine.warm(fetch=fetch)
        if open_browser:
            webbrowser.open(address)

    threading.Thread(target=ready, daemon=True).start()
    try:
        server.run()
    finally:
        engine.close()
