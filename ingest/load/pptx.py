"""Presentations: titles, text, tables, charts and notes, slide by slide (``page`` is the slide)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.archive import damaged, open_archive
from ingest.load.builder import Builder, row_text
from ingest.load.grid import Cell, add_table
from ingest.load.number_format import shown
from ingest.load.source import Source

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
MAX_GROUPS = 50
MAX_ITEM = 200
# Shapes whose tops are this near (EMU: a quarter of an inch) stand in one row.
BAND = 228_600
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_REFERS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
_PARAGRAPH = "{http://schemas.openxmlformats.org/drawingml/2006/main}p"


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
            if slide._element.get("show") == "0":
                builder.omit(f"Slide {number} is hidden and was left out.")
            else:
                _Slide(builder, slide, number).read()
        title, author = deck.core_properties.title or "", deck.core_properties.author or ""
    except (PythonPptxError, LxmlError, KeyError, ValueError, AttributeError, OSError) as error:
        raise damaged(source, error) from error
    return builder.document(source, MEDIA_TYPE, title, {"author": author})


class _Slide:
    """One slide: its title, then its shapes from top to bottom, then its notes."""

    def __init__(self, builder: Builder, slide: Any, number: int) -> None:
        self._builder, self._slide, self._number = builder, slide, number
        self._pictures = 0

    def read(self) -> None:
        """All that the slide says."""
        slide = self._slide
        title = slide.shapes.title
        if title is not None and title.has_text_frame:
            self._add(BlockKind.HEADING, title.text_frame.text.replace("\v", " "), 1)
        self._shapes(slide.shapes, None if title is None else title.shape_id)
        if self._pictures:
            what = "pictures are" if self._pictures > 1 else "picture is"
            self._builder.omit(f"Slide {self._number}: {self._pictures} {what} not read.")
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            self._add(BlockKind.PARAGRAPH, slide.notes_slide.notes_text_frame.text)

    def _add(self, kind: BlockKind, words: str, level: int = 0) -> None:
        self._builder.add(kind, words, level, page=self._number)

    def _shapes(self, shapes: Iterable[Any], title: int | None, depth: int = 0) -> None:
        for shape in sorted(shapes, key=_place):
            if shape.shape_id == title:
                continue
            if hasattr(shape, "shapes") and depth < MAX_GROUPS:
                self._shapes(shape.shapes, title, depth + 1)
            elif getattr(shape, "has_table", False):
                self._table(shape.table)
            elif getattr(shape, "has_chart", False):
                self._chart(shape.chart)
            elif shape.has_text_frame:
                self._frame(shape)
            else:
                self._other(shape)

    def _table(self, table: Any) -> None:
        rows = [
            [
                Cell(cell.text.replace("\v", " "), cell.span_width, cell.span_height)
                if cell.is_merge_origin
                else Cell(cell.text.replace("\v", " "))
                for cell in row.cells
                if not cell.is_spanned
            ]
            for row in table.rows
        ]
        add_table(self._builder, rows, page=self._number)

    def _chart(self, chart: Any) -> None:
        """A chart as the table that it draws."""
        if chart.has_title and chart.chart_title.has_text_frame:
            self._add(BlockKind.PARAGRAPH, chart.chart_title.text_frame.text)
        for plot in chart.plots:
            names = [str(category) for category in plot.categories]
            series = [(one.name or "", list(one.values), _look(one)) for one in plot.series]
            if not names:
                names = [
                    str(n) for n in range(1, 1 + max((len(v) for _, v, _ in series), default=0))
                ]
            self._add(BlockKind.TABLE_ROW, row_text(["Category", *(n for n, _, _ in series)]), 1)
            for at, name in enumerate(names):
                cells = [shown(v[at], look) if at < len(v) else "" for _, v, look in series]
                self._add(BlockKind.TABLE_ROW, row_text([name, *cells]))

    def _frame(self, shape: Any) -> None:
        paragraphs = [p for p in shape.text_frame.paragraphs if p.text.strip()]
        listed = len(paragraphs) > 1 or (
            shape.is_placeholder and paragraphs and paragraphs[0].level
        )
        for paragraph in paragraphs:
            item = listed and len(paragraph.text) <= MAX_ITEM
            kind = BlockKind.LIST_ITEM if item else BlockKind.PARAGRAPH
            level = paragraph.level + 1 if item else 0
            self._add(kind, paragraph.text.replace("\v", " "), level)

    def _other(self, shape: Any) -> None:
        """A diagram's words, or what the author says is to be seen in a picture."""
        diagram = next(shape._element.iter(_DIAGRAM), None)
        if diagram is not None:
            for words in self._diagram(diagram.get(_REFERS)):
                self._add(BlockKind.LIST_ITEM, words, 1)
            return
        described = shape._element.xpath(".//p:cNvPr/@descr")
        told = " ".join(described[0].split()) if described else ""
        if told:
            self._add(BlockKind.PARAGRAPH, f"Picture: {told}")
        elif shape.shape_type is not None and "PICTURE" in str(shape.shape_type):
            self._pictures += 1

    def _diagram(self, relation: str | None) -> list[str]:
        from lxml import etree

        if relation is None or relation not in self._slide.part.rels:
            return []
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(self._slide.part.related_part(relation).blob, parser)
        return ["".join(p.itertext()) for p in root.iter(_PARAGRAPH)]


def _place(shape: Any) -> tuple[int, int]:
    """From top to bottom, in bands from left to right; what has no place of its own comes first."""
    return (shape.top or 0) // BAND, shape.left or 0


def _look(series: Any) -> str:
    """The number format of a series, as its data give it."""
    found = series._element.xpath(".//c:val//c:formatCode/text()")
    return str(found[0]) if found else "General"
