"""Word documents: paragraphs, headings, lists and tables in their order."""

from __future__ import annotations

import io
import re
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.archive import damaged, open_archive
from ingest.load.builder import Builder, row_text
from ingest.load.source import Source

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|заголовок)\s*(\d)", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def load(data: bytes, source: Source) -> Document:
    """A .docx file. Raises UnreadableDocument for a damaged or protected one."""
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    open_archive(data, source).close()
    builder = Builder()
    try:
        document = docx.Document(io.BytesIO(data))
        for item in document.iter_inner_content():
            if hasattr(item, "rows"):
                _table(builder, item)
            else:
                _paragraph(builder, item)
        about = document.core_properties
        title, author = about.title or "", about.author or ""
        made = about.modified.isoformat() if about.modified else ""
    except (OpcError, LxmlError, KeyError, ValueError, AttributeError, OSError) as error:
        raise damaged(source, error) from error
    return builder.document(source, MEDIA_TYPE, title, {"author": author, "modified": made})


def _paragraph(builder: Builder, paragraph: Any) -> None:
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    words = _words(paragraph._p)
    heading = _HEADING.match(style)
    if heading or style.lower() == "title":
        builder.add(BlockKind.HEADING, words, int(heading.group(1)) if heading else 1)
    elif _is_item(paragraph, style):
        builder.add(BlockKind.LIST_ITEM, words, _nesting(paragraph))
    else:
        builder.add(BlockKind.PARAGRAPH, words)


def _words(paragraph: Any) -> str:
    """Text of a paragraph's own runs: insertions and links too, deletions and text boxes not."""
    parts = []
    for element in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen"):
        if next(element.iterancestors(f"{_W}p")) is not paragraph:
            continue
        if element.tag == f"{_W}t":
            parts.append(element.text or "")
        elif element.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif next(element.iterancestors(f"{_W}r", f"{_W}p")).tag == f"{_W}r":
            parts.append(" " if element.tag == f"{_W}tab" else "\n")
    return "".join(parts)


def _is_item(paragraph: Any, style: str) -> bool:
    properties = paragraph._p.pPr
    numbered = properties is not None and properties.numPr is not None
    return numbered or style.lower().startswith("list ")


def _nesting(paragraph: Any) -> int:
    properties = paragraph._p.pPr
    numbering = properties.numPr if properties is not None else None
    level = numbering.ilvl if numbering is not None else None
    return 1 + (level.val if level is not None else 0)


def _table(builder: Builder, table: Any) -> None:
    rows = [
        [" ".join(_words(p) for p in cell.iter(f"{_W}p")) for cell in row.tc_lst]
        for row in table._tbl.tr_lst
    ]
    for number, cells in enumerate(rows):
        header = number == 0 and len(rows) > 1 and len(cells) > 1
        builder.add(BlockKind.TABLE_ROW, row_text(cells), int(header))
