"""Opens sources in the pane: at a citation's words, at a page, at words that are found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.answer import Citation
from app.web import page_picture, source_pane
from app.web.display_names import display_name, display_title
from app.web.source_view import View
from ingest.document import Block
from ingest.errors import FootnoteError
from store.library import Library
from store.results import Revision

GONE_NOTICE = "This footnote is no longer there: its answer was replaced."


@dataclass(frozen=True, slots=True)
class Opened:
    """The footnote that a source was opened from: its answer's citations, and which of them."""

    citations: Sequence[Citation] = ()
    n: int = 0
    exchange: str = ""
    part: str = "citations"

    @property
    def citation(self) -> Citation | None:
        """The citation itself; None if the source was opened by itself, or it is gone."""
        return next((c for c in self.citations if c.n == self.n), None)


def open_citation(library: Library, opened: Opened, page: int | None = None) -> str:
    """The pane at a citation's words; with ``page`` that page is shown as it looks instead."""
    cited = opened.citation
    if cited is None:
        return source_pane.problem(GONE_NOTICE)
    try:
        view = replace(
            _view(library, cited.revision),
            citation=cited,
            exchange=opened.exchange,
            part=opened.part,
            numbers=[c.n for c in opened.citations],
        )
        turned = replace(view, turned=page is not None)
        return source_pane.pane(_at_page(library, turned, page or cited.page))
    except FootnoteError as error:
        return source_pane.problem(f"The source cannot be shown. {error}")


def read_revision(library: Library, revision: str, page: int | None = None) -> str:
    """The pane for reading a whole revision, from its beginning or at a page."""
    try:
        view = _view(library, revision)
        first = next((b.page for b in view.blocks if b.page is not None), None)
        turned = replace(view, turned=page is not None)
        return source_pane.pane(_at_page(library, turned, page or first))
    except FootnoteError as error:
        return source_pane.problem(f"The document cannot be shown. {error}")


def find_words(library: Library, revision: str, words: str, after: int, *, back: bool) -> str:
    """The pane at the next place after character ``after`` that says these words, or the one
    before it; from the other end if there is none. Case and line breaks do not matter."""
    try:
        view = replace(_view(library, revision), sought=words)
        places = found_in(view.text, words)
        if not places:
            first = next((b.page for b in view.blocks if b.page is not None), None)
            return source_pane.pane(_at_page(library, view, first))
        ahead = [p for p in places if (p[0] < after if back else p[0] > after)]
        start, end = (ahead or places)[-1 if back else 0]
        page = page_of(view.blocks, start)
        quote = view.text[start:end]
        at = Citation(0, view.revision.document, revision, start, end, quote, page=page)
        count = (places.index((start, end)) + 1, len(places))
        return source_pane.pane(
            _at_page(library, replace(view, citation=at, part="found", found=count), page)
        )
    except FootnoteError as error:
        return source_pane.problem(f"The document cannot be shown. {error}")


def found_in(text: str, words: str) -> list[tuple[int, int]]:
    """Where a text says these words, whatever their case and whatever space is between them."""
    parts = [re.escape(part) for part in words.split()]
    if not parts:
        return []
    return [m.span() for m in re.finditer(r"\s+".join(parts), text, re.IGNORECASE)]


def page_of(blocks: Sequence[Block], at: int) -> int | None:
    """The page that a character of the text is on."""
    return next((b.page for b in blocks if b.start <= at < b.end), None)


def _at_page(library: Library, view: View, page: int | None) -> View:
    picture = page_picture.render_page_picture(library, view.revision.id, page, view.citation)
    return replace(view, picture=picture, page=page)


def _view(library: Library, revision: str) -> View:
    shown = _named(library, library.revision(revision))
    return View(shown, library.text(revision), library.blocks(revision))


def _named(library: Library, revision: Revision) -> Revision:
    """The revision under the name and title that a reader is shown."""
    name, title = display_name(library, revision), display_title(library, revision)
    return replace(revision, document=name, title=title)
