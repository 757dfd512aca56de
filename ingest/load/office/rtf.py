"""Rich text (RTF): its text, by striprtf."""

from __future__ import annotations

from dataclasses import replace

from ingest.document import Document
from ingest.load.base.archive import damaged
from ingest.load.base.source import Source
from ingest.load.text.plain_text import load_text

MEDIA_TYPE = "application/rtf"


def load(data: bytes, source: Source) -> Document:
    """An .rtf file. Raises UnreadableDocument for a damaged one."""
    from striprtf.striprtf import rtf_to_text

    try:
        text: str = rtf_to_text(  # type: ignore[no-untyped-call]
            data.decode("latin-1"), errors="replace"
        )
    except (ValueError, LookupError, IndexError, TypeError) as error:
        raise damaged(source, error) from error
    pictures = data.count(b"\\pict")
    notes = (f"{pictures:,} pictures are not read.",) if pictures else ()
    document = load_text(text, source.name, source=source.address, media_type=MEDIA_TYPE)
    return replace(document, omissions=notes, metadata=source.metadata)
