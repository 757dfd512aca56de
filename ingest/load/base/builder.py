"""Builds a document's text block by block, so that spans and text cannot disagree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingest.block_classifier import classify_blocks
from ingest.document import NO_METADATA, Block, BlockKind, Document
from ingest.load.base.source import Source, clean
from ingest.scan import ScannedPage
from ingest.titles import is_informative_title, name_in_words, shorten, without_markup

_TIGHT = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufeff]")
_SPACES = re.compile(r"[^\S\n]+")

# What programs write as the author if nobody has said one.
_NO_AUTHORS = {"python-docx", "openpyxl", "anonymous", "unknown", "user", "admin"}


class Builder:
    """Collects blocks; ``document`` gives the text that they make."""

    def __init__(self, omissions: Sequence[str] = ()) -> None:
        self.parts: list[str] = []
        self.blocks: list[Block] = []
        self.length = 0
        self.omissions = dict.fromkeys(omissions)

    def add(
        self,
        kind: BlockKind,
        words: str,
        level: int = 0,
        *,
        page: int | None = None,
        row: int | None = None,
        keep_lines: bool = False,
    ) -> None:
        """A block of ``words`` after what is there; nothing for words that are only whitespace.

        Blocks are parted by an empty line, list items and table rows among themselves by none.
        ``keep_lines`` keeps the spaces within lines (code).
        """
        words = _CONTROLS.sub("", clean(words))
        words = words.strip("\n") if keep_lines else _tidy(words)
        if not words.strip():
            return
        words = words.rstrip()
        indent = len(words) - len(words.lstrip())
        if self.blocks:
            heads = kind is BlockKind.TABLE_ROW and level > 0
            tight = kind in _TIGHT and self.blocks[-1].kind is kind and not heads
            self._write("\n" if tight else "\n\n")
        start = self.length + indent
        self._write(words)
        self.blocks.append(Block(kind, start, self.length, level, page, row))

    def omit(self, sentence: str) -> None:
        """Notes what of the source is not read, or was assumed; the same once only."""
        self.omissions[sentence] = None

    def _write(self, words: str) -> None:
        self.parts.append(words)
        self.length += len(words)

    def document(
        self,
        source: Source,
        media_type: str,
        title: str = "",
        metadata: Mapping[str, str] = NO_METADATA,
        scans: Sequence[ScannedPage] = (),
    ) -> Document:
        """The document; ``title`` if it says something, else the first heading if it stands on the
        first page, else the name."""
        text = "".join(self.parts)
        title = shorten(_CONTROLS.sub("", title))
        if not is_informative_title(title):
            headings = [b for b in self.blocks if b.kind is BlockKind.HEADING][:1]
            headings = [b for b in headings if b.page in (None, 1)]
            title = (
                shorten(without_markup(text[headings[0].start : headings[0].end]))
                if headings
                else ""
            )
        known = {key: _CONTROLS.sub("", value) for key, value in metadata.items() if value}
        if known.get("author", "").casefold() in _NO_AUTHORS:
            del known["author"]
        return Document(
            name=source.name,
            title=title or name_in_words(source.name),
            text=text,
            blocks=classify_blocks(text, self.blocks),
            source=source.address,
            media_type=media_type,
            metadata={**source.metadata, **known},
            omissions=tuple(self.omissions),
            scans=tuple(scans),
        )


def _tidy(words: str) -> str:
    """Single spaces within lines, no empty lines."""
    lines = (_SPACES.sub(" ", line).strip() for line in words.split("\n"))
    return "\n".join(line for line in lines if line)


def row_text(cells: list[str]) -> str:
    """A table row on one line: cells with bars between, empty ones at its end left out."""
    tidy = [" ".join(cell.split()) for cell in cells]
    while tidy and not tidy[-1]:
        tidy.pop()
    return " | ".join(tidy)
