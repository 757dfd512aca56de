"""What a question is asked of: documents, and folders of documents, chosen by the reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from store.catalogue.collections import OWN_PREFIX, own_collection
from store.library import Library
from store.results import Revision

FOLDER_PREFIX = "folder:"
COLLECTION_PREFIX = "collection:"
"""What the choice of a folder begins with, or of a collection; its path or host, or its name,
follows. Others are documents' ids."""


def folder_of(revision: Revision) -> str:
    """The folder that a document lies in, or the host that it came from; "" for an upload."""
    source = revision.source
    if source.startswith(("http://", "https://")):
        return urlsplit(source).netloc
    path = source.replace("\\", "/")
    return path.rpartition("/")[0] if not source.startswith("upload:") else ""


def display_folder(collection: str, user: str) -> str:
    """What a reader is shown of a collection."""
    if not collection.startswith(OWN_PREFIX):
        return collection
    return (
        "Your uploads"
        if collection == own_collection(user)
        else f"Uploads of {collection[len(OWN_PREFIX) :]}"
    )


def collection_choices(documents: Sequence[Revision], user: str) -> list[tuple[str, str]]:
    """Collections to ask, as (what the reader sees, value): if there are several."""
    counts = Counter(d.collection for d in documents)
    if len(counts) < 2:
        return []
    return [
        (f"{display_folder(name, user)} ({_documents(counts[name])})", COLLECTION_PREFIX + name)
        for name in sorted(counts)
    ]


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"


def folder_choices(documents: Sequence[Revision]) -> list[tuple[str, str]]:
    """Folders to ask: those of several documents that are neither all nor just a collection's."""
    counts = Counter(filter(None, map(folder_of, documents)))
    collections = Counter((folder_of(d), d.collection) for d in documents)
    whole = Counter(d.collection for d in documents)
    same = {f for (f, name), n in collections.items() if n == whole[name] == counts[f]}
    several = sorted(f for f, n in counts.items() if 1 < n < len(documents) and f not in same)
    names = {folder: folder.rpartition("/")[2] for folder in several}
    alike = Counter(names.values())
    # Two folders of one name are told apart by the folder that they lie in.
    shown = {f: "/".join(f.split("/")[-2:]) if alike[n] > 1 else n for f, n in names.items()}
    return [(f"{shown[f]}/ ({counts[f]} documents)", FOLDER_PREFIX + f) for f in several]


def documents_in(documents: Sequence[Revision], chosen: Sequence[str] | None) -> list[str]:
    """The ids of the documents that are chosen, by themselves, their collections or folders."""
    wanted = set(chosen or ())
    return [
        d.document_id
        for d in documents
        if wanted
        & {d.document_id, COLLECTION_PREFIX + d.collection, FOLDER_PREFIX + (folder_of(d) or "?")}
    ]


def documents_of_folder(documents: Sequence[Revision], name: str) -> list[str]:
    """The ids of the documents in a folder, by its path or the end of it, or in a collection of
    that name; "" is every document."""
    end = name.strip("/")
    return [
        d.document_id
        for d in documents
        if not end or d.collection == end or f"/{folder_of(d)}".endswith(f"/{end}")
    ]


def scope_of(library: Library, chosen: Sequence[str] | None) -> Sequence[str] | None:
    """The documents that a question is asked of; None if all are.

    If none of what was chosen is there any more, it stays chosen: nothing else is asked instead.
    """
    return (documents_in(library.documents(), chosen) or list(chosen)) if chosen else None
