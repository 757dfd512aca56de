"""Pictures of text (PNG, JPEG, TIFF): read by text recognition, page by page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingest.document import Document
from ingest.load.base.builder import Builder
from ingest.load.base.source import Source
from ingest.load.ocr.recognise import NeedsRecognition, recognise
from ingest.load.ocr.recognised_page import add_recognised, note_recognised
from ingest.load.page.layout import reading_order

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_FRAMES = 100
MAX_PIXELS = 60_000_000
# Pixels that stand for a point: a picture is taken for one of 144 dots an inch.
SCALE = 2.0


def load(data: bytes, source: Source) -> Document:
    """A picture. Raises UnreadableDocument for a damaged one, or if recognition is off."""
    if source.ocr == "off":
        raise source.unreadable("it is a picture, and text recognition is off (--ocr off).")
    with opened(data, source) as image:
        frames = min(getattr(image, "n_frames", 1), MAX_FRAMES)
        if source.ocr == "ask":
            raise NeedsRecognition(frames)
        left_out = getattr(image, "n_frames", 1) - frames
        pages = [recognise(frame(image, n), n + 1, SCALE) for n in range(frames)]
    builder = Builder()
    if left_out:
        builder.omit(f"{left_out:,} pages after the first {MAX_FRAMES} were not read.")
    add_recognised(builder, [reading_order(page.lines) for page in pages])
    metadata = note_recognised(builder, dict(enumerate(pages, 1)))
    scans = [page.scanned(number) for number, page in enumerate(pages, 1) if page.lines]
    media_type = {"PNG": "image/png", "TIFF": "image/tiff"}.get(image.format or "", "image/jpeg")
    return builder.document(source, media_type, metadata=metadata, scans=scans)


@contextmanager
def opened(data: bytes, source: Source) -> Iterator[Any]:
    """A picture, closed at the end. Raises UnreadableDocument for a damaged one."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with Image.open(io.BytesIO(data)) as image:
            yield image
    except (
        UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError
    ) as error:  # fmt: skip
        raise source.unreadable(f"the picture can't be opened ({error}). Get it again.") from error


def frame(image: Any, number: int) -> Image:
    """A page (``number`` from 0) of an opened picture, turned as its camera says."""
    from PIL import ImageOps

    image.seek(number)
    upright = ImageOps.exif_transpose(image.convert("RGB"))
    assert upright is not None
    return upright
