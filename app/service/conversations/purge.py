"""Deletes a document for good, from the library and from what people were answered."""

from __future__ import annotations

from app.service.conversations.conversations import Conversations
from app.service.storage.app_database import APP_SCHEMA
from app.service.storage.uploaded_files import UploadedFiles
from store.library import Library

PURGED_ANSWER = "This answer quoted a document that was deleted for good."


def purge(library: Library, name: str) -> None:
    """Delete a document (its name or id) with all its revisions and every answer that shows its
    words, also in conversations; their questions stay. Raises ``StoreError`` for an unknown name.
    """
    history = library.history(name)
    revisions = [revision.id for revision in history]
    library.remove(name, purge=True)
    for document in {revision.document for revision in history}:
        UploadedFiles(library.folder).delete_named(document)  # uploaded again, and not added
    if library.database or (library.folder / APP_SCHEMA.file).exists():
        conversations = Conversations(library.folder, library.database)
        conversations.forget_revisions(revisions, PURGED_ANSWER)
        conversations.close()
