"""Markdown: the source text unchanged, with blocks for headings, lists, tables and turns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.block_classifier import classify_blocks
from ingest.document import Block, BlockKind, Document
from ingest.load.base.encoding import decode
from ingest.load.base.source import Source, clean
from ingest.load.text.front_matter import split_front_matter, without_comments
from ingest.titles import title_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_TABLE_RULE = re.compile(r"[ \t>]*\|?[ \t:|-]*-[ \t:|-]*(?:\n|$)")
_KINDS = {
    "heading_open": BlockKind.HEADING,
    "paragraph_open": BlockKind.PARAGRAPH,
    "fence": BlockKind.PARAGRAPH,
    "code_block": BlockKind.PARAGRAPH,
    "html_block": BlockKind.PARAGRAPH,
    "tr_open": BlockKind.TABLE_ROW,
}


def load(data: bytes, source: Source) -> Document:
    """A Markdown file; see ``decode`` for encodings and errors."""
    decoded = decode(data, source)
    document = load_markdown(decoded.text, source.name, source=source.address)
    return replace(document, omissions=decoded.assumed)


def load_markdown(text: str, name: str, *, source: str = "") -> Document:
    """A document of Markdown source without comments. Front matter is metadata, and stands at the
    top of the text in lines of ``key: value``, as furniture."""
    front, body = split_front_matter(clean(text))
    about = "".join(f"{key}: {value}\n" for key, value in front.items())
    text = f"{about}\n{without_comments(body)}" if about else without_comments(body)
    blocks = markdown_blocks(text, len(about))
    known = {key.lower(): value for key, value in front.items()}
    return Document(
        name=name,
        title=known.get("title") or title_of(text, blocks, name),
        text=text,
        blocks=blocks,
        source=source or f"text:{name}",
        media_type="text/markdown",
        metadata=known,
    )


def markdown_blocks(text: str, body: int = 0) -> tuple[Block, ...]:
    """Blocks that together hold every character of ``text[body:]`` that is not whitespace.

    What CommonMark does not put into a block (rules, link definitions) is boilerplate; the lines
    before ``body`` (front matter) are boilerplate, each of its own.
    """
    starts = [body, *(m.end() for m in re.compile("\n").finditer(text, body)), len(text)]
    blocks: list[Block] = []
    for line in re.compile(r"[^\n]+").finditer(text, 0, body):
        blocks.append(Block(BlockKind.BOILERPLATE, *line.span()))
    at = body
    for kind, first, last, level in _leaves(text[body:]):
        start = max(at, starts[min(first, len(starts) - 1)])
        end = starts[min(last, len(starts) - 1)]
        if kind is BlockKind.TABLE_ROW and level:
            rule = _TABLE_RULE.match(text, end)
            end = rule.end() if rule else end
        blocks.extend(_between(text, at, start))
        span = _trim(text, start, end)
        if span:
            blocks.append(Block(kind, *span, level))
            at = span[1]
    blocks.extend(_between(text, at, len(text)))
    return classify_blocks(text, blocks)


def _leaves(text: str) -> Iterator[tuple[BlockKind, int, int, int]]:
    """Kind, first line, line after the last, and level of each block, in order."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table").disable("inline")
    depth = 0
    fresh = header = False
    for token in parser.parse(text):
        if token.type in ("list_item_open", "list_item_close"):
            depth += token.nesting
            fresh = token.nesting > 0
        elif token.type in ("thead_open", "thead_close"):
            header = token.nesting > 0
        elif token.type in _KINDS and token.map:
            kind = _KINDS[token.type]
            # Only what stands at the bullet is the item; more paragraphs under it are its own.
            if depth and fresh and kind is BlockKind.PARAGRAPH:
                kind = BlockKind.LIST_ITEM
            fresh = False
            yield kind, token.map[0], token.map[1], _level(token, kind, depth, header)


def _level(token: Token, kind: BlockKind, depth: int, header: bool) -> int:
    if kind is BlockKind.HEADING:
        return int(token.tag[1:])
    if kind is BlockKind.TABLE_ROW:
        return int(header)
    return depth if kind is BlockKind.LIST_ITEM else 0


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    words = text[start:end]
    if not words.strip():
        return None
    return start + len(words) - len(words.lstrip()), start + len(words.rstrip())


def _between(text: str, start: int, end: int) -> Iterator[Block]:
    """What no block holds: rules, link definitions, front matter."""
    span = _trim(text, start, end)
    if span:
        yield Block(BlockKind.BOILERPLATE, *span)
