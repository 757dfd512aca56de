"""Pictures inside documents: their text, where they stand, read by text recognition."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ingest.document import BlockKind
from ingest.load.base.builder import Builder
from ingest.load.base.source import Source
from ingest.load.ocr.recognise import NeedsRecognition, Recognised, recognise
from ingest.load.page.layout import reading_order
from ingest.load.page.paragraphs import paragraphs
from ingest.load.page.tables import with_headers
from ingest.load.pictures.picture import MAX_PIXELS, SCALE

if TYPE_CHECKING:
    from PIL.Image import Image

# Smaller ones, in pixels, are icons and ornaments.
MIN_SIDE_PIXELS = 40
MIN_AREA_PIXELS = 20_000
# Photographs give a few letters that are not there.
MIN_LETTERS = 8
MIN_SCORE = 0.75
MAX_PICTURES = 300
# Places are named one by one up to so many, then in one sentence, the first of them.
MAX_SENTENCES = 5
MAX_NAMED_PICTURES = 20


class Pictures:
    """The pictures of one document, each read once, and what is said of those that are not.

    ``place`` in the methods says where a picture stands ("Slide 3").
    """

    def __init__(self, builder: Builder, source: Source) -> None:
        self._builder, self._mode = builder, source.ocr
        self._seen: set[bytes] = set()
        self._wanted = 0
        self._unread: dict[str, int] = {}
        self._silent: dict[str, int] = {}

    def add(self, data: bytes, place: str = "", *, page: int | None = None) -> None:
        """A picture's file. What no program here can open is reported as not read."""
        from PIL import Image

        digest = hashlib.sha256(data).digest()
        if digest in self._seen:
            return
        self._seen.add(digest)
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
        try:
            with Image.open(io.BytesIO(data)) as opened:
                image = opened.convert("RGBA") if self._readable(*opened.size) else None
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            image = None
        if image is None:
            self.unread(place)
        elif self._mode == "ask":
            self._wanted += 1
        else:
            self.read(_on_white(image), place, page=page)

    def _readable(self, width: int, height: int) -> bool:
        large = min(width, height) >= MIN_SIDE_PIXELS and width * height >= MIN_AREA_PIXELS
        return large and self._mode != "off" and len(self._seen) <= MAX_PICTURES

    def unread(self, place: str = "") -> None:
        """Counts a picture that is not read."""
        self._unread[place] = self._unread.get(place, 0) + 1

    def read(self, image: Image, place: str = "", *, page: int | None = None) -> None:
        """Adds what is written in a picture."""
        self.write(recognise(image, page or 1, SCALE), place, page=page)

    def write(self, recognised: Recognised, place: str = "", *, page: int | None = None) -> None:
        """Adds what was recognised in a picture, if it is text."""
        letters = sum(c.isalnum() for line in recognised.lines for c in line.words)
        if letters < MIN_LETTERS or recognised.confidence < MIN_SCORE:
            self._silent[place] = self._silent.get(place, 0) + 1
            return
        picture = f"{place}: picture" if place else "Picture"
        sure = f"{round(100 * recognised.confidence)}% sure"
        introduction = f"{picture}, read by text recognition, {sure}:"
        self._builder.add(BlockKind.PARAGRAPH, introduction, page=page)
        for part in with_headers(paragraphs([reading_order(recognised.lines)])):
            # A heading in a picture heads nothing of what follows the picture.
            kind = BlockKind.PARAGRAPH if part.kind is BlockKind.HEADING else part.kind
            self._builder.add(kind, part.words, part.level, page=page)

    def report_omissions(self) -> None:
        """What was not read. Raises NeedsRecognition if there is something to recognise."""
        if self._wanted:
            raise NeedsRecognition(self._wanted)
        for counts, what in (
            (self._unread, "not read"),
            (self._silent, "without text that could be recognised"),
        ):
            for sentence in _sentences(counts, what):
                self._builder.omit(sentence)


def _sentences(counts: Mapping[str, int], what: str) -> Iterator[str]:
    if len(counts) > MAX_SENTENCES:
        places = list(filter(None, counts))
        more = ", …" if len(places) > MAX_NAMED_PICTURES else ""
        named = ", ".join(places[:MAX_NAMED_PICTURES]) + more
        yield f"{sum(counts.values()):,} pictures are {what} ({named})."
        return
    for place, count in counts.items():
        where = f"{place}: " if place else ""
        yield f"{where}{count:,} picture{'s are' if count > 1 else ' is'} {what}."


def _on_white(image: Image) -> Image:
    """Without transparency, which would become black."""
    from PIL import Image

    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
