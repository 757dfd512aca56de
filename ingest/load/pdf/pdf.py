"""PDF: text in reading order with page numbers, fields, remarks; pages without text recognised."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.base.builder import Builder
from ingest.load.base.source import Source
from ingest.load.ocr.recognise import (
    MAX_RECOGNISED,
    MAX_SIDE_PIXELS,
    NeedsRecognition,
    Recognised,
    recognise,
)
from ingest.load.ocr.recognised_page import note_recognised
from ingest.load.page.layout import reading_order
from ingest.load.page.line import Line
from ingest.load.page.paragraphs import paragraphs
from ingest.load.page.running_lines import part_running_lines
from ingest.load.page.tables import with_headers
from ingest.load.pdf.characters import lines_of
from ingest.load.pdf.fields import notes
from ingest.load.pdf.page_images import crop_picture, pictures_on, scanned_part
from ingest.load.pictures.embedded_pictures import Pictures
from ingest.scan import ScannedPage

MEDIA_TYPE = "application/pdf"
MAX_PAGES = 5_000
# Pixels a point for recognition: 150 dots an inch.
OCR_SCALE = 150 / 72
# Pages without text that are named.
MAX_NAMED_PAGES = 20
_PASSWORD_ERRORS = (4, 5)
_LOCK = threading.Lock()  # PDFium is not thread-safe, and the chat draws pages while it reads.


def load(data: bytes, source: Source) -> Document:
    """A PDF file. Raises UnreadableDocument for an encrypted, damaged or scanned one."""
    builder = Builder()
    pictures = Pictures(builder, source)
    with opened(data, source) as pdf:
        if len(pdf) > MAX_PAGES:
            raise source.unreadable(f"it has {len(pdf)} pages, more than {MAX_PAGES}; split it.")
        about = pdf.get_metadata_dict(skip_empty=True)
        pages = [lines_of(pdf, number) for number in range(len(pdf))]
        remarks = [_remarks(pdf, number) for number in range(len(pdf))]
        read = _recognised(pdf, pages, source, pictures)
    if not any(lines for lines in pages):
        off = " Text recognition is off (--ocr off)." if source.ocr == "off" else ""
        raise source.unreadable(
            f"no text is in it: it looks scanned, and none was recognised.{off} Scan it again with "
            "more contrast, or give its text."
        )
    for omission in _without_text(pages):
        builder.omit(omission)
    _write(builder, pictures, pages, read.figures)
    for number, some in enumerate(remarks, 1):
        for remark in some:
            builder.add(BlockKind.PARAGRAPH, f"Note on page {number}: {remark}", page=number)
    pictures.report_omissions()
    title = _title(about.get("Title", ""))
    notes = note_recognised(builder, read.pages)
    metadata = {"author": about.get("Author", ""), "pages": str(len(pages)), **notes}
    return builder.document(source, MEDIA_TYPE, title, metadata, read.scans)


@dataclass(slots=True)
class _Read:
    """What was recognised: scanned pages by number, the figures of pages that have text besides,
    and where their words stand."""

    pages: dict[int, Recognised] = field(default_factory=dict)
    figures: list[tuple[int, Recognised]] = field(default_factory=list)
    scans: list[ScannedPage] = field(default_factory=list)


def _recognised(pdf: Any, pages: list[list[Line]], source: Source, pictures: Pictures) -> _Read:
    """Reads scanned pages, whose lines it puts into ``pages``, and figures."""
    scanned = [n for n, lines in enumerate(pages) if not lines and _has_picture(pdf, n)]
    figures = [box for n, lines in enumerate(pages) if lines for box in pictures_on(pdf, n, lines)]
    if source.ocr == "ask" and (scanned or figures):
        raise NeedsRecognition(len(scanned) + len(figures))
    read = _Read()
    most = MAX_RECOGNISED if source.ocr == "on" else 0
    for number in scanned[:most]:
        recognised = _page_recognised(pdf, number)
        pages[number], read.pages[number + 1] = list(recognised.lines), recognised
        read.scans.append(recognised.scanned(number + 1))
    most = max(0, most - len(scanned))
    for box in figures[:most]:
        recognised = recognise(crop_picture(pdf, box, OCR_SCALE), box.page, OCR_SCALE)
        read.figures.append((box.page, recognised))
        read.scans.append(scanned_part(recognised, box))
    for box in figures[most:]:
        pictures.unread(f"Page {box.page}")
    return read


def _write(
    builder: Builder,
    pictures: Pictures,
    pages: Sequence[Sequence[Line]],
    figures: Sequence[tuple[int, Recognised]],
) -> None:
    """The text. The words of figures and running lines come after the last paragraph that begins
    before their page ends, and never between the rows of a table."""
    text, running = part_running_lines(pages)
    by_page: list[tuple[int, Recognised | list[Line]]] = [*figures]
    by_page += [(lines[-1].page, lines) for lines in running]
    later = deque(sorted(by_page, key=lambda item: item[0]))

    def write_later(page: float) -> None:
        while later and later[0][0] < page:
            number, item = later.popleft()
            if isinstance(item, Recognised):
                pictures.write(item, f"Page {number}", page=number)
            else:
                words = "\n".join(line.words for line in item)
                builder.add(BlockKind.BOILERPLATE, words, page=item[0].page)

    in_table = False
    for paragraph in with_headers(paragraphs([reading_order(lines) for lines in text])):
        is_row = paragraph.kind is BlockKind.TABLE_ROW
        if not (in_table and is_row):
            write_later(paragraph.page)
        in_table = is_row
        builder.add(paragraph.kind, paragraph.words, paragraph.level, page=paragraph.page)
    write_later(math.inf)


@contextmanager
def opened(data: bytes, source: Source) -> Iterator[Any]:
    """A PDF file, closed at the end. Raises UnreadableDocument if it or a page is damaged."""
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
    pictured = any(True for _ in page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,)))
    page.close()
    return pictured


def _page_recognised(pdf: Any, number: int) -> Recognised:
    page = pdf[number]
    scale = min(OCR_SCALE, MAX_SIDE_PIXELS / max(page.get_size()))
    drawn = page.render(scale=scale).to_pil()
    page.close()
    return recognise(drawn, number + 1, scale)


def _remarks(pdf: Any, number: int) -> list[str]:
    page = pdf[number]
    remarks = notes(page)
    page.close()
    return remarks


def _without_text(pages: Sequence[Sequence[Line]]) -> Iterator[str]:
    """One sentence on the pages that no text was found on."""
    empty = [str(number) for number, lines in enumerate(pages, 1) if not lines]
    if empty:
        shown = ", ".join(empty[:MAX_NAMED_PAGES]) + (" …" if len(empty) > MAX_NAMED_PAGES else "")
        one = len(empty) == 1
        yield (
            f"{'Page' if one else 'Pages'} {shown}: no text was found; "
            f"{'it is' if one else 'they are'} empty or scanned."
        )


def _title(named: str) -> str:
    """The title that the file gives itself, unless a program put its own name there."""
    generic = named.lower().startswith(("microsoft word", "powerpoint"))
    return "" if generic or named.lower().endswith((".doc", ".docx", ".tex", ".indd")) else named
