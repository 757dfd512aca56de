"""A page of a PDF or of a picture as PNG, with the boxes of a quote's words marked on it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING

from ingest.errors import UnreadableDocument
from ingest.load.base.source import Source
from ingest.load.page.words import Box, Character, find_words
from ingest.load.pdf import pdf
from ingest.load.pdf.characters import characters
from ingest.load.pictures import picture
from ingest.load.sandbox.sandbox import call_in_sandbox
from ingest.scan import ScannedLine, ScannedPage, read_scans, write_scans

if TYPE_CHECKING:
    from PIL.Image import Image

# Pixels a point.
SCALE = 1.6
HIGHLIGHT_RGBA = (255, 214, 0, 90)


def render_page(
    data: bytes, media_type: str, page: int, quote: str = "", scans: Sequence[ScannedPage] = ()
) -> tuple[bytes, list[Box]]:
    """PNG of a page (counted from 1), and the boxes that were marked on it, line by line.

    A quote may go on to the next page: its boxes, in points from a page's upper left corner, name
    their page. There are none if the words are not found. A scanned page is turned upright.
    Raises UnreadableDocument for a damaged file, or if there is no such page.
    """
    read = media_type == pdf.MEDIA_TYPE
    drawn, words = _of_pdf(data, page) if read else (_of_picture(data, page), {})
    for scan in scans:
        if page <= scan.number <= page + 1:
            words[scan.number] = [*words.get(scan.number, ()), *_characters(scan)]
    boxes = find_words([words[n] for n in sorted(words)], quote) if quote else []
    turn = next((scan.turn for scan in scans if scan.number == page), 0)
    upright = drawn.rotate(turn, expand=True) if turn else drawn
    return _marked(upright, [box for box in boxes if box.page == page]), boxes


def render_page_in_sandbox(
    data: bytes, media_type: str, page: int, quote: str = "", scans: Sequence[ScannedPage] = ()
) -> tuple[bytes, list[Box]]:
    """``render_page`` from a process of its own, since a stranger made the file."""
    reply = call_in_sandbox(
        "ingest.render_page",
        "as_json",
        data,
        Source(f"page {page}", ""),
        media_type=media_type,
        page=page,
        quote=quote,
        scans=write_scans(tuple(scans)),
    )
    return base64.b64decode(reply["png"]), [Box(*box) for box in reply["boxes"]]


def as_json(data: bytes, media_type: str, page: int, quote: str, scans: str) -> dict[str, object]:
    """``render_page`` with everything as JSON holds it."""
    png, boxes = render_page(data, media_type, page, quote, read_scans(scans))
    return {"png": base64.b64encode(png).decode(), "boxes": [astuple(box) for box in boxes]}


def _of_pdf(data: bytes, page: int) -> tuple[Image, dict[int, list[Character]]]:
    """The page, and the characters on it and on the next one by page."""
    with pdf.opened(data, Source("document.pdf", "")) as opened:
        if not 1 <= page <= len(opened):
            raise UnreadableDocument(
                f"there is no page {page} in a document of {len(opened)} pages."
            )
        words = {n: characters(opened, n - 1) for n in (page, page + 1) if n <= len(opened)}
        return opened[page - 1].render(scale=SCALE).to_pil(), words


def _of_picture(data: bytes, page: int) -> Image:
    """The page of a picture, as large as a page of a PDF."""
    with picture.opened(data, Source("picture", "")) as image:
        frame = picture.frame(image, page - 1)
    share = SCALE / picture.SCALE
    return frame.resize((max(1, round(frame.width * share)), max(1, round(frame.height * share))))


def _characters(page: ScannedPage) -> list[Character]:
    """The characters of a page's lines, each as wide as the others of its line."""
    return [character for line in page.lines for character in _spread(line, page.number)]


def _spread(line: ScannedLine, page: int) -> Iterable[Character]:
    wide = (line.right - line.left) / max(1, len(line.words))
    for at, letter in enumerate(line.words):
        left = line.left + at * wide
        yield letter, Box(page, left, line.top, left + wide, line.bottom)


def _marked(drawn: Image, boxes: Iterable[Box]) -> bytes:
    from PIL import Image, ImageDraw

    base = drawn.convert("RGBA")
    marks = Image.new("RGBA", base.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(marks)
    for box in boxes:
        edges = (box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)
        pen.rectangle([edge * SCALE for edge in edges], fill=HIGHLIGHT_RGBA)
    out = io.BytesIO()
    Image.alpha_composite(base, marks).convert("RGB").save(out, "PNG")
    return out.getvalue()
