"""What a question is asked of: documents, and folders of documents, chosen by the reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from store.library import Library
from store.results import Revision

FOLDER = "folder:"
"""What the choice of a folder begins with; its path or host follows. Others are documents' ids."""


def folder_of(revision: Revision) -> str:
    """The folder that a document lies in, or the host that it came from; "" for an upload."""
    source = revision.source
    if source.startswith(("http://", "https://")):
        return urlsplit(source).netloc
    path = source.replace("\\", "/")
    return path.rpartition("/")[0] if not source.startswith("upload:") else ""


def folder_choices(documents: Sequence[Revision]) -> list[tuple[str, str]]:
    """Folders to ask, as (what the reader sees, value): those of several documents, not of all."""
    counts = Counter(filter(None, map(folder_of, documents)))
    several = sorted(f for f, n in counts.items() if 1 < n < len(documents))
    names = {folder: folder.rpartition("/")[2] for folder in several}
    alike = Counter(names.values())
    # Two folders of one name are told apart by the folder that they lie in.
    shown = {f: "/".join(f.split("/")[-2:]) if alike[n] > 1 else n for f, n in names.items()}
    return [(f"{shown[f]}/ ({counts[f]} documents)", FOLDER + f) for f in several]


def documents_in(documents: Sequence[Revision], chosen: Sequence[str] | None) -> list[str]:
    """The ids of the documents that are chosen, by themselves or by their folders; none: all."""
    wanted = set(chosen or ())
    return [
        d.document_id
        for d in documents
        if d.document_id in wanted or (folder_of(d) and FOLDER + folder_of(d) in wanted)
    ]


def documents_of_folder(documents: Sequence[Revision], name: str) -> list[str]:
    """The ids of the documents in a folder, by its path or the end of it; "" is every document."""
    end = name.strip("/")
    return [d.document_id for d in documents if not end or f"/{folder_of(d)}".endswith(f"/{end}")]


def scope_of(library: Library, chosen: Sequence[str] | None) -> Sequence[str] | None:
    """The documents that a question is asked of; None where all are.

    Where none of what was chosen is there any more, it stays chosen: nothing else is asked instead.
    """
    return (documents_in(library.documents(), chosen) or list(chosen)) if chosen else None
