"""What a page shows of the documents, kept while it is open."""

from __future__ import annotations

from dataclasses import dataclass, field

from store.results import Revision

MAX_LISTED_DOCUMENTS = 100
"""Documents that are drawn at once; a button shows as many again."""


@dataclass
class DocumentsShown:
    """What one page shows of the documents: the ``words`` searched for, the order, how many at
    ``most``, the revision to remove if the reader is sure, and the one removed last.

    ``own`` are the ids of documents that this page itself changed just now; ``adding`` counts what
    it is adding and cannot name yet.
    """

    words: str = ""
    sort: str = "name"
    most: int = MAX_LISTED_DOCUMENTS
    removing: str = ""
    removed: Revision | None = None
    own: set[str] = field(default_factory=set)
    adding: int = 0
