"""Watches files and folders: changed files are ingested again, deleted ones removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from app.service.ingest.ingestion import Failure, Ingester
from app.settings import Settings
from store.results import IngestReport

if TYPE_CHECKING:
    from watchfiles import Change

    from store.library import Library

SETTLE_MS = 400
"""How long files must be quiet before they are read: programs write in steps."""


def watch(
    library: Library,
    settings: Settings,
    sources: Sequence[str],
    stop: Event | None = None,
    collection: str = "",
) -> Iterator[IngestReport | Failure | str]:
    """Reports as they happen; the name (text) of a document that was removed. Ends by ``stop``.

    A rename is seen as one, because what is new is ingested before what went is removed.
    """
    from watchfiles import watch as changes_of

    watched = [Path(source).expanduser().resolve() for source in sources]
    roots = [path for path in watched if path.is_dir()]
    ingester = Ingester(library, settings, collection=collection, folders=roots)
    folders = sorted({p if p.is_dir() else p.parent for p in watched})
    for changes in changes_of(
        *folders, watch_filter=lambda _, path: _wanted(Path(path), watched), step=SETTLE_MS,
        stop_event=stop, raise_interrupt=True, rust_timeout=500,
    ):  # fmt: skip
        yield from _follow(library, ingester, changes)


def _follow(
    library: Library, ingester: Ingester, changes: set[tuple[Change, str]]
) -> Iterator[IngestReport | Failure | str]:
    from watchfiles import Change

    here = sorted({path for _, path in changes if Path(path).is_file()})
    # What goes while it is being read is reported with the next changes, with its new name.
    reported_gone = {Path(path) for change, path in changes if change is Change.deleted}
    gone = [path for path in reported_gone if not path.exists()]
    if here:
        yield from ingester.ingest(here)
    for revision in library.documents():
        source = Path(revision.source)
        if not source.exists() and any(source == p or p in source.parents for p in gone):
            library.remove(revision.document_id)
            yield revision.document


def _wanted(path: Path, watched: Sequence[Path]) -> bool:
    """Whether a change there matters: a readable kind of file, or a folder that went."""
    from ingest.load.formats import extensions

    if path in watched:
        return True
    root = next((w for w in watched if w in path.parents), None)
    if root is None or _temporary(path.relative_to(root)):
        return False
    return path.suffix.lower() in extensions() or not path.suffix


def _temporary(path: Path) -> bool:
    """Files that editors and office programs keep while they write."""
    hidden = any(part.startswith((".", "~", "#")) for part in path.parts)
    return hidden or path.name.endswith(("~", "#", ".tmp", ".swp", ".part", ".crdownload"))
