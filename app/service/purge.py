"""Deletes a document for good, from the library and from what people were answered."""

from __future__ import annotations

from app.service.conversations import FILE, Conversations
from store.library import Library

GONE = "This answer quoted a document that was deleted for good."


def purge(library: Library, name: str) -> None:
    """Delete a document (its name or id) with all its revisions and every answer that shows its
    words, also in conversations; their questions stay. Raises ``StoreError`` for an unknown name.
    """
    revisions = [revision.id for revision in library.history(name)]
    library.remove(name, purge=True)
    if (library.folder / FILE).exists():
        Conversations(library.folder).forget_revisions(revisions, GONE)
