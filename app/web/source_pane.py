"""The source pane: a document's text with the cited words highlighted, or its outline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from app.formats import inline_markdown
from app.formats.html_escape import markup
from app.formats.place import page_label
from app.web.rendering import render
from app.web.source_table import grids
from app.web.source_view import View
from ingest.document import Block, BlockKind
from ingest.load.ocr.recognised_page import find_unsure, recognised_pages, unsure_words
from ingest.token_splitter import Span
from store.results import Revision

WINDOW_CHARS = 60_000  # characters shown around the citation; a whole book would stall the browser
MAX_OUTLINE_HEADINGS = 80
UNSURE_WORD = Markup(
    '<span class="unsure" title="Text recognition is not sure of this word">{}</span>'
)

EMPTY_PANE = render(
    "pane_empty",
    message="Choose a footnote to read it here, in its document, at the exact words.",
    alert=False,
)


def pane(view: View) -> Markup:
    """The whole pane for a citation or for reading a document."""
    low, high = _window(view)
    shown = [b for b in _tiles(view) if b.end > low and b.start < high]
    headings = [b for b in view.blocks if b.kind is BlockKind.HEADING and low <= b.start < high]
    return render(
        "pane",
        view=view,
        path=_path(view),
        headings=headings[:MAX_OUTLINE_HEADINGS],
        parts=_parts(view, shown),
        page_label=partial(page_label, view.revision.document),
        cut=partial(_cut, view, _unsure(view, shown)),
        before=bool(shown) and shown[0].start > 0,
        after=high < len(view.text),
    )


def problem(message: str) -> Markup:
    """The pane if a source cannot be shown: says why."""
    return render("pane_empty", message=message, alert=True)


def _unsure(view: View, shown: Sequence[Block]) -> list[Span]:
    """The words that are shown of which text recognition was not sure, in order."""
    found = []
    for block in shown:
        words = unsure_words(view.revision.metadata, block.page)
        spans = find_unsure(view.text[block.start : block.end], words)
        found += [(block.start + start, block.start + end) for start, end in spans]
    return found


def _words(view: View, unsure: Sequence[Span], start: int, end: int) -> Markup:
    """``text[start:end]`` as HTML with unsure words underlined; Markdown's own signs stay in the
    text but are not drawn."""
    if view.revision.media_type == "text/markdown":
        return inline_markdown.render_inline(view.text[start:end])
    written, at = Markup(), start
    for first, last in unsure:
        low, high = max(first, at), min(last, end)
        if low < high:
            word = UNSURE_WORD.format(markup(view.text[low:high]))
            written, at = written + markup(view.text[at:low]) + word, high
    return written + markup(view.text[at:end])


def _cut(view: View, unsure: Sequence[Span], start: int, end: int) -> Markup:
    """``text[start:end]`` as HTML with the cited words marked and the key words emphasised."""
    words, cite = partial(_words, view, unsure), view.citation
    if cite is None or cite.end <= start or cite.start >= end:
        return words(start, end)
    low, high = max(cite.start, start), min(cite.end, end)
    first, last = (min(max(at, low), high) for at in cite.key or (high, high))
    key = Markup("<b>{}</b>").format(words(first, last)) if first < last else ""
    marked = Markup("<mark>{}{}{}</mark>").format(words(low, first), key, words(last, high))
    return Markup("{}{}{}").format(words(start, low), marked, words(high, end))


def _tiles(view: View) -> Iterable[Block]:
    """The blocks, and paragraphs for any text that no block covers."""
    at = 0
    for block in view.blocks:
        if view.text[at : block.start].strip():
            yield Block(BlockKind.PARAGRAPH, at, block.start)
        yield block
        at = block.end
    if view.text[at:].strip():
        yield Block(BlockKind.PARAGRAPH, at, len(view.text))


def _parts(view: View, shown: Sequence[Block]) -> Iterable[tuple[str, Any]]:
    """What is drawn, in order: a ``page`` that begins, a ``table`` or a ``block``."""
    page: int | None = None
    tables, past = grids(view.text, shown), 0
    for block in shown:
        if block.start < past:
            continue
        if block.page is not None and block.page != page:
            page = block.page
            yield "page", page
        if table := tables.get(block.start):
            past = table.end
            yield "table", table
        else:
            yield "block", block


def _window(view: View) -> tuple[int, int]:
    """The part of the text that is shown: around the citation, or from the page on."""
    middle = view.citation.start if view.citation else _start_of_page(view)
    low = max(0, middle - WINDOW_CHARS // 2)
    return low, low + WINDOW_CHARS


def _start_of_page(view: View) -> int:
    return next((b.start for b in view.blocks if b.page is not None and b.page == view.page), 0)


def _path(view: View) -> list[str]:
    """Where in its document the citation is, from the document down."""
    revision, cite = view.revision, view.citation
    path = [revision.document] if revision.document != revision.title else []
    if cite:
        path += cite.headings
        path += [_page(revision, cite.page)] if cite.page is not None else []
        path += [f"row {cite.row}"] if cite.row is not None else []
    return path


def _page(revision: Revision, page: int) -> str:
    sure = recognised_pages(revision.metadata).get(page)
    return page_label(revision.document, page) + (
        f", read by text recognition ({sure}% sure)" if sure else ""
    )
