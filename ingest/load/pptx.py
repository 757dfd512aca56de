"""Presentations: titles, text, tables and notes, slide by slide (``page`` is the slide)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.archive import damaged, open_archive
from ingest.load.builder import Builder, row_text
from ingest.load.source import Source

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
MAX_GROUPS = 50
MAX_ITEM = 200


def load(data: bytes, source: Source) -> Document:
    """A .pptx file. Raises UnreadableDocument for a damaged or protected one."""
    from lxml.etree import LxmlError
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    open_archive(data, source).close()
    builder = Builder()
    try:
        deck = Presentation(io.BytesIO(data))
        for number, slide in enumerate(deck.slides, start=1):
            _slide(builder, slide, number)
        title, author = deck.core_properties.title or "", deck.core_properties.author or ""
    except (PythonPptxError, LxmlError, KeyError, ValueError, AttributeError, OSError) as error:
        raise damaged(source, error) from error
    return builder.document(source, MEDIA_TYPE, title, {"author": author})


def _slide(builder: Builder, slide: Any, number: int) -> None:
    title = slide.shapes.title
    if title is not None and title.has_text_frame:
        builder.add(BlockKind.HEADING, title.text_frame.text.replace("\v", " "), 1, page=number)
    _shapes(builder, slide.shapes, number, None if title is None else title.shape_id)
    if slide.has_notes_slide:
        notes = slide.notes_slide.notes_text_frame
        if notes is not None:
            builder.add(BlockKind.PARAGRAPH, notes.text, page=number)


def _shapes(
    builder: Builder, shapes: Iterable[Any], number: int, title: int | None, depth: int = 0
) -> None:
    for shape in shapes:
        if shape.shape_id == title:
            continue
        if hasattr(shape, "shapes") and depth < MAX_GROUPS:
            _shapes(builder, shape.shapes, number, title, depth + 1)
        elif getattr(shape, "has_table", False):
            for place, row in enumerate(shape.table.rows):
                cells = row_text([cell.text for cell in row.cells])
                builder.add(BlockKind.TABLE_ROW, cells, int(place == 0), page=number)
        elif shape.has_text_frame:
            _frame(builder, shape, number)


def _frame(builder: Builder, shape: Any, number: int) -> None:
    paragraphs = [p for p in shape.text_frame.paragraphs if p.text.strip()]
    listed = len(paragraphs) > 1 or (shape.is_placeholder and paragraphs and paragraphs[0].level)
    for paragraph in paragraphs:
        item = listed and len(paragraph.text) <= MAX_ITEM
        kind = BlockKind.LIST_ITEM if item else BlockKind.PARAGRAPH
        level = paragraph.level + 1 if item else 0
        builder.add(kind, paragraph.text.replace("\v", " "), level, page=number)
