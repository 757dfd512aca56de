"""Keeps an open page true: what changes elsewhere is shown within two seconds.

Another tab, the command line or a watched folder may add, change or remove documents; then the
documents to choose from, the marks on answers and the list of documents are drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.web import documents_tab, sidebar
from app.web.chat import Chat
from app.web.components import QUIET, handler, owner_of, session_of
from app.web.welcome import status_line, welcome

EVERY_S = 1.5


@dataclass(frozen=True, slots=True)
class Shown:
    """The components that tell of documents; ``generation`` is the library's that they show."""

    generation: Any
    conversation: Any
    status: Any
    chosen: Any
    log: Any
    listed: Any = None


def wire(chat: Chat, shown: Shown) -> None:
    """Look for changes while the page is open."""

    @handler
    def look(
        generation: int, conversation: str, chosen: list[str], request: gr.Request
    ) -> tuple[Any, ...]:
        status, now = status_line(chat.engine), chat.engine.library.generation
        # An answer in progress draws the conversation itself; the change is shown after it.
        if now == generation or chat.is_answering(session_of(request)):
            return status, gr.skip(), gr.skip(), gr.skip(), generation
        owner = owner_of(request)
        log = chat.log(owner, conversation) if conversation else welcome(chat.engine)
        return status, _choices(chat, chosen), log, documents_tab.table(chat), now

    gr.Timer(EVERY_S).tick(
        look,
        [shown.generation, shown.conversation, shown.chosen],
        [shown.status, shown.chosen, shown.log, shown.listed, shown.generation],
        **QUIET,
    )


def _choices(chat: Chat, chosen: Sequence[str]) -> Any:
    """The documents to choose from; what was chosen stays so where it is still there."""
    choices = sidebar.choices(chat)
    held = {value for _, value in choices}
    return gr.update(choices=choices, value=[name for name in chosen if name in held])
