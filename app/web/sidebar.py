"""The sidebar: stored conversations, and the choice of documents to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.html_escape import clip, markup, show_controls
from app.web import downloads
from app.web.chat import Chat
from app.web.components import QUIET, handler, html, owner_of
from app.web.display_names import display_name
from app.web.welcome import welcome


@dataclass(frozen=True, slots=True)
class Sidebar:
    """The components that the page wires up."""

    fresh: Any
    find: Any
    list: Any
    own: Any
    chosen: Any
    name: Any
    rename: Any
    delete: Any
    sure: Any
    cancel: Any


def build(chat: Chat) -> Sidebar:
    """The components, top to bottom."""
    fresh = gr.Button("New conversation", variant="secondary", size="sm", elem_id="fresh")
    find = gr.Textbox(
        placeholder="Search conversations", label="Search conversations", show_label=False,
        container=False, elem_id="find",
    )  # fmt: skip
    gr.HTML('<h2 class="shelf">Conversations</h2>', js_on_load=None, apply_default_css=False)
    listed = html(elem_id="conversations")
    own = html(elem_id="own-set")
    gr.HTML('<h2 class="shelf">Ask only</h2>', js_on_load=None, apply_default_css=False)
    chosen = gr.CheckboxGroup(
        choices(chat), label="Ask only these documents", elem_id="chosen", container=False
    )
    with gr.Accordion("This conversation", open=False, elem_id="manage"):
        name = gr.Textbox(label="Name", max_lines=1)
        rename = gr.Button("Rename", size="sm")
        delete = gr.Button("Delete…", size="sm")
        sure = gr.Button("Delete for good", size="sm", variant="stop", visible=False)
        cancel = gr.Button("Keep it", size="sm", visible=False)
    return Sidebar(fresh, find, listed, own, chosen, name, rename, delete, sure, cancel)


def choices(chat: Chat) -> list[tuple[str, str]]:
    """The documents to choose from: what the reader sees, and the document's id."""
    library = chat.engine.library
    return [
        (show_controls(clip(display_name(library, d), 48)), d.document_id)
        for d in library.documents()
    ]


def conversation_list(chat: Chat, owner: str, current: str, words: str = "") -> str:
    """The owner's conversations as buttons; the open one is marked."""
    rows = "".join(
        f'<li><button type="button" data-do="open" data-conversation="{markup(c.id)}" '
        f'title="{markup(c.name)}"'
        f'{" aria-current=true" if c.id == current else ""} dir="auto">'
        f"{markup(clip(c.name, 60))}</button>"
        f"{downloads.links(c.id) if c.id == current else ''}</li>"
        for c in chat.kept.find(owner, words)
    )
    none = "Nothing found." if words else "Conversations are kept here."
    return f'<ul class="kept">{rows}</ul>' if rows else f'<p class="none">{none}</p>'


def feedback_set_line(chat: Chat, owner: str) -> str:
    """How the owner's evaluation set fares, and the way to it; nothing before there is one."""
    words = chat.engine.feedback_set_summary(owner)
    if not words:
        return ""
    return (
        f'<p class="own-set">{markup(words)} <button type="button" data-do="tab" '
        f'data-tab="Evaluate">Evaluate</button></p>'
    )


def linked_conversation(chat: Chat, owner: str, request: gr.Request) -> str:
    """The conversation that the page's address names by one of its answers, or ""."""
    query: Any = request.query_params or {}
    kept = chat.kept.exchange(owner, str(query.get("answer", "")))
    return kept.conversation if kept else ""


def wire(
    chat: Chat, blocks: Any, tab: Any, shelf: Sidebar, current: Any, outputs: list[Any]
) -> None:
    """Connect the shelf's buttons."""

    def start(request: gr.Request) -> tuple[Any, ...]:
        return welcome(chat.engine), "", gr.skip(), conversation_list(chat, owner_of(request), "")

    @handler
    def open_one(request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        owner, wanted = owner_of(request), str(event._data.get("conversation", ""))
        if not chat.kept.owns(owner, wanted):
            return gr.skip(), gr.skip(), gr.skip(), conversation_list(chat, owner, "")
        return chat.log(owner, wanted), wanted, gr.skip(), conversation_list(chat, owner, wanted)

    @handler
    def search(words: str, conversation: str, request: gr.Request) -> str:
        return conversation_list(chat, owner_of(request), conversation, words.strip())

    @handler
    def rename(name: str, conversation: str, request: gr.Request) -> str:
        owner = owner_of(request)
        if conversation and name.strip():
            chat.kept.rename(owner, conversation, clip(name, 120))
        return conversation_list(chat, owner, conversation)

    @handler
    def delete(conversation: str, request: gr.Request) -> tuple[Any, ...]:
        chat.kept.delete(owner_of(request), conversation)
        return start(request)

    def sure(shown: bool) -> Callable[[], tuple[Any, ...]]:
        return lambda: (gr.update(visible=shown), gr.update(visible=shown))

    @handler
    def settle(conversation: str, request: gr.Request) -> tuple[Any, ...]:
        return chat.kept.name(owner_of(request), conversation), *sure(False)()

    asked = [shelf.sure, shelf.cancel]
    # What was typed or half done belongs to the conversation that was open before.
    for step in (
        shelf.fresh.click(start, None, outputs, **QUIET).then,
        shelf.list.open(open_one, None, outputs, **QUIET).then,
        current.change,
    ):
        step(settle, current, [shelf.name, *asked], **QUIET)
    shelf.find.change(search, [shelf.find, current], shelf.list, **QUIET)
    shelf.rename.click(rename, [shelf.name, current], shelf.list, **QUIET)
    shelf.delete.click(sure(True), None, asked, **QUIET)
    shelf.cancel.click(sure(False), None, asked, **QUIET)
    shelf.sure.click(delete, current, outputs, **QUIET).then(sure(False), None, asked, **QUIET)
    blocks.load(lambda: gr.update(choices=choices(chat)), None, shelf.chosen, **QUIET)

    def feedback_set_summary(request: gr.Request) -> str:
        return feedback_set_line(chat, owner_of(request))

    gr.on([blocks.load, tab.select], feedback_set_summary, None, shelf.own, **QUIET)
