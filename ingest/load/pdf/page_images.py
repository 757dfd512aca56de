"""Pictures on PDF pages that have text besides: figures, screenshots, scanned inserts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ingest.load.page.line import Line
from ingest.load.page.words import Box
from ingest.load.pdf.characters import as_shown
from ingest.scan import ScannedLine, ScannedPage

if TYPE_CHECKING:
    from PIL.Image import Image

    from ingest.load.ocr.recognise import Recognised

# Smaller ones, as a share of the page, are logos and ornaments.
MIN_PAGE_SHARE = 0.04
# A picture with more letters upon it is a background, or a scan whose text is there already.
MAX_LETTERS = 20


def pictures_on(pdf: Any, number: int, lines: Sequence[Line]) -> list[Box]:
    """Where pictures stand on a page (``number`` from 0), from top to bottom."""
    from pypdfium2 import raw

    page = pdf[number]
    width, height = page.get_size()
    placed = as_shown(page)
    boxes = []
    for image in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,)):
        box = placed(number + 1, *image.get_bounds())
        box = _within(box, width, height)
        share = (box.right - box.left) * (box.bottom - box.top) / (width * height)
        upon = sum(len(line.words) for line in lines if _inside(line, box))
        if share >= MIN_PAGE_SHARE and upon <= MAX_LETTERS:
            boxes.append(box)
    page.close()
    return sorted(set(boxes), key=lambda box: (box.top, box.left))


def crop_picture(pdf: Any, box: Box, scale: float) -> Image:
    """A part of a page as it is drawn, ``scale`` pixels a point."""
    page = pdf[box.page - 1]
    width, height = page.get_size()
    edges = (box.left, height - box.bottom, width - box.right, box.top)
    drawn: Image = page.render(scale=scale, crop=edges).to_pil().convert("RGB")
    page.close()
    return drawn


def scanned_part(recognised: Recognised, box: Box) -> ScannedPage:
    """What was recognised in a picture, with its place on the page; a turned one has no place."""
    lines = (
        ScannedLine(
            x.words, x.left + box.left, x.top + box.top, x.right + box.left, x.bottom + box.top
        )
        for x in recognised.lines
    )
    return ScannedPage(box.page, 0, () if recognised.turn else tuple(lines))


def _within(box: Box, width: float, height: float) -> Box:
    left, right = max(0.0, box.left), min(width, box.right)
    top, bottom = max(0.0, box.top), min(height, box.bottom)
    return Box(box.page, left, top, max(left, right), max(top, bottom))


def _inside(line: Line, box: Box) -> bool:
    x, y = (line.left + line.right) / 2, (line.top + line.bottom) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom
