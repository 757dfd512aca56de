"""The web chat as an application: the HTTP server with the Gradio page mounted on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.http import server
from app.http.body_limit import FILE_RULE, MAX_FILE_BYTES
from app.service.storage.uploaded_files import UploadedFiles
from app.settings import Settings
from app.web.gradio_guard import GradioGuard
from store.files.private_files import private_umask

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.service.conversations.conversations import Conversations
    from app.service.engine import Engine

Pages = Sequence[tuple[str, Any]]
"""Further tabs, each a label and a builder that takes the ``Engine`` and the tab."""


def application(settings: Settings, engine: Engine, pages: Pages = ()) -> Any:
    """The ASGI application of a chat over an engine that is open already."""
    return server.application(
        settings,
        engine,
        lambda app, conversations: _add_page(app, engine, conversations, pages=pages),
    )


def serve(
    settings: Settings, *, open_browser: bool = False, fetch: bool = True, pages: Pages = ()
) -> None:
    """Serve the chat until interrupted. ``fetch`` allows the local model to be pulled meanwhile.

    Raises ``FootnoteError`` if the port or the data folder cannot be used.
    """
    server.serve(settings, partial(_add_page, pages=pages), open_browser=open_browser, fetch=fetch)


def _add_page(
    app: FastAPI, engine: Engine, conversations: Conversations, *, pages: Pages
) -> FastAPI:
    """Mount the Gradio page and the files of conversations on ``app``."""
    with private_umask():  # Gradio makes folders at once
        return _mount(app, engine, conversations, pages)


def _mount(app: FastAPI, engine: Engine, conversations: Conversations, pages: Pages) -> FastAPI:
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("GRADIO_TEMP_DIR", str(engine.settings.data / "gradio"))
    import gradio as gr

    from app.web import components, downloads, page

    downloads.install(app, conversations, engine)
    files = UploadedFiles(engine.settings.data)
    blocks = page.build(engine, conversations, pages)
    blocks.queue(default_concurrency_limit=8, max_size=400)
    blocks.max_threads = page.WORKER_THREADS
    # Gradio looks where a file lies only once this says so, and mounting it does not.
    blocks.has_launched = True
    gr.set_static_paths([files.folder])  # read where they lie; ``GradioGuard`` serves no file
    settings = engine.settings
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        theme=components.theme(),
        css=components.stylesheet(),
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=MAX_FILE_BYTES,
        ssr_mode=False,
        favicon_path=components.icon(),
        auth_dependency=(lambda request: request.state.user) if engine.access.shared else None,
        allowed_paths=[],
        server_name=settings.host,
        server_port=settings.port,
        root_path=settings.root_path or None,
    )
    gradio_app: Any = mounted.routes[-1].app  # type: ignore[attr-defined]
    gradio_app.add_middleware(GradioGuard, files=files, upload=_upload)
    return mounted


async def _upload(request: Request, folder: Path, progress: str | None) -> Response:
    """Takes the files of a page into a folder; the reply names where each lies."""
    from gradio.route_utils import upload_fn
    from gradio.routes import file_upload_statuses

    try:
        paths, _, _ = await upload_fn(
            request, str(folder), MAX_FILE_BYTES, progress,
            upload_progress=file_upload_statuses if progress else None,
        )  # fmt: skip
    except (MultiPartException, HTTPException) as error:
        shutil.rmtree(folder, ignore_errors=True)
        why = error.message if isinstance(error, MultiPartException) else error.detail
        if why.startswith("File size exceeded"):
            return PlainTextResponse(f"{FILE_RULE}.", 413)
        return PlainTextResponse(why, 400)
    except ClientDisconnect:
        shutil.rmtree(folder, ignore_errors=True)
        return Response(status_code=400)
    return JSONResponse(paths)
