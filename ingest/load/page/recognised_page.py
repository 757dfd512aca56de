"""What a document says about its pages that were read by text recognition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.load.base.builder import Builder
from ingest.load.page.line import Line
from ingest.load.page.paragraphs import paragraphs
from ingest.load.page.tables import with_headers

OCR_KEY = "ocr"
"""The key of ``Document.metadata`` that names such pages, each with its confidence in per cent."""


def add_recognised(builder: Builder, pages: Sequence[Sequence[Line]]) -> None:
    """The lines of each page, in reading order, as blocks."""
    for paragraph in with_headers(paragraphs(pages)):
        builder.add(paragraph.kind, paragraph.words, paragraph.level, page=paragraph.page)


def note_recognised(builder: Builder, confidence: Mapping[int, float]) -> dict[str, str]:
    """Tells which pages were recognised, and how surely (0 to 1); the metadata that keep it."""
    read = {page: round(100 * sure) for page, sure in confidence.items() if sure}
    if not read:
        return {}
    pages = ", ".join(map(str, list(read)[:20])) + (" …" if len(read) > 20 else "")
    what = f"Page {pages} was" if len(read) == 1 else f"Pages {pages} were"
    lowest = min(read.values())
    sure = f"{lowest}% sure" if len(read) == 1 else f"at least {lowest}% sure"
    builder.omit(f"{what} read by text recognition, {sure}: letters may be wrong.")
    return {OCR_KEY: " ".join(f"{page}:{sure}" for page, sure in read.items())}


def recognised_pages(metadata: Mapping[str, str]) -> dict[int, int]:
    """The pages that were read by text recognition, each with its confidence in per cent."""
    pairs = (pair.split(":") for pair in metadata.get(OCR_KEY, "").split())
    return {int(page): int(sure) for page, sure in pairs}
