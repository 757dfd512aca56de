"""Spreadsheets of older Excel (XLS) and in binary form (XLSB), by calamine."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.base.archive import damaged
from ingest.load.base.builder import Builder
from ingest.load.base.source import Source
from ingest.load.base.table_rows import TooManyCells, add_rows
from ingest.load.spreadsheet.number_format import format_value

MEDIA_TYPE = "application/vnd.ms-excel"


def load(data: bytes, source: Source) -> Document:
    """An .xls or .xlsb file: plain values. Raises UnreadableDocument for a damaged one."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    builder = Builder()
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [s for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
        for number, sheet in enumerate(book.sheets_metadata, start=1):
            if sheet not in visible:
                builder.omit(f"The hidden sheet “{sheet.name}” was left out.")
                continue
            if len(visible) > 1:
                builder.add(BlockKind.HEADING, sheet.name, 1, page=number)
            add_rows(builder, _rows(book.get_sheet_by_name(sheet.name)), number)
    except TooManyCells as error:
        raise source.unreadable(f"it holds {error}; split it into smaller sheets.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise damaged(source, error) from error
    return builder.document(source, MEDIA_TYPE)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        yield number, [format_value(value, "General") for value in row]
