"""The Documents tab: add files and links, see changes, read, remove."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from app.html_escape import clip, markup
from app.service.uploads import add_bytes, add_link
from app.web import reading, source_pane
from app.web.chat import LOST, Chat
from app.web.components import Stream, handler, html, session_of
from app.web.display_names import display_title
from app.web.read_source import read_revision
from app.web.render_diff import differences
from app.worker_stream import Outlet, worker_stream
from ingest.document import FootnoteError
from store.results import IngestReport, Revision

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A button of the list that was pressed: what it does, and to which document or revision."""

    what: str
    revision: str
    document: str
    number: str


def table(chat: Chat, session: str) -> str:
    """The current documents, each with its revisions and what can be done with it.

    Whoever draws them, this page's question whether one is to be removed stays.
    """
    removing = chat.removing.get(session, "")
    rows = "".join(_row(chat, d, removing) for d in chat.engine.library.documents())
    listed = (
        f'<ul class="documents">{rows}</ul>' if rows else '<p class="none">No documents yet.</p>'
    )
    return _removed(chat, chat.removed.get(session)) + listed


def _removed(chat: Chat, revision: Revision | None) -> str:
    """What was removed from this page, and the way back."""
    if revision is None:
        return ""
    title = markup(clip(display_title(chat.engine.library, revision), 60))
    undo = _button("restore", revision, "Undo", f' data-number="{revision.number}"')
    return f'<p class="undo" role="status">Removed “<bdi>{title}</bdi>”. {undo}</p>'


def _button(do: str, revision: Revision, label: str, more: str = "") -> str:
    return (
        f'<button type="button" data-do="act" data-act="{do}" data-id="{markup(revision.id)}" '
        f'data-document="{markup(revision.document_id)}"{more}>{label}</button>'
    )


def _row(chat: Chat, current: Revision, removing: str) -> str:
    history = chat.engine.library.history(current.document_id)
    older = "".join(
        f"<li>Revision {r.number}, {markup(r.created[:16].replace('T', ' '))} UTC "
        f"{_button('read', r, 'Read')} "
        f"{_button('restore', r, 'Restore', f' data-number={r.number}')}</li>"
        for r in history
        if r.id != current.id
    )
    past = f"<details><summary>{len(history)} revisions</summary><ol>{older}</ol></details>"
    sure = (
        '<span class="sure">Remove it from the library? '
        + _button("remove", current, "Remove")
        + _button("keep", current, "Keep")
        + "</span>"
    )
    title = display_title(chat.engine.library, current)
    changed = _button("diff", current, "What changed") if len(history) > 1 else ""
    return (
        f'<li><div class="name" dir="auto"><strong>{markup(clip(title, 90))}</strong> '
        f"<bdi>{markup(clip(current.document, 80))}</bdi></div>"
        f'<p class="meta">{current.passages:,} passages · {current.characters:,} characters · '
        f"ingested {markup(current.created[:10])}</p>"
        f'<div class="actions">{_button("read", current, "Read")}{changed}'
        f"{sure if removing == current.id else _button('ask-remove', current, 'Remove…')}</div>"
        f"{past if older else ''}{_omissions(current.omissions)}</li>"
    )


def _omissions(omissions: Sequence[str]) -> str:
    """What of the document was not read, or was assumed."""
    rows = "".join(f"<li>{markup(clip(omission, 300))}</li>" for omission in omissions)
    return f'<ul class="omissions" aria-label="Not read, or assumed">{rows}</ul>' if rows else ""


def link_problem(address: str) -> str:
    """What is wrong with the address of a document, as HTML; "" where it may be asked for."""
    if address.startswith(("http://", "https://")):
        return ""
    bad = "A link starts with http:// or https://. To add a file, drop it above."
    return f'<p class="problem" role="alert">{bad}</p>'


def take_in(chat: Chat, sources: Sequence[str]) -> Iterator[str]:
    """Take sources in one after the other; yields the progress of each as HTML."""
    done: list[str] = []
    for given in sources:
        name = Path(given).name if not given.startswith("http") else given
        label = f"<bdi>{markup(clip(name, 80))}</bdi>"
        yield _progress([*done, f'<li class="doing">{label}: reading</li>'])
        try:
            for step in worker_stream(partial(_add, chat, given)):
                if isinstance(step, IngestReport):
                    done.append(f'<li class="done">{label}: {_taken_in(step)}</li>')
                else:
                    yield _progress([*done, f'<li class="doing">{label}: {step}</li>'])
        except FootnoteError as error:
            told = markup(str(error))
            told = told if name in str(error) else f"{label}: {told}"
            done.append(f'<li class="failed" role="alert">{told}</li>')
        except Exception:
            log.exception("ingesting %r failed", name)
            done.append(f'<li class="failed" role="alert">{label}: {LOST}</li>')
        yield _progress(done)


