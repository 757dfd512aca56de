"""The source pane: a document's text with the cited words highlighted, or its outline."""

from __future__ import annotations

from collections.abc import Iterable

from app.formats import inline_markdown
from app.formats.html_escape import clip, markup
from app.web.pane_tools import render_tools
from app.web.source_table import grids, render_tables
from app.web.source_view import View
from ingest.document import Block, BlockKind
from ingest.load.page.recognised_page import recognised_pages
from ingest.table import Table
from store.results import Revision

WINDOW_CHARS = 60_000  # characters shown around the citation; a whole book would stall the browser

EMPTY_PANE = (
    '<div class="pane-empty"><p>Choose a footnote to read it here, in its document, '
    "at the exact words.</p></div>"
)


def _words(view: View, start: int, end: int) -> str:
    """``text[start:end]`` as HTML; Markdown's own signs stay in the text but are not drawn."""
    text = view.text[start:end]
    is_markdown = view.revision.media_type == "text/markdown"
    return inline_markdown.render_inline(text) if is_markdown else markup(text)


def _cut(start: int, end: int, view: View) -> str:
    """``text[start:end]`` as HTML with the cited words marked and the key words emphasised."""
    cite = view.citation
    if cite is None or cite.end <= start or cite.start >= end:
        return _words(view, start, end)
    key = cite.key or (cite.end, cite.end)
    edges = sorted({start, end, *(min(max(e, start), end) for e in (cite.start, cite.end, *key))})
    parts = []
    inside = []
    for a, b in zip(edges, edges[1:], strict=False):
        piece = _words(view, a, b)
        if cite.start <= a < cite.end:
            inside.append(f"<b>{piece}</b>" if key[0] <= a < key[1] else piece)
            continue
        if inside:
            parts.append(f"<mark>{''.join(inside)}</mark>")
            inside = []
        parts.append(piece)
    if inside:
        parts.append(f"<mark>{''.join(inside)}</mark>")
    return "".join(parts)


def _block(block: Block, view: View) -> str:
    body = _cut(block.start, block.end, view)
    anchor = f' id="s-{block.start}"' if block.kind is BlockKind.HEADING else ""
    if block.kind is BlockKind.HEADING:
        level = min(max(block.level, 1) + 2, 6)
        return f'<h{level}{anchor} dir="auto">{body}</h{level}>'
    name = block.kind.value.replace(" ", "-")
    page = f' data-page="{block.page}"' if block.page is not None else ""
    return f'<p class="{name}"{page} dir="auto">{body}</p>'


def _table(table: Table, view: View) -> str:
    cited = (view.citation.start, view.citation.end) if view.citation else None
    return render_tables(table, lambda start, end: _cut(start, end, view), cited)


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


def _body(view: View) -> str:
    low, high = _window(view)
    shown = [b for b in _tiles(view) if b.end > low and b.start < high]
    before = "… earlier text is not shown here" if shown and shown[0].start > 0 else ""
    after = "… later text is not shown here" if high < len(view.text) else ""
    parts = []
    page: int | None = None
    tables, past = grids(view.text, shown), 0
    for block in shown:
        if block.start < past:
            continue
        if block.page is not None and block.page != page:
            page = block.page
            parts.append(f'<p class="page-break" data-page="{page}">page {page}</p>')
        if table := tables.get(block.start):
            past = table.end
        parts.append(_table(table, view) if table else _block(block, view))
    return (
        (f'<p class="gap">{before}</p>' if before else "")
        + "".join(parts)
        + (f'<p class="gap">{after}</p>' if after else "")
    )


