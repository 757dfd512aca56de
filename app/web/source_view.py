"""What the source pane shows, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    picture: str = ""
    page: int | None = None
    turned: bool = False
    sought: str = ""
    found: tuple[int, int] = (0, 0)

    @property
    def pages(self) -> int:
        """How many pages the document has; 0 if it has none."""
        stated = self.revision.metadata.get("pages", "")
        last = max((b.page for b in self.blocks if b.page is not None), default=0)
        return max(last, int(stated) if stated.isdecimal() else 0)
