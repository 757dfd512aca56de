"""What is attached to a mail: each attachment is read into the mail's text, under its name.

One level: of a mail that is attached to a mail, the text is read, and its attachments are named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from ingest.document import BlockKind, Document
from ingest.errors import UnreadableDocument
from ingest.load.base.builder import Builder
from ingest.load.base.source import Source
from ingest.load.formats import PICTURE, detect

# Larger ones are named; as are pictures, most of which are logos of a signature.
MAX_BYTES = 30 * 1024 * 1024
MAX_ATTACHMENTS = 20
_ATTACHED = "attached"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file attached to a mail; ``data`` is None if it cannot be had."""

    name: str
    data: bytes | None


def add_attachments(builder: Builder, attachments: Sequence[Attachment], source: Source) -> None:
    """The text of each attachment after what is there, below a heading with its name; what was not
    read of them is told."""
    for at, attachment in enumerate(attachments):
        name = attachment.name[:80]
        read = None
        if attachment.data and at < MAX_ATTACHMENTS and _ATTACHED not in source.metadata:
            try:
                read = _read(attachment.name, attachment.data, source)
            except UnreadableDocument as error:
                why = str(error).removeprefix(f"{attachment.name}: ")
                builder.omit(f"The attachment “{name}” was not read: {why}")
                continue
        if read is None:
            builder.omit(f"The attachment “{name}” was not read; save it and ingest it.")
            continue
        _add(builder, name, read)


def _read(name: str, data: bytes, source: Source) -> Document | None:
    """The attachment as a document, read here: a mail is read in a process of its own already."""
    inner = Source(name, f"{source.address}#{name}", ocr=source.ocr, metadata={_ATTACHED: "yes"})
    known = detect(data, inner)
    if known is PICTURE or len(data) > MAX_BYTES:
        return None
    document: Document = import_module(known.module).load(data, inner)
    return document if document.text.strip() else None


def _add(builder: Builder, name: str, document: Document) -> None:
    builder.add(BlockKind.HEADING, f"Attachment: {name}", 1)
    for block in document.blocks:
        level = min(6, block.level + 1) if block.kind is BlockKind.HEADING else block.level
        words = document.text[block.start : block.end]
        builder.add(block.kind, words, level, row=block.row)
    for omission in document.omissions:
        builder.omit(f"Attachment “{name}”: {omission}")
