"""PDF: text in reading order with page numbers, and the boxes of words on a page's picture."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ingest.document import BlockKind, Document, UnreadableDocument
from ingest.load.builder import Builder
from ingest.load.ocr import LONGEST_SIDE, NeedsRecognition, Recognised, recognise
from ingest.load.pdf_characters import characters, lines_of
from ingest.load.pdf_fields import notes
from ingest.load.pdf_layout import Line, reading_order, without_running_heads
from ingest.load.pdf_paragraphs import paragraphs
from ingest.load.pdf_words import Box, find_words
from ingest.load.recognition import note_recognised
from ingest.load.source import Source

__all__ = ["Box", "load", "page_picture", "word_boxes"]

MEDIA_TYPE = "application/pdf"
MAX_PAGES = 5_000
PICTURE_SCALE = 1.6
MARK = (255, 214, 0, 90)
# Pixels a point for recognition: 150 dots an inch.
OCR_SCALE = 150 / 72
MAX_RECOGNISED = 300
# Pages without text that are named.
MOST_NAMED = 20
_PASSWORD_ERRORS = (4, 5)
_LOCK = threading.Lock()  # PDFium is not thread-safe, and the chat draws pages while it reads.


def load(data: bytes, source: Source) -> Document:
    """A PDF file. Raises UnreadableDocument for an encrypted, damaged or scanned one."""
    builder = Builder()
    with _opened(data, source) as pdf:
        if len(pdf) > MAX_PAGES:
            raise source.unreadable(f"it has {len(pdf)} pages, more than {MAX_PAGES}; split it.")
        about = pdf.get_metadata_dict(skip_empty=True)
        pages = [lines_of(pdf, number) for number in range(len(pdf))]
        remarks = [_remarks(pdf, number) for number in range(len(pdf))]
        scanned = [n for n, lines in enumerate(pages) if not lines and _has_picture(pdf, n)]
        if scanned and source.ocr == "ask":
            raise NeedsRecognition(len(scanned))
        sure: dict[int, float] = {}
        for number in scanned[:MAX_RECOGNISED] if source.ocr == "on" else ():
            found = _recognised(pdf, number)
            pages[number], sure[number + 1] = list(found.lines), found.confidence
    if not any(lines for lines in pages):
        off = " Text recognition is off (--ocr off)." if scanned and source.ocr == "off" else ""
        raise source.unreadable(
            f"no text is in it: it looks scanned, and none was recognised.{off} Scan it again with "
            "more contrast, or give its text."
        )
    for omission in _without_text(pages):
        builder.omit(omission)
    ordered = [reading_order(lines) for lines in without_running_heads(pages)]
    for paragraph in paragraphs(ordered):
        builder.add(paragraph.kind, paragraph.words, paragraph.level, page=paragraph.page)
    for number, some in enumerate(remarks, 1):
        for remark in some:
            builder.add(BlockKind.PARAGRAPH, f"Note on page {number}: {remark}", page=number)
    if not builder.blocks:  # nothing but running heads: a page or two of labels
        for lines in pages:
            for line in lines:
                builder.add(BlockKind.PARAGRAPH, line.words, page=line.page)
    title = _title(about.get("Title", ""))
    count = str(len(pages))
    metadata = {"author": about.get("Author", ""), "pages": count, **note_recognised(builder, sure)}
    return builder.document(source, MEDIA_TYPE, title, metadata)


def word_boxes(data: bytes, page: int, quote: str) -> list[Box]:
    """Where the words of ``quote`` stand, from ``page`` (counted from 1) on, line by line.

    Boxes are in points from the page's upper left corner and name their page: a quote may go on
    to the next one. Empty where the words are not found.
    """
    source = Source("document.pdf", "")
    with _opened(data, source) as pdf:
        wanted = range(page - 1, min(page + 1, len(pdf)))
        return find_words([characters(pdf, number) for number in wanted], quote)


def page_picture(data: bytes, page: int, boxes: Sequence[Box] = ()) -> bytes:
    """PNG of a page (counted from 1) with the boxes on it marked."""
    from PIL import Image, ImageDraw

    with _opened(data, Source("document.pdf", "")) as pdf:
        if not 1 <= page <= len(pdf):
            raise UnreadableDocument(f"there is no page {page} in a document of {len(pdf)} pages.")
        drawn = pdf[page - 1].render(scale=PICTURE_SCALE).to_pil().convert("RGBA")
    marks = Image.new("RGBA", drawn.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(marks)
    for box in boxes:
        if box.page == page:
            edges = (box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)
            pen.rectangle([edge * PICTURE_SCALE for edge in edges], fill=MARK)
    out = io.BytesIO()
    Image.alpha_composite(drawn, marks).convert("RGB").save(out, "PNG")
    return out.getvalue()


@contextmanager
def _opened(data: bytes, source: Source) -> Iterator[Any]:
    import pypdfium2

    with _LOCK:
        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) in _PASSWORD_ERRORS or "assword" in str(error):
                why = "it is encrypted; save it without a password."
            else:
                why = "the PDF is damaged or cut off and can't be opened. Get it again."
            raise source.unreadable(why) from error
        try:
            pdf.init_forms()
            yield pdf
        except pypdfium2.PdfiumError as error:
            raise source.unreadable("a page of it is damaged and can't be read.") from error
        finally:
            pdf.close()


def _has_picture(pdf: Any, number: int) -> bool:
    from pypdfium2 import raw

    page = pdf[number]
    found = any(True for _ in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,)))
    page.close()
    return found


def _recognised(pdf: Any, number: int) -> Recognised:
    page = pdf[number]
    scale = min(OCR_SCALE, LONGEST_SIDE / max(page.get_size()))
    drawn = page.render(scale=scale).to_pil()
    page.close()
    return recognise(drawn, number + 1, scale)


def _remarks(pdf: Any, number: int) -> list[str]:
    page = pdf[number]
    found = notes(page)
    page.close()
    return found


def _without_text(pages: Sequence[Sequence[Line]]) -> Iterator[str]:
    """One sentence on the pages that no text was found on."""
    empty = [str(number) for number, lines in enumerate(pages, 1) if not lines]
    if empty:
        shown = ", ".join(empty[:MOST_NAMED]) + (" …" if len(empty) > MOST_NAMED else "")
        one = len(empty) == 1
        yield (
            f"{'Page' if one else 'Pages'} {shown}: no text was found; "
            f"{'it is' if one else 'they are'} empty or scanned."
        )


def _title(named: str) -> str:
    """The title that the file gives itself, unless a program put its own name there."""
    generic = named.lower().startswith(("microsoft word", "untitled", "powerpoint", "slide 1"))
    return "" if generic or named.lower().endswith((".doc", ".docx", ".tex", ".indd")) else named
