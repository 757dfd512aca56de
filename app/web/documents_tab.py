"""The Documents tab: add files and links, see changes, read, remove."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.models.worker_stream import Outlet, worker_stream
from app.service.conversations.purge import purge
from app.service.ingest.uploads import add_bytes, add_link
from app.web import sharing, source_pane, source_pane_handlers
from app.web.answer_stream import INTERNAL_PROBLEM
from app.web.chat import Chat
from app.web.components import Stream, handler, html_component, owner_of, session_of, takes_uploads
from app.web.document_list import SORT_CHOICES, render_document_list
from app.web.documents_shown import MAX_LISTED_DOCUMENTS, DocumentsShown
from app.web.open_source import read_revision
from app.web.render_diff import render_diff
from app.web.rendering import problem, render
from ingest.errors import FootnoteError
from store.results import IngestReport

log = logging.getLogger(__name__)
ADDING_EVENT = {"concurrency_limit": 64, "concurrency_id": "adding"}
"""Users take their own turns (``Engine.adding``): nobody waits here for another one's slow link."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a page says it has uploaded; the path is looked at before it is read."""

    path: str


Source = Path | Upload | str
"""What is added: a file that Footnote itself names, one that was uploaded, or a link."""


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


@dataclass(frozen=True, slots=True)
class IngestRow:
    """A source that is added: the ``step`` that it is at, or its ``report`` or ``problem``."""

    name: str
    step: str = "reading"
    report: IngestReport | None = None
    problem: str = ""


def link_problem(address: str) -> Markup:
    """What is wrong with the address of a document, as HTML; "" if it may be asked for."""
    if address.startswith(("http://", "https://")):
        return Markup()
    bad = "A link starts with http:// or https://. To add a file, drop it above."
    return problem(bad)


def ingest_sources(
    chat: Chat, owner: str, session: str, sources: Sequence[Source], collection: str = ""
) -> Iterator[Markup]:
    """Take sources into a collection, the owner's own if none is named, one after the other;
    yields the progress of each as HTML. What was uploaded is deleted then."""
    page = chat.page(session)
    page.adding += 1
    try:
        yield from _progress_of(chat, owner, page, sources, collection)
    finally:
        page.adding -= 1
        for source in sources:
            if isinstance(source, Upload):
                chat.uploaded.discard(owner, source.path)


def _progress_of(
    chat: Chat, owner: str, page: DocumentsShown, sources: Sequence[Source], collection: str
) -> Iterator[Markup]:
    done: list[IngestRow] = []

    def progress(*rows: IngestRow) -> Markup:
        shared = chat.engine.access.shared
        return render("ingest_progress", rows=[*done, *rows], shared=shared)

    for source in sources:
        name = source if isinstance(source, str) else _file(source).name
        yield progress(IngestRow(name))
        try:
            for step in worker_stream(partial(_add, chat, owner, collection, source)):
                if isinstance(step, IngestReport):
                    revision = chat.engine.access.library_of(owner).revision(step.revision)
                    page.own.add(revision.document_id)
                    done.append(IngestRow(name, report=step))
                else:
                    yield progress(IngestRow(name, step))
        except FootnoteError as error:
            done.append(IngestRow(name, problem=str(error)))
        except Exception:
            log.exception("ingesting %r failed", name)
            done.append(IngestRow(name, problem=INTERNAL_PROBLEM))
        yield progress()


def _add(
    chat: Chat, owner: str, collection: str, source: Source, outlet: Outlet[str | IngestReport]
) -> None:
    """Puts out what is being done, and at last the report."""

    def report_progress(what: str, done: int, total: int) -> None:
        outlet.put(what if chat.engine.access.shared else f"{what} {done:,} of {total:,}")

    if isinstance(source, str):
        outlet.put(add_link(chat.engine, source, report_progress, owner, collection))
        return
    if isinstance(source, Upload):
        data = chat.uploaded.take(owner, source.path)
    else:
        data = source.read_bytes()
    outlet.put(add_bytes(chat.engine, data, _file(source).name, report_progress, owner, collection))


def _file(source: Path | Upload) -> Path:
    return Path(source.path) if isinstance(source, Upload) else source


def turn() -> str:
    """A value for ``DocumentList.redraw`` that it has not had before."""
    return str(time.monotonic_ns())


def build(chat: Chat, tab: Any, stream: Stream) -> DocumentList:
    """Fill the tab; the list of documents."""
    with gr.Row(elem_classes="desk"):
        with gr.Column(elem_classes="sheet", min_width=300):
            files = takes_uploads(
                gr.File(label="Drop files here", file_count="multiple", height=120, elem_id="files")
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
            yield shown, turn(), gr.skip()
        yield gr.skip(), turn(), None

    @handler
    def paste(address: str, into: str | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        owner, session = owner_of(request), session_of(request)
        refused = link_problem(address.strip())
        if refused:
            yield refused, gr.skip(), gr.skip()
            return
        for shown in ingest_sources(chat, owner, session, [address.strip()], into or ""):
            yield shown, turn(), gr.skip()

    def act(request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        data = event._data
        chosen = PressedButton(
            str(data.get("act")), str(data.get("id", "")), str(data.get("document", "")),
            str(data.get("number", "")),
        )  # fmt: skip
        return _act(chat, owner_of(request), session_of(request), chosen)

    stream.bind(files.upload, drop, [files, target], [intake, redraw, files], **ADDING_EVENT)
    stream.bind(link.submit, paste, [link, target], [intake, redraw, files], **ADDING_EVENT)

    def show_list(request: gr.Request) -> str:
        return render_document_list(chat, owner_of(request), session_of(request))

    @handler
    def narrow(words: str, sort: str, request: gr.Request) -> str:
        page = chat.page(session_of(request))
        page.words, page.sort, page.most = words, sort or "name", MAX_LISTED_DOCUMENTS
        return turn()

    # One after the other: a list that was drawn earlier must not replace a later one.
    in_order = {"concurrency_limit": 1, "concurrency_id": "documents"}
    stream.bind(listed.act, act, None, [listed, pane], **in_order)
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
            return gr.skip(), read_revision(library, chosen.revision)
        if chosen.what == "diff":
            return gr.skip(), render_diff(library.diff(chosen.document))
        page.removed = None
        page.own.add(chosen.document)
        shown = _change(chat, owner, page, chosen)
        return render_document_list(chat, owner, session), shown
    except FootnoteError as error:
        return gr.skip(), source_pane.problem(str(error))


def _change(chat: Chat, owner: str, page: DocumentsShown, chosen: PressedButton) -> Any:
    """What a button changes of the documents or of the list; what the pane then shows."""
    if chosen.what == "ask-remove":
        page.removing = chosen.revision
    if chosen.what == "more":
        page.most += MAX_LISTED_DOCUMENTS
    if chosen.what not in ("remove", "purge", "restore"):
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
