"""``footnote chat``: the web chat."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Annotated

import typer

from app.cli.common import Data, Model, Replies, Risk, Strictness, settings_for

PAGE_ENTRY_POINTS = "footnote.pages"
"""Entry points of further tabs, from packages above this one; each is called by its label."""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("chat")(chat)


def chat(
    model: Model = None,
    data: Data = None,
    host: Annotated[
        str | None, typer.Option(help="The address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[int | None, typer.Option(help="The port.", show_default="7860")] = None,
    root_path: Annotated[
        str | None,
        typer.Option(
            help="The path or address under which a proxy serves the chat, for example /footnote."
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="The provider's address, for OpenAI-compatible servers.")
    ] = None,
    strictness: Strictness = None,
    risk: Risk = None,
    replies: Replies = None,
    fetch: Annotated[
        bool, typer.Option(help="Download the local language model if it is missing.")
    ] = True,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the browser.")
    ] = False,
) -> None:
    """Open the web chat. It answers with quotes first, with the language model once that is there.

    [dim]footnote chat
    footnote chat --model none --port 8000
    footnote chat --model ollama:llama3.2
    footnote chat --root-path /footnote[/dim]
    """
    settings = settings_for(
        data,
        model=model,
        host=host,
        port=port,
        root_path=root_path,
        base_url=base_url,
        strictness=strictness,
        risk=risk,
        replies=replies,
    )
    from app.web import serve

    pages = [(entry.name, entry.load()) for entry in entry_points(group=PAGE_ENTRY_POINTS)]
    opened = open_browser and sys.stdout.isatty()
    serve(settings, open_browser=opened, fetch=fetch, pages=pages)