def _window(view: View) -> tuple[int, int]:
    """The part of the text that is shown: around the citation, or from the page on."""
    middle = view.citation.start if view.citation else _start_of_page(view)
    low = max(0, middle - WINDOW_CHARS // 2)
    return low, low + WINDOW_CHARS


def _start_of_page(view: View) -> int:
    return next((b.start for b in view.blocks if b.page is not None and b.page == view.page), 0)


def outline(view: View) -> str:
    """Links to the headings of what is shown; folded if a citation was opened."""
    low, high = _window(view)
    heads = [b for b in view.blocks if b.kind is BlockKind.HEADING and low <= b.start < high]
    if len(heads) < 2:
        return ""
    rows = "".join(
        f'<li class="l{min(b.level, 4)}"><button type="button" data-do="jump" '
        f'data-to="s-{b.start}">{markup(clip(view.text[b.start : b.end].lstrip("# "), 80))}'
        f"</button></li>"
        for b in heads[:80]
    )
    opened = "" if view.citation else " open"
    return f'<details class="outline"{opened}><summary>Outline</summary><ol>{rows}</ol></details>'


def _steps(view: View) -> str:
    cite = view.citation
    if cite is None or len(view.numbers) < 2 or view.part == "found":
        return ""
    at = view.numbers.index(cite.n)

    def button(step: int, label: str, sign: str) -> str:
        there = at + step
        off = " disabled" if not 0 <= there < len(view.numbers) else ""
        n = view.numbers[there] if not off else cite.n
        return (
            f'<button type="button" class="step" data-do="cite" data-exchange='
            f'"{markup(view.exchange)}" data-part="{view.part}" data-n="{n}" '
            f'data-step="{step}" aria-label="{label}" title="{label}"{off}>{sign}</button>'
        )

    return (
        '<span class="steps">'
        + button(-1, "Previous footnote (left arrow)", "‹")
        + f'<span class="count">{at + 1} of {len(view.numbers)}</span>'
        + button(1, "Next footnote (right arrow)", "›")
        + "</span>"
    )


def _page(revision: Revision, page: int) -> str:
    sure = recognised_pages(revision.metadata).get(page)
    return f"page {page}" + (f", read by text recognition ({sure}% sure)" if sure else "")


def _head(view: View) -> str:
    revision, cite = view.revision, view.citation
    where = [revision.document] if revision.document != revision.title else []
    if cite:
        where += list(cite.headings)
        where += [_page(revision, cite.page)] if cite.page is not None else []
        where += [f"row {cite.row}"] if cite.row is not None else []
    path = '<span class="sep"> › </span>'.join(f"<bdi>{markup(part)}</bdi>" for part in where)
    old = (
        ""
        if revision.current
        else f'<p class="stale">Revision {revision.number}, no longer the current one.</p>'
    )
    number = f'<span class="n">{cite.n}</span>' if cite and view.part == "citations" else ""
    return (
        f'<header class="pane-head"><div class="title">{number}'
        f'<h2 dir="auto">{markup(clip(revision.title or revision.document, 90))}</h2>'
        f'{_steps(view)}<button type="button" class="close" data-do="close" '
        f'aria-label="Back to the answer" title="Back to the answer (Escape)">×</button></div>'
        f'<p class="path">{path}</p>{old}</header>'
    )


def _opened_on(view: View) -> str:
    """The view that a source with a picture opens on: the page, if the words are marked on it.

    It is for the reader's eyes: ``chat.js`` remembers what a reader chose instead.
    """
    shown = "page" if view.turned or "data-at=" in view.picture[:60] else "text"
    return f' data-view="{shown}"' if view.picture else ""


def pane(view: View) -> str:
    """The whole pane for a citation or for reading a document."""
    exchange = markup(view.exchange)
    n = view.citation.n if view.citation and view.part != "found" else ""
    return (
        f'<section class="pane" tabindex="-1" aria-label="Source" data-exchange="{exchange}" '
        f'data-n="{n}" data-page="{view.page or ""}"{_opened_on(view)}>'
        f"{_head(view)}{render_tools(view)}"
        f'<button type="button" class="pick" data-do="pick" hidden>'
        f'This is the right passage</button><div class="pages" tabindex="0" role="region" '
        f'aria-label="Document text">{view.picture}<div class="text">{outline(view)}{_body(view)}'
        "</div></div></section>"
    )


def problem(message: str) -> str:
    """The pane if a source cannot be shown: says why."""
    return f'<div class="pane-empty"><p role="alert">{markup(message)}</p></div>'
