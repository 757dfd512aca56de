"""Pictures of text (PNG, JPEG, TIFF): read by text recognition, page by page."""

from __future__ import annotations

import io
from typing import Any

from ingest.document import Document
from ingest.load.builder import Builder
from ingest.load.ocr import NeedsRecognition, Recognised, recognise
from ingest.load.pdf_layout import reading_order
from ingest.load.pdf_paragraphs import paragraphs
from ingest.load.recognition import add_recognised, note_recognised
from ingest.load.source import Source

MAX_FRAMES = 100
MAX_PIXELS = 60_000_000


def load(data: bytes, source: Source) -> Document:
    """A picture. Raises UnreadableDocument for a damaged one, or where recognition is off."""
    from PIL import Image, UnidentifiedImageError

    if source.ocr == "off":
        raise source.unreadable("it is a picture, and text recognition is off (--ocr off).")
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with Image.open(io.BytesIO(data)) as image:
            frames = min(getattr(image, "n_frames", 1), MAX_FRAMES)
            if source.ocr == "ask":
                raise NeedsRecognition(frames)
            left_out = getattr(image, "n_frames", 1) - frames
            pages = [_page(image, number) for number in range(frames)]
    except (
        UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError
    ) as error:  # fmt: skip
        raise source.unreadable(f"the picture can't be opened ({error}). Get it again.") from error
    builder = Builder()
    if left_out:
        builder.omit(f"{left_out:,} pages after the first {MAX_FRAMES} were not read.")
    add_recognised(builder, paragraphs([reading_order(page.lines) for page in pages]))
    metadata = note_recognised(builder, {n: p.confidence for n, p in enumerate(pages, 1)})
    media_type = {"PNG": "image/png", "TIFF": "image/tiff"}.get(image.format or "", "image/jpeg")
    return builder.document(source, media_type, metadata=metadata)


def _page(image: Any, number: int) -> Recognised:
    from PIL import ImageOps

    image.seek(number)
    return recognise(ImageOps.exif_transpose(image.convert("RGB")), number + 1, scale=2.0)
