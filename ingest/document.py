"""The data model of documents: ``Document``, its ``Block``s, and the ``Passage``s that are indexed.

Every offset in this module counts characters (Python ``str`` indices) of ``Document.text``, which
is the text exactly as the reader is shown it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from ingest.scan import ScannedPage

SUBTITLES = "text/vtt"
"""The media type of subtitles: their blocks' pages are seconds."""

NO_METADATA: Mapping[str, str] = MappingProxyType({})


class BlockKind(StrEnum):
    """What a stretch of text is in its document."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list item"
    QUESTION = "interview question"
    ANSWER = "interview answer"
    TABLE_ROW = "table row"
    CAPTION = "caption"
    BOILERPLATE = "boilerplate"
    QUOTED = "quoted message"


LOWER_KINDS = (BlockKind.CAPTION, BlockKind.BOILERPLATE, BlockKind.QUOTED)
"""What is found like all text, and ranked lower."""


@dataclass(frozen=True, slots=True)
class Block:
    """``text[start:end]`` of a document is one block; blocks do not overlap and are in order.

    ``level`` is the heading level (1 is the highest) or the nesting of a list item. ``page`` counts
    from 1 (PDF pages, slides), or is the second at which subtitles are shown. ``row`` is the row
    number of a sheet as its program shows it.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    page: int | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read from its source.

    ``name`` is what people call it (a file's name, a page's address); ``source`` is where it came
    from (absolute path or URL) and tells two documents of one name apart; ``media_type`` is an
    IANA media type; ``metadata`` is plain text by lower-case key (author, published, etag …).
    ``omissions`` say what of the source is not in the text, or was assumed: whole sentences.
    ``scans`` are the pages that were read from their pictures. ``original`` are the bytes
    that were read, if pages of them can be shown. ``collection`` is what it is put into; if that
    is "", it stays where it is, or goes to that of ``folder``, the folder that was ingested.
    """

    name: str
    title: str
    text: str
    blocks: tuple[Block, ...]
    source: str
    media_type: str = "text/plain"
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)
    omissions: tuple[str, ...] = ()
    scans: tuple[ScannedPage, ...] = ()
    original: bytes = field(default=b"", repr=False, compare=False)
    collection: str = ""
    folder: str = ""

    @property
    def has_pages(self) -> bool:
        """Whether its pages can be shown as pictures: a PDF, or a picture itself."""
        return self.media_type == "application/pdf" or self.media_type.startswith("image/")

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of the text: equal text, equal revision."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrievable slice: ``document.text[start:end] == text``.

    ``context`` is what a reader must know to understand the slice and what its vector is made with
    in front of the text (heading path, interview question, the line that introduces a list, a
    table's header); it is not part of the slice. ``headings`` is the heading path, outermost first.
    """

    start: int
    end: int
    text: str
    context: str = ""
    headings: tuple[str, ...] = ()
    kind: BlockKind = BlockKind.PARAGRAPH
    page: int | None = None
    row: int | None = None
