"""What a reader does in the source pane: turns pages, finds words, goes on to other footnotes."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.web import source_pane
from app.web.chat import Chat
from app.web.components import QUIET_EVENT, owner_of, session_of
from app.web.open_source import Opened, find_words, open_citation, read_revision


def bind_events(chat: Chat, pane: Any) -> None:
    """Connect the pane's own buttons."""

    def opened(request: gr.Request, data: dict[str, Any]) -> Opened:
        exchange, part = str(data.get("exchange", "")), str(data.get("part", "citations"))
        citations = chat.citations(owner_of(request), session_of(request), exchange, part)
        return Opened(citations, _number(data.get("n")), exchange, part)

    def turn(request: gr.Request, event: gr.EventData) -> str:
        data = event._data
        page = _number(data.get("page")) or None
        opened_source = opened(request, data)
        library = chat.engine.access.library_of(owner_of(request))
        if opened_source.citation is not None:
            return open_citation(library, opened_source, page)
        return read_revision(library, str(data.get("revision", "")), page)

    def find(request: gr.Request, event: gr.EventData) -> str:
        data = event._data
        return find_words(
            chat.engine.access.library_of(owner_of(request)), str(data.get("revision", "")),
            str(data.get("words", ""))[:200], _number(data.get("after"), -1),
            back=data.get("step") == "-1",
        )  # fmt: skip

    pane.turn(turn, None, pane, **QUIET_EVENT)
    pane.find(find, None, pane, **QUIET_EVENT)
    pane.close(lambda: source_pane.EMPTY_PANE, None, pane, **QUIET_EVENT)


def _number(value: Any, otherwise: int = 0) -> int:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise
