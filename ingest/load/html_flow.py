"""Converts an HTML tree to blocks in reading order; used for web pages and EPUB chapters."""

from __future__ import annotations

from typing import Any

from ingest.document import BlockKind
from ingest.load.builder import Builder, row_text

MAX_DEPTH = 300
MAX_CELL = 300
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
        for number, row in enumerate(table.iter("tr")):
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            header = number == 0 and all(cell.tag == "th" for cell in cells)
            header = header or (number == 0 and row.getparent().tag == "thead")
            self.builder.add(
                BlockKind.TABLE_ROW,
                row_text([cell.text_content() for cell in cells]),
                int(header),
                page=self.page,
            )


def _is_data(table: Any) -> bool:
    """Whether a table holds data, and not the layout of a page."""
    if table.find(".//table") is not None or table.get("role") == "presentation":
        return False
    rows = list(table.iter("tr"))
    widest = max((len(row) for row in rows), default=0)
    longest = max((len(cell.text_content()) for cell in table.iter("td")), default=0)
    return widest > 1 and (longest <= MAX_CELL or table.find(".//th") is not None)
