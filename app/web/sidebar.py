"""The sidebar: stored conversations, and the choice of documents to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.formats.html_escape import clip, show_controls
from app.service.access.document_choice import collection_choices, folder_choices
from app.web import conversation_list
from app.web.chat import Chat
from app.web.components import QUIET_EVENT, handler, html_component, owner_of
from app.web.display_names import display_name
from app.web.rendering import render
from app.web.welcome import welcome


@dataclass(frozen=True, slots=True)
class Sidebar:
    """The components that the page wires up."""

    fresh: Any
    find: Any
    list: Any
    own: Any
    chosen: Any


def build() -> Sidebar:
    """The components, top to bottom."""
    fresh = gr.Button("New conversation", variant="secondary", size="sm", elem_id="fresh")
    find = gr.Textbox(
        placeholder="Search conversations", label="Search conversations", show_label=False,
        container=False, elem_id="find",
    )  # fmt: skip
    gr.HTML('<h2 class="shelf">Conversations</h2>', js_on_load=None, apply_default_css=False)
    listed = html_component(elem_id="conversations")
    own = html_component(elem_id="own-set")
    gr.HTML('<h2 class="shelf">Ask only</h2>', js_on_load=None, apply_default_css=False)
    chosen = gr.CheckboxGroup(
        [], label="Ask only these documents", elem_id="chosen", container=False
    )
    return Sidebar(fresh, find, listed, own, chosen)


def choices(chat: Chat, owner: str) -> list[tuple[str, str]]:
    """Collections, folders and documents to choose from: what the reader sees, and the value of
    the choice."""
    library = chat.engine.access.library_of(owner)
    revisions = library.documents()
    several = collection_choices(revisions, owner) + folder_choices(revisions)
    return [(show_controls(clip(name, 48)), value) for name, value in several] + [
        (show_controls(clip(display_name(library, d), 48)), d.document_id) for d in revisions
    ]


def conversations(chat: Chat, owner: str, current: str, words: str = "") -> Markup:
    """The owner's conversations that hold these words; the open one is marked."""
    none = "Nothing found." if words else "Conversations are kept here."
    return conversation_list.render_conversation_list(chat.kept.find(owner, words), current, none)


def feedback_set_line(chat: Chat, owner: str) -> Markup:
    """How the owner's evaluation set fares, and the way to it; nothing before there is one."""
    words = chat.engine.feedback_set_summary(owner)
    return render("own_set", summary=words) if words else Markup()


def linked_conversation(chat: Chat, owner: str, request: gr.Request) -> str:
    """The conversation that the page's address names, itself or by one of its answers, or ""."""
    query: Any = request.query_params or {}
    named = str(query.get("conversation", ""))
    if chat.kept.owns(owner, named):
        return named
    exchange = chat.kept.exchange(owner, str(query.get("answer", "")))
    return exchange.conversation if exchange else ""


def bind_events(
    chat: Chat, blocks: Any, tab: Any, shelf: Sidebar, current: Any, outputs: list[Any]
) -> None:
    """Connect the shelf's buttons."""

    def start(request: gr.Request) -> tuple[Any, ...]:
        owner = owner_of(request)
        return welcome(chat.engine, owner), "", gr.skip(), conversations(chat, owner, "")

    @handler
    def open_one(request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        owner, conversation = owner_of(request), str(event._data.get("conversation", ""))
        if not chat.kept.owns(owner, conversation):
            return gr.skip(), gr.skip(), gr.skip(), conversations(chat, owner, "")
        return (
            chat.log(owner, conversation),
            conversation,
            gr.skip(),
            conversations(chat, owner, conversation),
        )

    @handler
    def search(words: str, conversation: str, request: gr.Request) -> str:
        return conversations(chat, owner_of(request), conversation, words.strip())

    @handler
    def rename(conversation: str, request: gr.Request, event: gr.EventData) -> str:
        owner, name = owner_of(request), clip(str(event._data.get("name", "")), 120)
        if name:
            chat.kept.rename(owner, str(event._data.get("conversation", "")), name)
        return conversations(chat, owner, conversation)

    @handler
    def delete(conversation: str, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        owner, gone = owner_of(request), str(event._data.get("conversation", ""))
        notice = chat.kept.delete(owner, gone)
        above = conversation_list.render_undo(notice) if notice else Markup()
        if gone == conversation:
            shown, current, *_ = start(request)
            return shown, current, gr.skip(), above + conversations(chat, owner, "")
        return gr.skip(), gr.skip(), gr.skip(), above + conversations(chat, owner, conversation)

    @handler
    def undelete(request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        chat.kept.undelete(owner_of(request), str(event._data.get("conversation", "")))
        return open_one(request, event)

    shelf.fresh.click(start, None, outputs, **QUIET_EVENT)
    shelf.list.open(open_one, None, outputs, **QUIET_EVENT)
    shelf.list.rename(rename, current, shelf.list, **QUIET_EVENT)
    shelf.list.delete(delete, current, outputs, **QUIET_EVENT)
    shelf.list.undelete(undelete, None, outputs, **QUIET_EVENT)
    shelf.find.change(search, [shelf.find, current], shelf.list, **QUIET_EVENT)

    def offer(request: gr.Request) -> Any:
        return gr.update(choices=choices(chat, owner_of(request)))

    blocks.load(offer, None, shelf.chosen, **QUIET_EVENT)

    def feedback_set_summary(request: gr.Request) -> str:
        return feedback_set_line(chat, owner_of(request))

    gr.on([blocks.load, tab.select], feedback_set_summary, None, shelf.own, **QUIET_EVENT)
