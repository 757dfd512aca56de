"""Adds documents from the chat page itself: files chosen or dropped, a link, or the sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.web.chat import Chat
from app.web.components import (
    QUIET_EVENT,
    Stream,
    handler,
    html_component,
    owner_of,
    session_of,
    takes_uploads,
)
from app.web.display_names import display_name
from app.web.ingest_progress import (
    ADDING_EVENT,
    Source,
    Upload,
    ingest_sources,
    link_problem,
)
from app.web.rendering import render
from store.results import Revision

MAX_EXAMPLES = 3
SUMMARY_QUESTION = "What is this document about?"


def build_notices() -> Any:
    """Shows how far the documents are; it stands above the question box."""
    return html_component(elem_id="attached")


def build_button() -> Any:
    """The button that adds documents; it stands under the question box."""
    button = gr.UploadButton(
        "Add documents", file_count="multiple", size="sm", variant="secondary", elem_id="attach"
    )
    return takes_uploads(button)


def bind_events(
    chat: Chat, files: Any, notices: Any, log: Any, chosen: Any, stream: Stream
) -> None:
    """Ingest what is dropped or chosen (``files``), or a link or the sample, from the log.

    An example question of a new document chooses it as what is asked (``chosen``).
    """

    @handler
    def add(paths: list[str], request: gr.Request) -> Iterator[str]:
        yield from _added(chat, request, [*map(Upload, paths)])

    def sample(request: gr.Request) -> Iterator[str]:
        from ingest.samples import sample_path

        yield from _added(chat, request, [sample_path()])

    @handler
    def fetch(request: gr.Request, event: gr.EventData) -> Iterator[str]:
        address = str(event._data.get("address", "")).strip()
        refused = link_problem(address)
        if refused:
            yield refused
        else:
            yield from _added(chat, request, [address])

    def scope(request: gr.Request, event: gr.EventData) -> Any:
        several = len(chat.engine.access.library_of(owner_of(request)).documents()) > 1
        document = event._data.get("document")
        return [str(document)] if several and document else gr.skip()

    notices.ask(scope, None, chosen, **QUIET_EVENT)
    stream.bind(files.upload, add, files, notices, **ADDING_EVENT)
    stream.bind(log.sample, sample, None, notices, **ADDING_EVENT)
    stream.bind(log.fetch, fetch, None, notices, **ADDING_EVENT)


def _added(chat: Chat, request: gr.Request, sources: Sequence[Source]) -> Iterator[Markup]:
    """Progress, then what can be asked of the documents that were read."""
    owner, shown = owner_of(request), Markup()
    before = {r.id for r in chat.engine.access.library_of(owner).documents()}
    for shown in ingest_sources(chat, owner, session_of(request), sources):
        yield shown
    fresh = [r for r in chat.engine.access.library_of(owner).documents() if r.id not in before]
    yield shown + Markup().join(_ask_about(chat, owner, r) for r in fresh[:MAX_EXAMPLES])


def _ask_about(chat: Chat, owner: str, revision: Revision) -> Markup:
    """Questions that this document answers, each a button."""
    examples = chat.engine.example_questions(owner, MAX_EXAMPLES, [revision])[: MAX_EXAMPLES - 1]
    return render(
        "ask_about",
        name=display_name(chat.engine.access.library_of(owner), revision),
        document=revision.document_id,
        questions=[SUMMARY_QUESTION, *examples],
    )
