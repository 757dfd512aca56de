"""Files and links that readers hand over, into the library."""

from __future__ import annotations

from app.web.engine import Engine
from ingest.records import UnreadableDocument
from store.records import IngestReport


def add_bytes(engine: Engine, data: bytes, name: str) -> IngestReport:
    """Take an uploaded file in. The same name again is the same document, changed.

    A browser does not tell where a file lay, so its name is all that tells two uploads apart.
    """
    from ingest.load import load_bytes
    from ingest.load.source import Source

    bare = name.replace("\\", "/").rsplit("/", 1)[-1] or "document.txt"
    return engine.library.add(load_bytes(data, Source(bare, f"upload:{bare}")))


def add_link(engine: Engine, address: str) -> IngestReport:
    """Take a page in by its address. Raises ``UnreadableDocument`` where links are not allowed."""
    from ingest.load import load

    if not address.startswith(("http://", "https://")):
        raise UnreadableDocument(f"{address}: a link starts with http:// or https://.")
    if engine.settings.offline:
        raise UnreadableDocument(
            f"{address}: the settings keep Footnote offline, so links are not fetched. Save the "
            "page and add the file."
        )
    return engine.library.add(load(address, allow_private=engine.settings.allow_private_links))
