"""Adds sources to the library one after the other, and shows how far each is."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from markupsafe import Markup

from app.models.worker_stream import Outlet, worker_stream
from app.service.ingest.uploads import add_bytes, add_link
from app.web.answer_stream import INTERNAL_PROBLEM
from app.web.chat import Chat
from app.web.document_words import length_in_words
from app.web.documents_shown import DocumentsShown
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
class IngestStep:
    """What is being done with a source: ``done`` of ``total``, 0 of 0 if not known."""

    what: str = "reading"
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class IngestRow:
    """A source that is added: the ``step`` that it is at, or its ``report`` and the ``length`` of
    its text, or a ``problem``."""

    name: str
    step: IngestStep = IngestStep()
    report: IngestReport | None = None
    length: str = ""
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
        busy = bool(rows) or len(done) < len(sources)
        return render("ingest_progress", rows=[*done, *rows], busy=busy)

    for source in sources:
        name = source if isinstance(source, str) else _file(source).name
        yield progress(IngestRow(name))
        try:
            for step in worker_stream(partial(_add, chat, owner, collection, source)):
                if isinstance(step, IngestReport):
                    revision = chat.engine.access.library_of(owner).revision(step.revision)
                    page.own.add(revision.document_id)
                    length = length_in_words(revision.characters)
                    done.append(IngestRow(name, report=step, length=length))
                else:
                    yield progress(IngestRow(name, step))
        except FootnoteError as error:
            done.append(IngestRow(name, problem=str(error)))
        except Exception:
            log.exception("ingesting %r failed", name)
            done.append(IngestRow(name, problem=INTERNAL_PROBLEM))
        yield progress()


def _add(
    chat: Chat,
    owner: str,
    collection: str,
    source: Source,
    outlet: Outlet[IngestStep | IngestReport],
) -> None:
    """Puts out what is being done, and at last the report."""

    def report_progress(what: str, done: int, total: int) -> None:
        counts = () if chat.engine.access.shared else (done, total)
        outlet.put(IngestStep(what, *counts))

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
