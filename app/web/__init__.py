"""The web chat: shows an ``Answer``, decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.settings import Settings

__all__ = ["serve"]


def serve(
    settings: Settings, *, open_browser: bool = False, fetch: bool = True,
    pages: Sequence[tuple[str, Any]] = (),
) -> None:  # fmt: skip
    """Serve the chat until interrupted. ``fetch`` allows the local model to be pulled meanwhile.

    ``pages`` are further tabs, each a label and a builder that takes the ``Engine`` and the tab and
    makes Gradio components. Raises ``FootnoteError`` where the port or the data folder cannot be
    used.
    """
    from app.web import server

    server.serve(settings, open_browser=open_browser, fetch=fetch, pages=pages)
