"""Spreadsheets: each row becomes a block with its row number, under its sheet's name."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.base.archive import damaged, open_archive, to_transitional_ooxml
from ingest.load.base.builder import Builder
from ingest.load.base.source import Source
from ingest.load.base.table_rows import Span, TooManyCells, add_rows
from ingest.load.pictures.embedded_pictures import Pictures
from ingest.load.spreadsheet.formulas import Formulas, NotComputed, Value
from ingest.load.spreadsheet.number_format import format_value
from ingest.load.spreadsheet.sheet_comments import sheet_comments

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3}\d+:[A-Z]{1,3}\d+)"')
# A formula that no value follows: the sheet was made by a program that does not compute.
_NO_VALUE = re.compile(rb"</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>|<f[^>]*/>\s*</c>")


def load(data: bytes, source: Source) -> Document:
    """An .xlsx file: values as they are shown. Raises UnreadableDocument for a damaged one."""
    from xml.etree.ElementTree import ParseError

    import openpyxl
    from defusedxml.common import DefusedXmlException
    from lxml.etree import LxmlError
    from openpyxl.utils.exceptions import InvalidFileException

    data = to_transitional_ooxml(data, source)
    with open_archive(data, source) as archive:
        merged = _parts(archive)
        comments = sheet_comments(archive)
        media = [archive.read(n) for n in archive.namelist() if n.startswith("xl/media/")]
    builder = Builder()
    pictures = Pictures(builder, source)
    broken = (zipfile.BadZipFile, InvalidFileException, ParseError, LxmlError, DefusedXmlException)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        computed = (
            _Computed(data) if any(_NO_VALUE.search(xml) for xml in merged.values()) else None
        )
        shows = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for number, sheet in enumerate(book.worksheets, start=1):
            if sheet not in shows:
                builder.omit(f"The hidden sheet “{sheet.title}” was left out.")
                continue
            if len(shows) > 1:
                builder.add(BlockKind.HEADING, sheet.title, 1, page=number)
            sheet.reset_dimensions()
            path = sheet._worksheet_path.lstrip("/")
            add_rows(builder, _rows(sheet, computed), number, _spans(merged.get(path, b"")))
            for place, words in comments.get(path, ()):
                builder.add(BlockKind.PARAGRAPH, f"Comment on {place}: {words}", page=number)
        for sheet in book.chartsheets:
            builder.omit(f"The chart on the sheet “{sheet.title}” was left out.")
        for picture in media:
            pictures.add(picture)
        pictures.report_omissions()
        title = book.properties.title or ""
        author = book.properties.creator or ""
    except TooManyCells as error:
        raise source.unreadable(f"it holds {error}; split it into smaller sheets.") from error
    except (*broken, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as error:
        raise damaged(source, error) from error
    if computed is not None:
        computed.report_omissions(builder)
    return builder.document(source, MEDIA_TYPE, title, {"author": author})


def _parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """The XML of each sheet, by its path."""
    names = [n for n in archive.namelist() if n.startswith("xl/worksheets/") and n.endswith(".xml")]
    return {name: archive.read(name) for name in names}


def _spans(xml: bytes) -> dict[Span, Span]:
    """The first cell (row, column) of each merged area, with how many rows and columns it has."""
    from openpyxl.utils import range_boundaries

    spans = {}
    for match in _MERGED.finditer(xml):
        left, top, right, bottom = range_boundaries(match[1].decode())
        spans[top, left] = (bottom - top + 1, right - left + 1)
    return spans


def _rows(sheet: Any, computed: _Computed | None) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = []
        for column, cell in enumerate(row, start=1):
            value, look = cell.value, cell.number_format if cell.value is not None else ""
            if value is None and computed is not None:
                value, look = computed.value(sheet.title, number, column)
            cells.append(format_value(value, look or "General"))
        yield number, cells


class _Computed:
    """The formulas of a book that was saved without their values."""

    def __init__(self, data: bytes) -> None:
        import openpyxl

        self._looks: dict[tuple[str, int, int], str] = {}
        cells: dict[tuple[str, int, int], Value] = {}
        for sheet in openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets:
            sheet.reset_dimensions()
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.value is not None:
                        place = (sheet.title, cell.row, cell.column)
                        cells[place] = cell.value
                        self._looks[place] = cell.number_format
        self._cells: Mapping[tuple[str, int, int], Value] = cells
        self._formulas = Formulas(cells)
        self._made = self._left = 0

    def value(self, sheet: str, row: int, column: int) -> tuple[Value, str]:
        """What a cell without a value shows, and its number format: its formula if that cannot
        be computed."""
        cell = self._cells.get((sheet, row, column))
        if not isinstance(cell, str) or not cell.startswith("="):
            return None, ""
        try:
            value = self._formulas.value(sheet, row, column)
        except NotComputed:
            self._left += 1
            return cell, ""
        self._made += 1
        return value, self._looks[sheet, row, column]

    def report_omissions(self, builder: Builder) -> None:
        """What was computed and what was not."""
        if self._made:
            builder.omit(f"{self._made:,} formulas had no stored value; they were computed here.")
        if self._left:
            builder.omit(
                f"{self._left:,} formulas have no stored value and are shown as formulas: open the "
                "file in its program and save it."
            )