def _taken_in(report: IngestReport) -> str:
    words = f"{report.status}, {report.passages} passages, {report.embedded} new"
    return f"{words} ({report.seconds:.1f} s){_omissions(report.omissions)}"


def _add(chat: Chat, given: str, outlet: Outlet[str | IngestReport]) -> None:
    """Puts out what is being done, and at last the report."""

    def tell(what: str, done: int, total: int) -> None:
        outlet.put(f"{what} {done:,} of {total:,}")

    if given.startswith(("http://", "https://")):
        outlet.put(add_link(chat.engine, given, tell))
    else:
        outlet.put(add_bytes(chat.engine, Path(given).read_bytes(), Path(given).name, tell))


def _progress(rows: Sequence[str]) -> str:
    return f'<ul class="intake" role="status">{"".join(rows)}</ul>'


def build(chat: Chat, tab: Any, stream: Stream) -> Any:
    """Fill the tab; the list of documents."""
    with gr.Row(elem_classes="desk"):
        with gr.Column(elem_classes="sheet", min_width=300):
            files = gr.File(
                label="Drop files here", file_count="multiple", height=120, elem_id="files"
            )
            with gr.Row():
                link = gr.Textbox(
                    placeholder="Or paste a link: https://…", show_label=False, label="Link",
                    submit_btn="Add", container=False, elem_id="link",
                )  # fmt: skip
            intake = html(elem_id="intake")
            listed = html(elem_id="library")
        with gr.Column(elem_classes="read", min_width=300):
            pane = html('<div class="pane-empty"><p>Choose a document to read it here.</p></div>')

    @handler
    def drop(paths: list[str], request: gr.Request) -> Iterator[tuple[Any, ...]]:
        for shown in take_in(chat, paths):
            yield shown, table(chat, session_of(request)), gr.skip()
        yield gr.skip(), table(chat, session_of(request)), None

    @handler
    def paste(address: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        problem = link_problem(address.strip())
        if problem:
            yield problem, gr.skip(), gr.skip()
            return
        for shown in take_in(chat, [address.strip()]):
            yield shown, table(chat, session_of(request)), gr.skip()

    def act(request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        data = event._data
        chosen = Chosen(
            str(data.get("act")), str(data.get("id", "")), str(data.get("document", "")),
            str(data.get("number", "")),
        )  # fmt: skip
        return _act(chat, session_of(request), chosen)

    stream.bind(files.upload, drop, files, [intake, listed, files])
    stream.bind(link.submit, paste, link, [intake, listed, files])

    def show_list(request: gr.Request) -> str:
        return table(chat, session_of(request))

    # One after the other: a list drawn when the tab was opened must not replace a later one.
    in_order = {"concurrency_limit": 1, "concurrency_id": "documents"}
    stream.bind(listed.act, act, None, [listed, pane], **in_order)
    stream.bind(tab.select, show_list, None, listed, **in_order)
    reading.wire(chat, pane)
    return listed


def _act(chat: Chat, session: str, chosen: Chosen) -> tuple[Any, ...]:
    library = chat.engine.library
    chat.removing.pop(session, None)
    try:
        if chosen.what == "read":
            return gr.skip(), read_revision(library, chosen.revision)
        if chosen.what == "diff":
            return gr.skip(), differences(library.diff(chosen.document))
        chat.removed.pop(session, None)
        if chosen.what == "remove":
            chat.removed[session] = library.revision(chosen.revision)
            library.remove(chosen.document)
            return table(chat, session), source_pane.EMPTY
        if chosen.what == "restore" and chosen.number.isdecimal():
            library.restore(chosen.document, int(chosen.number))
        if chosen.what == "ask-remove":
            chat.removing[session] = chosen.revision
        return table(chat, session), gr.skip()
    except FootnoteError as error:
        return gr.skip(), source_pane.problem(str(error))
