"""Converts an HTML tree to blocks in reading order; used for web pages and EPUB chapters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.document import BlockKind
from ingest.load.base.builder import Builder
from ingest.load.base.grid import SpannedCell, add_rows, add_table

MAX_DEPTH = 300
MAX_CELL = 300
MAX_SPAN = 100
MAX_RAISED = 12
_RAISED = dict(zip("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ", strict=True))
_LOWERED = dict(zip("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = ("ul", "ol", "dl")
_BLOCKS = frozenset(
    ("address", "article", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt")
    + ("fieldset", "figcaption", "figure", "form", "header", "hgroup", "hr", "li", "main", "ol")
    + ("p", "pre", "section", "summary", "table", "ul", "caption", "tr", "td", "th", "tbody")
    + ("thead", "tfoot", *_HEADINGS)
)


class Flow:
    """Gathers inline text and writes it as a block wherever the page breaks a line."""

    def __init__(self, builder: Builder, page: int | None = None) -> None:
        self.builder = builder
        self.page = page
        self.words: list[str] = []
        self.kind = BlockKind.PARAGRAPH
        self.level = 0

    def read(self, element: Any) -> None:
        """All the text below ``element``."""
        self._children(element, 0, 0)
        self._flush()

    def _flush(self, keep_lines: bool = False) -> None:
        words = "".join(self.words)
        self.words.clear()
        self.builder.add(self.kind, words, self.level, page=self.page, keep_lines=keep_lines)
        if self.kind is not BlockKind.PARAGRAPH and words.strip():
            self.kind, self.level = BlockKind.PARAGRAPH, 0

    def _children(self, element: Any, depth: int, nesting: int) -> None:
        self._inline(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self._element(child, depth + 1, nesting)
            self._inline(child.tail)

    def _inline(self, words: str | None) -> None:
        if words:
            self.words.append(words.replace("\n", " ").replace("\r", " "))

    def _element(self, element: Any, depth: int, nesting: int) -> None:
        tag = element.tag
        if depth > MAX_DEPTH:
            self._inline(element.text_content())
        elif tag == "br":
            self.words.append("\n")
        elif tag == "pre":
            self._flush()
            self.words.append(element.text_content())
            self._flush(keep_lines=True)
        elif tag == "table" and _is_data(element):
            self._flush()
            self._table(element)
        elif tag in ("sup", "sub") and not len(element):
            self._inline(superscript(tag, element.text or ""))
        elif tag in _BLOCKS:
            self._block(element, depth, nesting)
        else:
            self._children(element, depth, nesting)

    def _block(self, element: Any, depth: int, nesting: int) -> None:
        tag = element.tag
        self._flush()
        kind = self.kind
        if tag in _HEADINGS:
            self.kind, self.level = BlockKind.HEADING, _HEADINGS[tag]
        elif tag in ("li", "dt", "dd"):
            self.kind, self.level = BlockKind.LIST_ITEM, max(nesting, 1)
        elif tag in ("p", "div") and kind is not BlockKind.LIST_ITEM:
            self.kind, self.level = BlockKind.PARAGRAPH, 0
        self._children(element, depth, nesting + (tag in _LISTS))
        self._flush()
        self.kind, self.level = BlockKind.PARAGRAPH, 0

    def _table(self, table: Any) -> None:
        caption = table.find("caption")
        if caption is not None:
            self.builder.add(BlockKind.PARAGRAPH, caption.text_content(), page=self.page)
        rows = list(table.iter("tr"))
        cells = [[_cell(cell) for cell in row if cell.tag in ("td", "th")] for row in rows]
        headed = any(cell.heads for row in cells for cell in row)
        above = sum(1 for row in rows if row.getparent().tag == "thead")
        # A table without header cells has no header: its first row may say anything.
        if above or headed and all(cell.heads for cell in cells[0]):
            add_table(self.builder, cells, heads=above, page=self.page)
        else:
            add_rows(self.builder, cells, page=self.page)


def _cell(cell: Any) -> SpannedCell:
    words = re.sub(r"\s*;[\s;]*", "; ", " ".join("".join(_cell_words(cell)).split()))
    return SpannedCell(
        words.strip(" ;"), _span(cell, "colspan"), _span(cell, "rowspan"), cell.tag == "th"
    )


def _cell_words(element: Any) -> Iterator[str]:
    """The words of a cell; if it breaks a line, a semicolon."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            breaks = child.tag in _BLOCKS or child.tag == "br"
            inside = "".join(_cell_words(child))
            yield (
                f"; {inside}; "
                if breaks and child.tag != "br"
                else "; "
                if breaks
                else (superscript(child.tag, inside))
            )
        yield child.tail or ""


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return max(1, min(int(value), MAX_SPAN)) if value.isdecimal() else 1


def superscript(tag: str, words: str) -> str:
    """Words as superscript or subscript, if the tag says so and there are such characters:
    10⁶ is not 106."""
    table = {"sup": _RAISED, "sub": _LOWERED}.get(tag)
    if table is None or not words.strip() or len(words) > MAX_RAISED:
        return words
    if all(c in table for c in words.strip()):
        return "".join(table[c] for c in words.strip())
    return words if tag == "sub" else f"^{words.strip()}"


def _is_data(table: Any) -> bool:
    """Whether a table holds data, and not the layout of a page."""
    if table.find(".//table") is not None or table.get("role") == "presentation":
        return False
    rows = list(table.iter("tr"))
    widest = max((len(row) for row in rows), default=0)
    longest = max((len(cell.text_content()) for cell in table.iter("td")), default=0)
    return widest > 1 and (longest <= MAX_CELL or table.find(".//th") is not None)
