"""OpenDocument text, sheets and slides (ODT, ODS, ODP): their content in its order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.base.archive import open_archive, parse_xml
from ingest.load.base.builder import Builder
from ingest.load.base.grid import SpannedCell, add_table
from ingest.load.base.source import Source
from ingest.load.base.table_rows import add_rows
from ingest.load.pictures.embedded_pictures import Pictures

_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
TEXT, TABLE, OFFICE = f"{_OASIS}text:1.0}}", f"{_OASIS}table:1.0}}", f"{_OASIS}office:1.0}}"
DRAW = f"{_OASIS}drawing:1.0}}"
_LINKS = "{http://www.w3.org/1999/xlink}href"
_DC = "{http://purl.org/dc/elements/1.1/}"
_LEFT_OUT = (f"{TEXT}tracked-changes", f"{TEXT}table-of-content", f"{TEXT}alphabetical-index")
MAX_REPEATED = 1_000


def load(data: bytes, source: Source) -> Document:
    """An .odt, .ods or .odp file. Raises UnreadableDocument for a damaged one."""
    with open_archive(data, source) as archive:
        names = archive.namelist()
        kind = archive.read("mimetype").decode("ascii", "replace") if "mimetype" in names else ""
        root = parse_xml(archive.read("content.xml"), source)
        meta = parse_xml(archive.read("meta.xml"), source) if "meta.xml" in names else None
        files = {n: archive.read(n) for n in names if n.startswith("Pictures/")}
    builder = Builder()
    pictures = Pictures(builder, source)
    body = root.find(f"{OFFICE}body")
    reader = _Reader(builder, pictures, files, sheets="spreadsheet" in kind)
    reader.read(body if body is not None else root)
    pictures.report_omissions()
    title = (meta.findtext(f".//{_DC}title") or "") if meta is not None else ""
    author = (meta.findtext(f".//{_DC}creator") or "") if meta is not None else ""
    return builder.document(source, kind.strip(), title, {"author": author})


class _Reader:
    """Walks the content; ``page`` counts slides or sheets."""

    def __init__(
        self, builder: Builder, pictures: Pictures, files: Mapping[str, bytes], *, sheets: bool
    ) -> None:
        self._builder, self._sheets = builder, sheets
        self._pictures, self._files = pictures, files
        self._page: int | None = None

    def read(self, element: Any, depth: int = 0) -> None:
        """All that stands below an element."""
        for child in element:
            tag = child.tag
            if tag in _LEFT_OUT:
                continue
            if tag == f"{TEXT}h":
                level = int(child.get(f"{TEXT}outline-level") or 1)
                self._add(BlockKind.HEADING, child, level)
            elif tag == f"{TEXT}p":
                kind = BlockKind.LIST_ITEM if depth else BlockKind.PARAGRAPH
                self._add(kind, child, depth)
            elif tag in (f"{TEXT}list", f"{TEXT}list-item"):
                self.read(child, depth + (tag == f"{TEXT}list"))
            elif tag == f"{TABLE}table":
                self._table(child)
            elif tag == f"{DRAW}page":
                self._page = (self._page or 0) + 1
                self.read(child)
            elif tag == f"{DRAW}image":
                self._picture(child)
            elif isinstance(tag, str):
                self.read(child, depth)

    def _add(self, kind: BlockKind, element: Any, level: int) -> None:
        notes: list[str] = []
        self._builder.add(kind, _words(element, notes), level, page=self._page)
        self._add_notes(notes)
        for image in element.iter(f"{DRAW}image"):
            self._picture(image)

    def _picture(self, image: Any) -> None:
        data = self._files.get(image.get(_LINKS) or "")
        if data is None:
            self._pictures.unread()
        else:
            self._pictures.add(data, page=self._page)

    def _table(self, table: Any) -> None:
        notes: list[str] = []
        rows = [_cells(row, notes) for row in table.iter(f"{TABLE}table-row")]
        if not self._sheets:
            add_table(self._builder, [row for row in rows if row], page=self._page)
            self._add_notes(notes)
            return
        if table.get(f"{TABLE}display") == "false":
            self._builder.omit(f"The hidden sheet “{table.get(f'{TABLE}name')}” was left out.")
            return
        self._page = (self._page or 0) + 1
        name = table.get(f"{TABLE}name") or ""
        self._builder.add(BlockKind.HEADING, name, 1, page=self._page)
        plain = ((at, [cell.text for cell in row]) for at, row in enumerate(rows, start=1))
        add_rows(self._builder, plain, self._page)
        self._add_notes(notes)

    def _add_notes(self, notes: Sequence[str]) -> None:
        for note in notes:
            self._builder.add(BlockKind.PARAGRAPH, note, page=self._page)


def _cells(row: Any, notes: list[str]) -> list[SpannedCell]:
    """The cells of a row; empty ones that a sheet repeats to its end are left out. Their footnotes
    and comments are gathered aside."""
    cells: list[SpannedCell] = []
    for cell in row:
        if cell.tag not in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
            continue
        if cell.tag == f"{TABLE}covered-table-cell":
            continue
        words = " ".join(_words(p, notes) for p in _paragraphs(cell))
        notes += map(_comment, cell.findall(f"{OFFICE}annotation"))
        across = int(cell.get(f"{TABLE}number-columns-spanned") or 1)
        down = int(cell.get(f"{TABLE}number-rows-spanned") or 1)
        times = min(int(cell.get(f"{TABLE}number-columns-repeated") or 1), MAX_REPEATED)
        cells += [SpannedCell(words, across, down)] * times
    while cells and not cells[-1].text:
        cells.pop()
    return cells


def _paragraphs(cell: Any) -> Iterator[Any]:
    """The paragraphs of a cell, but for those of its notes and comments."""
    for child in cell:
        if child.tag == f"{TEXT}p":
            yield child
        elif child.tag not in (f"{OFFICE}annotation", f"{TEXT}note"):
            yield from _paragraphs(child)


def _comment(annotation: Any) -> str:
    author = annotation.findtext(f"{_DC}creator") or ""
    words = " ".join(_in_one_line(part) for part in annotation.iter(f"{TEXT}p"))
    return f"Comment by {author}: {words}" if author else f"Comment: {words}"


def _in_one_line(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _words(element: Any, notes: list[str]) -> str:
    """The text of a paragraph; footnotes and comments are gathered aside."""
    parts = [element.text or ""]
    for child in element:
        tag = child.tag
        if tag == f"{TEXT}note":
            body = child.find(f"{TEXT}note-body")
            if body is not None:
                notes.append(f"Note: {_in_one_line(body)}")
        elif tag == f"{OFFICE}annotation":
            notes.append(_comment(child))
        elif tag == f"{TEXT}s":
            parts.append(" " * min(int(child.get(f"{TEXT}c") or 1), 100))
        elif tag == f"{TEXT}tab":
            parts.append(" ")
        elif tag == f"{TEXT}line-break":
            parts.append("\n")
        else:
            parts.append(_words(child, notes))
        parts.append(child.tail or "")
    return "".join(parts)
