"""Keeps an open page true: what changes elsewhere is shown within two seconds.

Another tab, the command line or a watched folder may add, change or remove documents, and the model
may become ready; then all that tells of them is drawn again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from app.web import documents_tab, sidebar
from app.web.chat import Chat
from app.web.components import QUIET_EVENT, handler, owner_of, session_of
from app.web.toasts import KnownState, known, toasts
from app.web.welcome import asked_of, status_line, welcome

POLL_S = 1.5


@dataclass(frozen=True, slots=True)
class LiveComponents:
    """The components that tell of documents and model; ``known`` is the state that they show,
    and ``redraw`` what draws the list of documents again."""

    known: Any
    conversation: Any
    status: Any
    chosen: Any
    chips: Any
    log: Any
    toasts: Any
    redraw: Any = None


def arrived(chat: Chat, owner: str, conversation: str) -> KnownState:
    """The state that a page shows when it opens."""
    return known(chat, owner, stamp(chat, owner, conversation))


def stamp(chat: Chat, owner: str, conversation: str) -> str:
    """What changes with the documents, with the model, and with what another page or process
    answers in this conversation."""
    engine = chat.engine
    generation, model = engine.access.library_of(owner).generation, engine.settings_of(owner).model
    running = " ".join(sorted(chat.running(conversation)))
    return f"{generation} {engine.status.phase} {model} {running}"


def bind_events(chat: Chat, shown: LiveComponents) -> None:
    """Look for changes while the page is open."""

    @handler
    def look(
        before: KnownState, conversation: str, chosen: list[str], request: gr.Request
    ) -> tuple[Any, ...]:
        owner, session = owner_of(request), session_of(request)
        status = status_line(chat.engine)
        # An answer in progress draws the conversation itself; the change is shown after it.
        unchanged = stamp(chat, owner, conversation) == before.stamp
        if unchanged or chat.answering.is_on(session):
            return status, *[gr.skip()] * 5, before
        now, page = arrived(chat, owner, conversation), chat.page(session)
        if page.adding:  # which of the changes are this page's own is known once it is through
            notices, now = "", replace(now, stamp="", documents=before.documents)
        elif before == KnownState():  # another process drew this page; what it showed is unknown
            notices = ""
        else:
            notices = toasts(chat, owner, before, now, page.own)
            page.own.clear()
        return (
            status,
            _choices(chat, owner, chosen),
            asked_of(chat.engine, owner, chosen),
            chat.log(owner, conversation) if conversation else welcome(chat.engine, owner),
            documents_tab.turn(),
            notices or gr.skip(),
            now,
        )

    @handler
    def choose(chosen: list[str], request: gr.Request) -> str:
        return asked_of(chat.engine, owner_of(request), chosen)

    shown.chosen.change(choose, shown.chosen, shown.chips, **QUIET_EVENT)

    gr.Timer(POLL_S).tick(
        look,
        [shown.known, shown.conversation, shown.chosen],
        [
            shown.status,
            shown.chosen,
            shown.chips,
            shown.log,
            shown.redraw,
            shown.toasts,
            shown.known,
        ],
        **QUIET_EVENT,
    )


def _choices(chat: Chat, owner: str, chosen: Sequence[str]) -> Any:
    """The documents to choose from; what was chosen stays so if it is still there."""
    choices = sidebar.choices(chat, owner)
    values = {value for _, value in choices}
    return gr.update(choices=choices, value=[name for name in chosen if name in values])
