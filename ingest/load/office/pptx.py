"""Presentations: titles, text, tables, charts and notes, slide by slide (``page`` is the slide)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.base.archive import damaged, to_transitional_ooxml
from ingest.load.base.builder import Builder
from ingest.load.base.grid import SpannedCell, add_table
from ingest.load.base.source import Source
from ingest.load.office.chart import add_chart
from ingest.load.office.diagram import DIAGRAM, DIAGRAM_DATA, add_diagram
from ingest.load.pictures.embedded_pictures import Pictures

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
MAX_GROUPS = 50
MAX_ITEM = 200
# Shapes whose tops are this near (EMU: a quarter of an inch) stand in one row.
ROW_BAND_EMU = 228_600
_SLIDES = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_EMBEDS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"


def load(data: bytes, source: Source) -> Document:
    """A .pptx file. Raises UnreadableDocument for a damaged or protected one."""
    from lxml.etree import LxmlError
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    data = to_transitional_ooxml(data, source)
    builder = Builder()
    pictures = Pictures(builder, source)
    try:
        deck = Presentation(io.BytesIO(data))
        for number, slide in enumerate(deck.slides, start=1):
            if slide._element.get("show") == "0":
                builder.omit(f"Slide {number} is hidden and was left out.")
            else:
                _Slide(builder, pictures, slide, number).read()
        count = str(len(deck.slides))
        pictures.report_omissions()
        title, author = deck.core_properties.title or "", deck.core_properties.author or ""
    except (PythonPptxError, LxmlError, KeyError, ValueError, AttributeError, OSError) as error:
        raise damaged(source, error) from error
    return builder.document(source, MEDIA_TYPE, title, {"author": author, "pages": count})


class _Slide:
    """One slide: its title, then its shapes from top to bottom, then its notes."""

    def __init__(self, builder: Builder, pictures: Pictures, slide: Any, number: int) -> None:
        self._builder, self._pictures = builder, pictures
        self._slide, self._number = slide, number

    def read(self) -> None:
        """All that the slide says."""
        slide = self._slide
        title = slide.shapes.title
        if title is not None and title.has_text_frame:
            self._add(BlockKind.HEADING, title.text_frame.text.replace("\v", " "), 1)
        self._shapes(slide.shapes, None if title is None else title.shape_id)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            self._add(BlockKind.PARAGRAPH, slide.notes_slide.notes_text_frame.text)
        for words in self._comments():
            self._add(BlockKind.PARAGRAPH, f"Comment: {words}")

    def _comments(self) -> list[str]:
        """Reviewers' comments on the slide, of older and newer programs."""
        roots = [
            _parsed(relation.target_part.blob)
            for relation in self._slide.part.rels.values()
            if not relation.is_external and relation.reltype.endswith("/comments")
        ]
        remarks = [
            " ".join("".join(part.itertext()).split())
            for root in roots
            for part in root.iter(f"{_SLIDES}text", "{*}txBody")
        ]
        return [words for words in remarks if words]

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
                add_chart(self._builder, shape.chart._chartSpace, self._number)
            elif shape.has_text_frame:
                self._frame(shape)
            else:
                self._other(shape)

    def _table(self, table: Any) -> None:
        rows = [
            [
                SpannedCell(cell.text.replace("\v", " "), cell.span_width, cell.span_height)
                if cell.is_merge_origin
                else SpannedCell(cell.text.replace("\v", " "))
                for cell in row.cells
                if not cell.is_spanned
            ]
            for row in table.rows
        ]
        add_table(self._builder, rows, page=self._number)

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
        """A diagram's words; what the author says is to be seen in a picture, and its own words."""
        diagram = next(shape._element.iter(DIAGRAM), None)
        if diagram is not None:
            self._diagram(diagram.get(DIAGRAM_DATA))
            return
        described = shape._element.xpath(".//p:cNvPr/@descr")
        description = " ".join(described[0].split()) if described else ""
        if description:
            self._add(BlockKind.PARAGRAPH, f"Picture: {description}")
        place = f"Slide {self._number}"
        for blip in shape._element.iter(f"{_DRAWING}blip"):
            relation = blip.get(_EMBEDS)
            if relation in self._slide.part.rels:
                data = self._slide.part.related_part(relation).blob
                self._pictures.add(data, place, page=self._number)
            else:
                self._pictures.unread(place)

    def _diagram(self, relation: str | None) -> None:
        if relation is not None and relation in self._slide.part.rels:
            root = _parsed(self._slide.part.related_part(relation).blob)
            add_diagram(self._builder, root, page=self._number)


def _place(shape: Any) -> tuple[int, int]:
    """From top to bottom, in bands from left to right; what has no place of its own comes first."""
    return (shape.top or 0) // ROW_BAND_EMU, shape.left or 0


def _parsed(blob: bytes) -> Any:
    from lxml import etree

    return etree.fromstring(blob, etree.XMLParser(resolve_entities=False, no_network=True))
