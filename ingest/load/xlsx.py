"""Spreadsheets: each row becomes a block with its row number, under its sheet's name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.archive import damaged, open_archive
from ingest.load.builder import Builder
from ingest.load.source import Source
from ingest.load.table_rows import TooManyCells, add_rows

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def load(data: bytes, source: Source) -> Document:
    """An .xlsx file: values as last calculated. Raises UnreadableDocument for a damaged one."""
    from xml.etree.ElementTree import ParseError

    import openpyxl
    from defusedxml.common import DefusedXmlException
    from lxml.etree import LxmlError
    from openpyxl.utils.exceptions import InvalidFileException

    open_archive(data, source).close()
    builder = Builder()
    broken = (zipfile.BadZipFile, InvalidFileException, ParseError, LxmlError, DefusedXmlException)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for number, sheet in enumerate(book.worksheets, start=1):
            if len(book.worksheets) > 1:
                builder.add(BlockKind.HEADING, sheet.title, 1, page=number)
            sheet.reset_dimensions()
            add_rows(builder, _rows(sheet), number)
        title = book.properties.title or ""
    except TooManyCells as error:
        raise source.unreadable(f"it holds {error}; split it into smaller sheets.") from error
    except (*broken, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as error:
        raise damaged(source, error) from error
    return builder.document(source, MEDIA_TYPE, title)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(sheet.iter_rows(), start=1):
        yield number, [_shown(cell.value, cell.number_format) for cell in row]


def _shown(value: object, number_format: object) -> str:
    """A cell's value about as its program shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        if isinstance(number_format, str) and number_format.endswith("%"):
            return f"{value * 100:.10g}%"
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)
