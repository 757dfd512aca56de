"""Opens sources in the pane: the document of a citation at its words, or a whole revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answer import Citation
from app.web import page_picture, source_pane
from app.web.display_names import display_name, display_title
from ingest.document import FootnoteError
from store.library import Library
from store.results import Revision

GONE = "This footnote is no longer there: its answer was replaced."


def open_citation(
    library: Library, citations: Sequence[Citation], n: int, exchange: str, part: str
) -> str:
    """The pane at citation ``n`` of an answer's ``part`` (citations or closest)."""
    cited = next((c for c in citations if c.n == n), None)
    if cited is None:
        return source_pane.problem(GONE)
    try:
        view = _view(library, cited.revision)
        numbers = [c.n for c in citations]
        picture = page_picture.figure(library, cited)
        return source_pane.pane(
            replace(
                view, citation=cited, exchange=exchange, part=part, numbers=numbers, picture=picture
            )
        )
    except FootnoteError as error:
        return source_pane.problem(f"The source cannot be shown. {error}")


def read_revision(library: Library, revision: str) -> str:
    """The pane for reading a whole revision."""
    try:
        return source_pane.pane(_view(library, revision))
    except FootnoteError as error:
        return source_pane.problem(f"The document cannot be shown. {error}")


def _view(library: Library, revision: str) -> source_pane.View:
    shown = _named(library, library.revision(revision))
    return source_pane.View(shown, library.text(revision), library.blocks(revision))


def _named(library: Library, revision: Revision) -> Revision:
    """The revision under the name and title that a reader is shown."""
    name, title = display_name(library, revision), display_title(library, revision)
    return replace(revision, document=name, title=title)
