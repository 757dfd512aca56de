"""Word documents: everything that can be read in them, where it stands."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.base.archive import damaged, to_transitional_ooxml
from ingest.load.base.builder import Builder
from ingest.load.base.grid import SpannedCell, add_table
from ingest.load.base.source import Source
from ingest.load.office.chart import add_chart
from ingest.load.office.diagram import DIAGRAM, add_diagram
from ingest.load.office.docx_numbering import Numbering, format_number
from ingest.load.office.docx_text import MC, ParagraphText, Reference, W
from ingest.load.pictures.embedded_pictures import Pictures

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|заголовок)\s*(\d)", re.IGNORECASE)
_GONE = (f"{W}del", f"{W}moveFrom", f"{MC}Fallback")
_NAMED = {"footnote": "Note", "endnote": "Endnote", "comment": "Comment"}


def load(data: bytes, source: Source) -> Document:
    """A .docx file. Raises UnreadableDocument for a damaged or protected one."""
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    data = to_transitional_ooxml(data, source)
    try:
        document = docx.Document(io.BytesIO(data))
        builder = _Reader(document, source).read()
        about = document.core_properties
        title, author = about.title or "", about.author or ""
        modified = about.modified.isoformat() if about.modified else ""
    except (OpcError, LxmlError, KeyError, ValueError, AttributeError, OSError) as error:
        raise damaged(source, error) from error
    return builder.document(source, MEDIA_TYPE, title, {"author": author, "modified": modified})


class _Reader:
    """Goes through the body; notes, comments and text boxes follow the paragraph they belong to."""

    def __init__(self, document: Any, source: Source) -> None:
        self._document = document
        self._builder = Builder()
        self._pictures = Pictures(self._builder, source)
        self._styles = {style.style_id: style for style in document.styles}
        self._numbering = Numbering(self._part("numbering"))
        self._notes = {
            (kind, note.get(f"{W}id") or ""): note
            for kind in _NAMED
            for root in [self._part(f"{kind}s")]
            if root is not None
            for note in root.iter(f"{W}{kind}")
            if note.get(f"{W}type") in (None, "normal")
        }
        counts = dict.fromkeys(_NAMED, 0)
        self._marks: dict[Reference, str] = {}
        for kind, number in self._notes:
            counts[kind] += 1
            sign = format_number(counts[kind], "lowerRoman" if kind == "endnote" else "decimal")
            self._marks[kind, number] = "" if kind == "comment" else f" [{sign}]"

    def read(self) -> Builder:
        """All of the document."""
        self._edges("header")
        self._blocks(self._document.element.body)
        self._edges("footer")
        self._pictures.report_omissions()
        return self._builder

    def _part(self, name: str) -> Any | None:
        """The root of a part of the package, such as ``footnotes``."""
        for relation in self._document.part.rels.values():
            if not relation.is_external and relation.reltype.endswith(f"/{name}"):
                return _parsed(relation.target_part.blob)
        return None

    def _edges(self, kind: str) -> None:
        """Headers or footers, each text once: they are furniture, and may hold an address."""
        seen: set[str] = set()
        for relation in self._document.part.rels.values():
            if relation.is_external or not relation.reltype.endswith(f"/{kind}"):
                continue
            for paragraph in _parsed(relation.target_part.blob).iter(f"{W}p"):
                line = " ".join(ParagraphText(paragraph, {}).text.split())
                if line and line not in seen and any(map(str.isalpha, line)):
                    seen.add(line)
                    self._builder.add(BlockKind.BOILERPLATE, line)

    def _blocks(self, element: Any) -> None:
        for child in _content(element):
            if child.tag == f"{W}p":
                self._paragraph(child)
            elif child.tag == f"{W}tbl":
                self._table(child)

    def _paragraph(self, paragraph: Any) -> None:
        paragraph_text = ParagraphText(paragraph, self._marks)
        style = self._style(paragraph)
        heading = _HEADING.match(style)
        num_id, level = self._numbered(paragraph)
        number = (
            self._numbering.number(num_id, level) if num_id and paragraph_text.text.strip() else ""
        )
        words = f"{number} {paragraph_text.text}" if number else paragraph_text.text
        if heading or style.lower() == "title":
            self._builder.add(BlockKind.HEADING, words, int(heading.group(1)) if heading else 1)
        elif num_id or style.lower().startswith("list "):
            self._builder.add(BlockKind.LIST_ITEM, words, level + 1)
        else:
            self._builder.add(BlockKind.PARAGRAPH, words)
        self._after(paragraph_text)

    def _after(self, paragraph_text: ParagraphText) -> None:
        """The notes and text boxes of what has just been written."""
        for reference in paragraph_text.notes:
            note = self._notes[reference]
            text = " ".join(
                w for p in note.iter(f"{W}p") for w in ParagraphText(p, {}).text.split()
            )
            kind = _NAMED[reference[0]]
            author = note.get(f"{W}author")
            by = f"{kind} by {author}" if author else f"{kind}{self._marks[reference]}"
            self._builder.add(BlockKind.PARAGRAPH, f"{by}: {text}" if text else "")
        for box in paragraph_text.boxes:
            self._blocks(box)
        for tag, relation in paragraph_text.graphics:
            if relation in self._document.part.rels:
                root = _parsed(self._document.part.rels[relation].target_part.blob)
                (add_diagram if tag == DIAGRAM else add_chart)(self._builder, root)
        for description in paragraph_text.described:
            self._builder.add(BlockKind.PARAGRAPH, f"Picture: {description}")
        for relation in paragraph_text.pictures:
            related = self._document.part.rels.get(relation)
            if related is None or related.is_external:
                self._pictures.unread()
            else:
                self._pictures.add(related.target_part.blob)

    def _style(self, paragraph: Any) -> str:
        named = paragraph.find(f"{W}pPr/{W}pStyle")
        style = self._styles.get(named.get(f"{W}val")) if named is not None else None
        return (style.name if style is not None else "") or ""

    def _numbered(self, paragraph: Any) -> tuple[str, int]:
        """The list that a paragraph belongs to, by itself or by its style, and its level."""
        holder, steps = paragraph.find(f"{W}pPr"), 0
        named = paragraph.find(f"{W}pPr/{W}pStyle")
        style = self._styles.get(named.get(f"{W}val")) if named is not None else None
        while True:
            numbering = holder.find(f"{W}numPr") if holder is not None else None
            if numbering is not None:
                id_, level = numbering.find(f"{W}numId"), numbering.find(f"{W}ilvl")
                value = "" if id_ is None else id_.get(f"{W}val") or ""
                return ("" if value == "0" else value), int(
                    level.get(f"{W}val") if level is not None else 0
                )
            if style is None or steps > 20:
                return "", 0
            holder, style, steps = style.element.find(f"{W}pPr"), style.base_style, steps + 1

    def _table(self, table: Any) -> None:
        rows: list[list[SpannedCell]] = []
        texts: list[ParagraphText] = []
        open_cells: dict[int, tuple[int, int]] = {}
        heads = 0
        for row in _content(table, f"{W}tr"):
            if row.find(f"{W}trPr/{W}del") is not None:
                continue
            heads += heads == len(rows) and row.find(f"{W}trPr/{W}tblHeader") is not None
            at = _skipped(row)
            line = [SpannedCell("")] * at
            for cell in _content(row, f"{W}tc"):
                across = int(_value(cell, "gridSpan") or 1)
                merge = cell.find(f"{W}tcPr/{W}vMerge")
                goes_on = merge is not None and merge.get(f"{W}val") != "restart"
                if goes_on and at in open_cells:
                    y, x = open_cells[at]
                    old = rows[y][x]
                    rows[y][x] = SpannedCell(old.text, old.across, len(rows) - y + 1)
                else:
                    if merge is not None:
                        open_cells[at] = (len(rows), len(line))
                    else:
                        open_cells.pop(at, None)
                    line.append(SpannedCell(self._cell(cell, texts), across))
                at += across
            rows.append(line)
        add_table(self._builder, rows, heads=heads)
        for words in texts:
            self._after(words)

    def _cell(self, cell: Any, texts: list[ParagraphText]) -> str:
        """A cell on one line; the cells of a table inside it keep their commas."""
        parts: list[str] = []
        for child in _content(cell):
            if child.tag == f"{W}tbl":
                for row in _content(child, f"{W}tr"):
                    inside = [self._cell(c, texts) for c in _content(row, f"{W}tc")]
                    parts.append(": ".join(filter(None, inside)) + ";")
            elif child.tag == f"{W}p":
                words = ParagraphText(child, self._marks)
                texts.append(words)
                parts.append(" ".join(words.text.split()))
        return " ".join(filter(None, parts)).rstrip(";")


def _content(element: Any, *tags: str) -> Iterator[Any]:
    """The paragraphs, tables, rows or cells right in an element, or in controls around them."""
    for child in element:
        if child.tag in _GONE or not isinstance(child.tag, str):
            continue
        if child.tag in (f"{W}p", f"{W}tbl", f"{W}tr", f"{W}tc"):
            if not tags or child.tag in tags:
                yield child
        else:
            yield from _content(child, *tags)


def _value(cell: Any, name: str) -> str:
    element = cell.find(f"{W}tcPr/{W}{name}")
    return "" if element is None else element.get(f"{W}val") or ""


def _skipped(row: Any) -> int:
    """Columns that a row leaves out before its first cell."""
    element = row.find(f"{W}trPr/{W}gridBefore")
    return 0 if element is None else int(element.get(f"{W}val") or 0)


def _parsed(blob: bytes) -> Any:
    from docx.oxml import parse_xml

    return parse_xml(blob)
