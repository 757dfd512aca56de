"""The page: lays out Gradio components and wires them to handlers; decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from app.formats.html_escape import show_controls
from app.service.conversations.conversations import Conversations
from app.service.engine import Engine
from app.web import (
    attach,
    documents_tab,
    live_updates,
    settings_tab,
    sidebar,
    source_pane,
    source_pane_handlers,
)
from app.web.chat import Chat
from app.web.components import QUIET_EVENT, Stream, handler, html_component, owner_of, session_of
from app.web.feedback import Correction
from app.web.open_source import read_revision
from app.web.rendering import render
from app.web.toasts import KnownState
from app.web.welcome import asked_of, status_line, welcome

ASKING_AT_ONCE = 64
WORKER_THREADS = 120
"""An answer in progress keeps a thread; the rest must not wait for one."""
PageBuilder = Callable[[Engine, Any], None]
"""Fills a further tab: takes the engine and the tab, whose ``select`` says when it is shown."""


def build(
    engine: Engine, conversations: Conversations, pages: Sequence[tuple[str, PageBuilder]] = ()
) -> Any:
    """The whole page. ``pages`` are further tabs (a label and what fills it), from entry points."""
    chat = Chat(engine, conversations)
    with gr.Blocks(title="Footnote", analytics_enabled=False, fill_width=True) as blocks:
        stream = Stream()
        html_component(render("top"), elem_id="top")
        standing = html_component(elem_id="standing")
        notices = html_component(elem_id="toasts")  # outside the tabs: seen in each of them
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Chat", id="chat") as tab:
                seen = _chat_tab(chat, blocks, tab, stream, notices)
            listed = _further_tabs(chat, blocks, pages, stream)
        seen.chips.change(None, seen.chips, standing, js="(shown) => shown", **QUIET_EVENT)
        listed.shown.only(_only, None, seen.chosen, **QUIET_EVENT)
        live_updates.bind_events(chat, replace(seen, redraw=listed.redraw))
        blocks.unload(_forgetter(chat))
    return blocks


def _further_tabs(
    chat: Chat, blocks: Any, pages: Sequence[tuple[str, PageBuilder]], stream: Stream
) -> documents_tab.DocumentList:
    """The tabs other than the chat; the list of documents among them."""
    with gr.Tab("Documents", id="documents") as tab:
        listed = documents_tab.build(chat, tab, stream)
    for label, builder in pages:
        with gr.Tab(label, id=label.lower()) as tab:
            builder(chat.engine, tab)
    with gr.Tab("Settings", id="settings") as tab:
        settings_tab.build(chat.engine, blocks, tab, stream)
    return listed


def _forgetter(chat: Chat) -> Callable[[gr.Request], None]:
    def forget(request: gr.Request) -> None:
        chat.forget(session_of(request))

    return forget


def _chat_tab(
    chat: Chat, blocks: Any, tab: Any, stream: Stream, notices: Any
) -> live_updates.LiveComponents:
    # Held by the page itself: when its process dies, another one goes on with the conversation.
    current, known = gr.Textbox(visible="hidden", show_label=False), gr.State(KnownState())
    with gr.Row(elem_classes="desk", equal_height=False):
        with gr.Column(elem_classes="side", min_width=200, scale=0):
            shelf = sidebar.build()
        with gr.Column(elem_classes="talk", min_width=300, scale=5):
            status = html_component(elem_classes="status")
            log = html_component(elem_id="log", elem_classes="log")
            attached = attach.build_notices()
            with gr.Column(elem_classes="box"):
                question = gr.Textbox(
                    placeholder="Ask about your documents", show_label=False, label="Question",
                    submit_btn="Ask", stop_btn=False, lines=1, max_lines=8, elem_id="question",
                    autofocus=True, container=False,
                )  # fmt: skip
                with gr.Row(elem_classes="under"):
                    files = attach.build_button()
                    chips = html_component(elem_id="chips")
        with gr.Column(elem_classes="read", min_width=300, scale=5):
            pane = html_component(source_pane.EMPTY_PANE, elem_id="source")
    seen = live_updates.LiveComponents(known, current, status, shelf.chosen, chips, log, notices)
    _wire(chat, blocks, seen, shelf, ChatComponents(log, question, pane, attached, stream))
    attach.bind_events(chat, files, attached, log, shelf.chosen, stream)
    sidebar.bind_events(chat, blocks, tab, shelf, current, [log, current, question, shelf.list])
    return seen


@dataclass(frozen=True, slots=True)
class ChatComponents:
    """The components of the chat's two columns, and the page's stream."""

    log: Any
    question: Any
    pane: Any
    attached: Any
    stream: Stream


def _asking(**more: Any) -> Any:
    return gr.update(submit_btn=False, stop_btn="Stop", **more)


def _idle() -> Any:
    return gr.update(submit_btn="Ask", stop_btn=False)


def _wire(
    chat: Chat,
    blocks: Any,
    seen: live_updates.LiveComponents,
    shelf: sidebar.Sidebar,
    parts: ChatComponents,
) -> None:
    current = seen.conversation
    log, question, pane = parts.log, parts.question, parts.pane
    outputs = [log, current, question, shelf.list]

    @handler
    def ask(
        text: str, conversation: str, chosen: list[str], request: gr.Request
    ) -> Iterator[tuple[Any, ...]]:
        owner, session = owner_of(request), session_of(request)
        yield gr.skip(), conversation, _asking(value=""), gr.skip()
        with chat.answering.on(session):
            for page, now in chat.ask(owner, session, conversation, text, chosen):
                # A new conversation is in the page's address at once: a reload finds it.
                begun = now != conversation
                listed = sidebar.conversations(chat, owner, now) if begun else gr.skip()
                conversation = now
                yield page, now, gr.skip(), listed

    @handler
    def ask_clicked(
        conversation: str, chosen: list[str], request: gr.Request, event: gr.EventData
    ) -> Iterator[tuple[Any, ...]]:
        only = event._data.get("document")  # of an example: it is asked of its document alone
        scope = [str(only)] if only else chosen
        yield from ask(str(event._data.get("text", "")), conversation, scope, request)

    @handler
    def again(
        conversation: str, chosen: list[str], request: gr.Request, event: gr.EventData
    ) -> Iterator[tuple[Any, ...]]:
        yield gr.skip(), conversation, _asking(), gr.skip()
        exchange, session = str(event._data.get("exchange", "")), session_of(request)
        with chat.answering.on(session):
            for page in chat.again(owner_of(request), session, exchange, chosen):
                yield page, conversation, gr.skip(), gr.skip()

    # A step of its own: until a handler has ended, Gradio drops what would start it again, so
    # "Ask" shown by the handler itself would invite a question that is then lost.
    @handler
    def finish(conversation: str, request: gr.Request) -> tuple[Any, str, str]:
        return _idle(), sidebar.conversations(chat, owner_of(request), conversation), ""

    def cite(request: gr.Request, event: gr.EventData) -> str:
        data = event._data
        return chat.open(
            owner_of(request), session_of(request), str(data.get("exchange", "")),
            str(data.get("part", "citations")), int(data.get("n", 0)),
        )  # fmt: skip

    def stop(request: gr.Request) -> None:
        chat.answering.stop(session_of(request))

    def halt(request: gr.Request, event: gr.EventData) -> None:
        chat.stop(owner_of(request), str(event._data.get("exchange", "")))

    @handler
    def mark(conversation: str, request: gr.Request, event: gr.EventData) -> tuple[str, str]:
        owner = owner_of(request)
        return _marked(chat, owner, conversation, event._data), sidebar.feedback_set_line(
            chat, owner
        )

    def arrive(request: gr.Request) -> tuple[Any, ...]:
        owner = owner_of(request)
        conversation = sidebar.linked_conversation(chat, owner, request)
        now = live_updates.arrived(chat, owner, conversation)
        shown = chat.log(owner, conversation) if conversation else welcome(chat.engine, owner)
        listed = sidebar.conversations(chat, owner, conversation)
        return shown, conversation, gr.skip(), listed, asked_of(chat.engine, owner, []), now

    steady = {"concurrency_limit": ASKING_AT_ONCE, "concurrency_id": "ask"}
    for listener, handle, first in (
        (question.submit, ask, [question]),
        (log.ask, ask_clicked, []),
        (parts.attached.ask, ask_clicked, []),
        (log.again, again, []),
    ):
        inputs = [*first, current, shelf.chosen]
        ended = parts.stream.bind(listener, handle, inputs, outputs, **steady)
        ended.then(finish, current, [question, shelf.list, parts.attached], **QUIET_EVENT)
    question.stop(stop, None, None, **QUIET_EVENT)
    log.halt(halt, None, None, **QUIET_EVENT)
    log.cite(cite, None, pane, **QUIET_EVENT)
    pane.cite(cite, None, pane, **QUIET_EVENT)
    source_pane_handlers.bind_events(chat, pane)
    log.edit(_text, None, question, **QUIET_EVENT)
    log.mark(mark, current, [log, shelf.own], **QUIET_EVENT)
    log.correct(mark, current, [log, shelf.own], **QUIET_EVENT)
    blocks.load(arrive, None, [*outputs, seen.chips, seen.known], **QUIET_EVENT)
    blocks.load(lambda: status_line(chat.engine), None, seen.status, **QUIET_EVENT)
    log.read(_reader(chat), None, pane, **QUIET_EVENT)


def _only(event: gr.EventData) -> list[str]:
    """The one document that the reader wants to ask about."""
    return [str(event._data.get("document", ""))]


def _text(event: gr.EventData) -> str:
    return show_controls(str(event._data.get("text", "")))


def _marked(chat: Chat, owner: str, conversation: str, data: dict[str, Any]) -> str:
    """What a press on a mark, or on a correction's button, leaves to show."""
    exchange = str(data.get("exchange", ""))
    if data.get("do") == "mark":
        return chat.mark(owner, conversation, exchange, str(data.get("mark", "")))
    correction = Correction(
        str(data.get("right", "")), str(data.get("passage", "")), bool(data.get("silent"))
    )
    return chat.correct(owner, conversation, exchange, correction)


def _reader(chat: Chat) -> Callable[[gr.Request, gr.EventData], str]:
    def read(request: gr.Request, event: gr.EventData) -> str:
        library = chat.engine.access.library_of(owner_of(request))
        return read_revision(library, str(event._data.get("id", "")))

    return read
