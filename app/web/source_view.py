"""What the source pane shows, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.answer import Citation
from ingest.document import Block
from store.results import Revision


@dataclass(frozen=True, slots=True)
class View:
    """What the pane shows: a revision's text, the citation in it, and where in the answer it is.

    ``page`` is the one that ``picture`` shows, ``turned`` to by the reader. ``sought`` are words
    that a reader looked for; ``found`` says which of how many places the citation then is.
    """

    revision: Revision
    text: str
    blocks: Sequence[Block]
    citation: Citation | None = None
    exchange: str = ""
    part: str = "citations"
    numbers: Sequence[int] = ()
    picture: Markup = Markup()
    page: int | None = None
    turned: bool = False
    sought: str = ""
    found: tuple[int, int] = (0, 0)

    @property
    def cited(self) -> Citation | None:
        """The footnote that was opened; None if words were looked for, or a document is read."""
        return self.citation if self.part != "found" else None

    @property
    def opens_on(self) -> str:
        """What a source with a picture opens on: ``page`` if the words are marked on it, else
        ``text``; "" without one. ``chat.js`` remembers what a reader chose instead."""
        if not self.picture:
            return ""
        return "page" if self.turned or "data-at=" in self.picture[:60] else "text"

    @property
    def steps(self) -> tuple[int, list[int | None]] | None:
        """Where among the answer's footnotes this one is, and the numbers of those before and after
        it (None at an end); None if there is no other."""
        if self.cited is None or len(self.numbers) < 2:
            return None
        at = self.numbers.index(self.cited.n)
        around = [None, *self.numbers, None]
        return at, [around[at], around[at + 2]]

    @property
    def pages(self) -> int:
        """How many pages the document has; 0 if it has none."""
        stated = self.revision.metadata.get("pages", "")
        last = max((b.page for b in self.blocks if b.page is not None), default=0)
        return max(last, int(stated) if stated.isdecimal() else 0)
