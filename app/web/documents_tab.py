"""The Documents tab: add files and links, see changes, read, remove."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.service.conversations.purge import purge
from app.web import sharing, source_pane, source_pane_handlers
from app.web.chat import Chat
from app.web.components import Stream, handler, html_component, owner_of, session_of, takes_uploads
from app.web.document_list import SORT_CHOICES, render_document_list
from app.web.documents_shown import MAX_LISTED_DOCUMENTS, DocumentsShown
from app.web.ingest_progress import ADDING_EVENT, Upload, ingest_sources, link_problem
from app.web.open_source import read_revision
from app.web.render_diff import render_diff
from app.web.rendering import render
from ingest.errors import FootnoteError

log = logging.getLogger(__name__)
CHANGES = ("remove", "purge", "restore")
"""The buttons of the list that change documents."""


@dataclass(frozen=True, slots=True)
class PressedButton:
    """A button of the list that was pressed: what it does, and to which document or revision."""

    what: str
    revision: str
    document: str
    number: str


@dataclass(frozen=True, slots=True)
class DocumentList:
    """The list on the page, and what draws it again when it is given a new ``turn()``.

    ``redraw`` is a hidden component: a ``gr.State`` says nothing of what an unqueued event changed.
    """

    shown: Any
    redraw: Any


def turn() -> str:
    """A value for ``DocumentList.redraw`` that it has not had before."""
    return str(time.monotonic_ns())


def build(chat: Chat, tab: Any, stream: Stream) -> DocumentList:
    """Fill the tab; the list of documents."""
    with gr.Row(elem_classes="desk"):
        with gr.Column(elem_classes="sheet", min_width=300):
            files = takes_uploads(
                gr.File(label="Drop files here", file_count="multiple", height=64, elem_id="files")
            )
            with gr.Row():
                link = gr.Textbox(
                    placeholder="Or paste a link: https://…", show_label=False, label="Link",
                    submit_btn="Add", container=False, elem_id="link",
                )  # fmt: skip
            target = sharing.build_target(chat.engine)
            intake = html_component(elem_id="intake")
            with gr.Row(elem_classes="narrow"):
                words = gr.Textbox(
                    placeholder="Find a document", label="Find a document", show_label=False,
                    container=False, elem_id="find-document",
                )  # fmt: skip
                sort = gr.Dropdown(
                    SORT_CHOICES, value="name", label="Order", show_label=False, container=False,
                    filterable=False, elem_id="sort-documents",
                )  # fmt: skip
            listed, redraw = html_component(elem_id="library"), gr.HTML(visible="hidden")
            shares = gr.Column()
        with gr.Column(elem_classes="read", min_width=300):
            pane = html_component(
                render("pane_empty", message="Choose a document to read it here.", alert=False)
            )

    @handler
    def drop(paths: list[str], into: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        owner, session = owner_of(request), session_of(request)
        for shown in ingest_sources(chat, owner, session, [*map(Upload, paths)], into or ""):
            yield shown, turn(), None

    @handler
    def paste(address: str, into: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        owner, session = owner_of(request), session_of(request)
        refused = link_problem(address.strip())
        if refused:
            yield refused, gr.skip()
            return
        for shown in ingest_sources(chat, owner, session, [address.strip()], into or ""):
            yield shown, turn()

    def act(request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        data = event._data
        chosen = PressedButton(
            str(data.get("act")), str(data.get("id", "")), str(data.get("document", "")),
            str(data.get("number", "")),
        )  # fmt: skip
        return _act(chat, owner_of(request), session_of(request), chosen)

    stream.bind(files.upload, drop, [files, target], [intake, redraw, files], **ADDING_EVENT)
    stream.bind(link.submit, paste, [link, target], [intake, redraw], **ADDING_EVENT)

    def show_list(request: gr.Request) -> str:
        return render_document_list(chat, owner_of(request), session_of(request))

    @handler
    def narrow(words: str, sort: str, request: gr.Request) -> str:
        page = chat.page(session_of(request))
        page.words, page.sort, page.most = words, sort or "name", MAX_LISTED_DOCUMENTS
        return turn()

    # One after the other: a list that was drawn earlier must not replace a later one.
    in_order = {"concurrency_limit": 1, "concurrency_id": "documents"}
    stream.bind(listed.act, act, None, [listed, pane, intake], **in_order)
    for changed in (tab.select, redraw.change):
        stream.bind(changed, show_list, None, listed, **in_order)
    for changed in (words.change, sort.change):
        stream.bind(changed, narrow, [words, sort], redraw, **in_order)
    source_pane_handlers.bind_events(chat, pane)
    with shares:
        sharing.build(chat.engine, tab, target, turn, redraw)
    return DocumentList(listed, redraw)


def _act(chat: Chat, owner: str, session: str, chosen: PressedButton) -> tuple[Any, ...]:
    library, page = chat.engine.access.library_of(owner), chat.page(session)
    page.removing = ""
    try:
        if chosen.what == "read":
            return gr.skip(), read_revision(library, chosen.revision), gr.skip()
        if chosen.what == "diff":
            return gr.skip(), render_diff(library.diff(chosen.document)), gr.skip()
        page.removed = None
        page.own.add(chosen.document)
        shown = _change(chat, owner, page, chosen)
        # What was said of the last files that were added no longer holds.
        reports = "" if chosen.what in CHANGES else gr.skip()
        return render_document_list(chat, owner, session), shown, reports
    except FootnoteError as error:
        return gr.skip(), source_pane.problem(str(error)), gr.skip()


def _change(chat: Chat, owner: str, page: DocumentsShown, chosen: PressedButton) -> Any:
    """What a button changes of the documents or of the list; what the pane then shows."""
    if chosen.what == "ask-remove":
        page.removing = chosen.revision
    if chosen.what == "more":
        page.most += MAX_LISTED_DOCUMENTS
    if chosen.what not in CHANGES:
        return gr.skip()
    library = chat.engine.access.library_to_change(owner, chosen.document)
    if chosen.what == "remove":
        page.removed = library.revision(chosen.revision)
        library.remove(chosen.document)
        return source_pane.EMPTY_PANE
    if chosen.what == "purge" and not chat.engine.access.shared:
        purge(library, chosen.document)
        return source_pane.EMPTY_PANE
    if chosen.what == "restore" and chosen.number.isdecimal():
        library.restore(chosen.document, int(chosen.number))
    return gr.skip()
