"""Ingests files and links that users upload."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.service.engine import Engine
from ingest.document import UnreadableDocument
from store.results import IngestReport

PDF = b"%PDF-"
_lock = threading.Lock()


def add_bytes(engine: Engine, data: bytes, name: str) -> IngestReport:
    """Ingest an uploaded file. The same name again is the same document, changed.

    A browser does not tell where a file lay, so its name is all that tells two uploads apart.
    """
    from ingest.load import load_bytes
    from ingest.load.source import Source

    bare = name.replace("\\", "/").rsplit("/", 1)[-1] or "document.txt"
    with _place(engine, data, bare) as place:
        return engine.library.add(load_bytes(data, Source(bare, place), ocr=engine.settings.ocr))


@contextmanager
def _place(engine: Engine, data: bytes, name: str) -> Iterator[str]:
    """Where an upload lies while it is ingested.

    The store keeps the bytes of a PDF that it finds on this machine, for pictures of its pages.
    """
    if not data.startswith(PDF):
        yield f"upload:{name}"
        return
    folder = engine.settings.data / "uploads"
    path = folder / f"{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:16]}.pdf"
    with _lock:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            path.write_bytes(data)
            yield str(path)
        finally:
            path.unlink(missing_ok=True)


def add_link(engine: Engine, address: str) -> IngestReport:
    """Ingest a page by its address. Raises ``UnreadableDocument`` where links are not allowed."""
    from ingest.load import load

    if not address.startswith(("http://", "https://")):
        raise UnreadableDocument(f"{address}: a link starts with http:// or https://.")
    if engine.settings.offline:
        raise UnreadableDocument(
            f"{address}: the settings keep Footnote offline, so links are not fetched. Save the "
            "page and add the file."
        )
    return engine.library.add(load(address, allow_private=engine.settings.allow_private_links))
