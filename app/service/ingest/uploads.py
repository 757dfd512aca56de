"""Ingests files and links that users upload."""

from __future__ import annotations

from dataclasses import replace

from app.service.engine import Engine
from app.service.ingest.ingestion import Progress
from ingest.errors import UnreadableDocument
from store.library import Library
from store.results import IngestReport


def add_bytes(
    engine: Engine,
    data: bytes,
    name: str,
    progress: Progress | None = None,
    owner: str = "",
    collection: str = "",
) -> IngestReport:
    """Ingest an uploaded file into a collection, the owner's own if none is named. The same
    user's file of that name is the same document, changed. Raises ``NotAllowed`` for a collection
    that the owner may not change.

    A browser does not say where a file lay, so its name is all that tells two uploads apart. Each
    user adds one document at a time; raises ``Busy`` if too many of theirs wait already.
    """
    with engine.adding.turn(owner):
        return _add_bytes(engine, data, name, progress, owner, collection)


def _add_bytes(
    engine: Engine,
    data: bytes,
    name: str,
    progress: Progress | None,
    owner: str,
    collection: str,
) -> IngestReport:
    from ingest.load import load_bytes
    from ingest.load.base.source import Source

    bare = name.replace("\\", "/").rsplit("/", 1)[-1] or "document.txt"
    source = Source(bare, f"upload:{owner}/{bare}" if owner else f"upload:{bare}")
    read = load_bytes(data, source, ocr=engine.settings.ocr, progress=progress)
    placed = engine.access.collection_for(owner, collection)
    return _library(engine, owner).add(replace(read, collection=placed), progress)


def add_link(
    engine: Engine,
    address: str,
    progress: Progress | None = None,
    owner: str = "",
    collection: str = "",
) -> IngestReport:
    """Ingest a page by its address, as ``add_bytes`` does a file. Raises ``UnreadableDocument``
    if links are not allowed."""
    from ingest.load import load

    if not address.startswith(("http://", "https://")):
        raise UnreadableDocument(f"{address}: a link starts with http:// or https://.")
    settings = engine.settings
    if settings.offline:
        raise UnreadableDocument(
            f"{address}: the settings keep Footnote offline, so links are not fetched. Save the "
            "page and add the file."
        )
    with engine.adding.turn(owner):
        read = load(
            address, allow_private=settings.allow_private_links, proxy=settings.proxy,
            ocr=settings.ocr, progress=progress,
        )  # fmt: skip
        placed = engine.access.collection_for(owner, collection)
        return _library(engine, owner).add(replace(read, collection=placed), progress)


def _library(engine: Engine, owner: str) -> Library:
    """The library as who uploads sees it: no other passages lend their vectors, which would show
    in the time."""
    return engine.access.library_of(owner) if owner else engine.access.library
