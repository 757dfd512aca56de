"""What a document says about its pages that were read by text recognition."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from ingest.load.base.builder import Builder
from ingest.load.ocr.recognise import Recognised
from ingest.load.page.line import Line
from ingest.load.page.paragraphs import paragraphs
from ingest.load.page.tables import with_headers

OCR_KEY = "ocr"
"""The key of ``Document.metadata`` that names such pages, each with its confidence in per cent."""
UNSURE_KEY = "ocr unsure"
"""The key of the words that may be wrong, as JSON: page to words."""
MAX_NAMED = 8
MAX_KEPT = 200
"""Unsure words of a page that are kept: where there are more, hardly any is right."""


def add_recognised(builder: Builder, pages: Sequence[Sequence[Line]]) -> None:
    """The lines of each page, in reading order, as blocks."""
    for paragraph in with_headers(paragraphs(pages)):
        builder.add(paragraph.kind, paragraph.words, paragraph.level, page=paragraph.page)


def note_recognised(builder: Builder, pages: Mapping[int, Recognised]) -> dict[str, str]:
    """Says which pages were recognised, how surely, and how many words may be wrong; the metadata
    that keep it."""
    read = {page: one for page, one in pages.items() if one.lines}
    if not read:
        return {}
    named = ", ".join(map(str, list(read)[:20])) + (" …" if len(read) > 20 else "")
    what = f"Page {named} was" if len(read) == 1 else f"Pages {named} were"
    unsure = list(dict.fromkeys(word for one in read.values() for word in one.unsure))
    shown = ", ".join(f"“{word}”" for word in unsure[:MAX_NAMED]) + (
        " …" if len(unsure) > MAX_NAMED else ""
    )
    words = (
        f"Words that may be wrong ({len(unsure):,}): {shown}" if unsure else "Letters may be wrong"
    )
    builder.omit(f"{what} read by text recognition, {_sure(read)}. {words}.")
    kept = {str(page): one.unsure[:MAX_KEPT] for page, one in read.items() if one.unsure}
    metadata = {OCR_KEY: " ".join(f"{n}:{round(100 * r.confidence)}" for n, r in read.items())}
    return metadata | ({UNSURE_KEY: json.dumps(kept, ensure_ascii=False)} if kept else {})


def _sure(read: Mapping[int, Recognised]) -> str:
    lowest = round(100 * min(one.confidence for one in read.values()))
    return f"{lowest}% sure" if len(read) == 1 else f"at least {lowest}% sure"


def unsure_words(metadata: Mapping[str, str], page: int | None) -> list[str]:
    """The words of a page of which text recognition was not sure."""
    if page is None or UNSURE_KEY not in metadata:
        return []
    words: dict[str, list[str]] = json.loads(metadata[UNSURE_KEY])
    return words.get(str(page), [])


def find_unsure(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where ``words`` stand in a text as whole words, in order: (start, end) offsets."""
    if not words:
        return []
    wanted = set(words)
    return [m.span() for m in re.finditer(r"\S+", text) if m[0] in wanted]


def recognised_pages(metadata: Mapping[str, str]) -> dict[int, int]:
    """The pages that were read by text recognition, each with its confidence in per cent."""
    pairs = (pair.split(":") for pair in metadata.get(OCR_KEY, "").split())
    return {int(page): int(sure) for page, sure in pairs}
