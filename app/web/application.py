"""The web chat as an application: the HTTP server with the Gradio page mounted on it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from app.http import server
from app.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from app.service.conversations import Conversations
    from app.service.engine import Engine

Pages = Sequence[tuple[str, Any]]
"""Further tabs, each a label and a builder that takes the ``Engine`` and the tab."""


def application(settings: Settings, engine: Engine, pages: Pages = ()) -> Any:
    """The ASGI application of a chat over an engine that is open already."""
    return server.application(
        settings, engine, lambda app, kept: _add_page(app, engine, kept, pages=pages)
    )


def serve(
    settings: Settings, *, open_browser: bool = False, fetch: bool = True, pages: Pages = ()
) -> None:
    """Serve the chat until interrupted. ``fetch`` allows the local model to be pulled meanwhile.

    Raises ``FootnoteError`` where the port or the data folder cannot be used.
    """
    server.serve(settings, partial(_add_page, pages=pages), open_browser=open_browser, fetch=fetch)


def _add_page(
    app: FastAPI, engine: Engine, conversations: Conversations, *, pages: Pages
) -> FastAPI:
    """Mount the Gradio page and the files of conversations on ``app``."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    from app.web import components, downloads, page

    downloads.install(app, conversations, engine)
    blocks = page.build(engine, conversations, pages)
    blocks.queue(default_concurrency_limit=8, max_size=400)
    blocks.max_threads = page.THREADS
    settings = engine.settings
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        theme=components.theme(),
        css=components.stylesheet(),
        footer_links=[],
        show_error=False,
        max_file_size="100mb",
        ssr_mode=False,
        favicon_path=components.icon(),
        auth_dependency=(lambda request: request.state.user) if engine.shared else None,
        allowed_paths=[],
        server_name=settings.host,
        server_port=settings.port,
        root_path=settings.root_path or None,
    )
    return mounted
