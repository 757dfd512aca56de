"""Documents from any LangChain loader (Confluence, Notion, Slack …), as connectors.

A loader gives pieces: pages, rows, messages. Those that name the same ``source`` are one document,
in the order in which they come, so that a second load finds what changed.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ingest.document import Block, Document
from ingest.errors import FootnoteError, UnreadableDocument
from ingest.load.base.source import clean
from ingest.load.text.markdown import load_markdown
from ingest.load.text.plain_text import load_text

if TYPE_CHECKING:
    from langchain_core.document_loaders import BaseLoader
    from langchain_core.documents import Document as LangChainDocument

MARKDOWN_SUFFIXES = (".md", ".markdown")
PART_SEPARATOR = "\n\n"


class LoaderError(FootnoteError):
    """The loader cannot be used as asked; the message says what to do."""

    exit_code = 2


def open_loader(path: str, arguments: Sequence[str] = ()) -> BaseLoader:
    """The loader of a dotted path (``package.module:Class``), made with ``key=value`` arguments.

    A value is read as JSON if it is JSON (``5``, ``true``, ``["a"]``), else it is text. Raises
    ``LoaderError`` if there is no such loader or it does not take the arguments.
    """
    module, _, name = path.partition(":")
    if not module or not name:
        raise LoaderError(f"{path!r} is not a loader; write package.module:Class.")
    try:
        made = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise LoaderError(
            f"{path} cannot be imported ({error}). Install the package that has it, with pip."
        ) from error
    except AttributeError as error:
        raise LoaderError(f"There is no {name} in {module}.") from error
    if not callable(getattr(made, "lazy_load", None)):
        raise LoaderError(f"{path} is not a LangChain document loader; it has no lazy_load.")
    options = dict(_argument(argument) for argument in arguments)
    try:
        loader: BaseLoader = made(**options)
    except Exception as error:  # loaders raise what they like
        raise LoaderError(f"{path} does not open with these arguments: {error}") from error
    return loader


def _argument(argument: str) -> tuple[str, Any]:
    key, equals, value = argument.partition("=")
    if not equals or not key.isidentifier():
        raise LoaderError(f"{argument!r} is not a loader argument; write --loader-arg key=value.")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def pieces_by_source(loader: BaseLoader, name: str) -> dict[str, list[LangChainDocument]]:
    """What the loader gives, by the source that the pieces name.

    Raises ``UnreadableDocument`` if the loader fails; ``name`` is its dotted path.
    """
    pieces: dict[str, list[LangChainDocument]] = {}
    try:
        for number, piece in enumerate(loader.lazy_load(), 1):
            pieces.setdefault(_source(piece, number), []).append(piece)
    except Exception as error:  # loaders raise what they like
        raise UnreadableDocument(f"{name} failed: {error}") from error
    return pieces


def _source(piece: LangChainDocument, number: int) -> str:
    """What stays the same when the piece is loaded again: its source, address, id or place."""
    for key in ("source", "url", "id"):
        value = piece.metadata.get(key)
        if isinstance(value, str | int) and str(value).strip():
            return str(value)
    return piece.id or f"document {number}"


def as_document(source: str, pieces: Sequence[LangChainDocument], loader: str) -> Document:
    """One document of all pieces of a source; ``loader`` (its dotted path) is part of the source,
    so that two loaders never share a document. Raises ``UnreadableDocument`` if there is no
    text."""
    metadata = _plain_metadata(pieces)
    name = _name(source)
    parts = [_part(clean(piece.page_content), name) for piece in pieces]
    text, blocks = "", list[Block]()
    for piece, part in zip(pieces, parts, strict=True):
        start = len(text) + len(PART_SEPARATOR) if text else 0
        text = f"{text}{PART_SEPARATOR}{part.text}" if text else part.text
        page, row = _page(piece), _number(piece.metadata.get("row"))
        blocks += (_moved(block, start, page, row) for block in part.blocks)
    if not text.strip():
        raise UnreadableDocument(f"{name}: the loader gave no text.")
    title = str(metadata.get("title") or parts[0].title or name)
    return Document(
        name=name,
        title=title,
        text=text,
        blocks=tuple(blocks),
        source=f"{loader}:{source}",
        media_type=parts[0].media_type,
        metadata=metadata,
    )


def _part(text: str, name: str) -> Document:
    return (
        load_markdown(text, name)
        if name.lower().endswith(MARKDOWN_SUFFIXES)
        else load_text(text, name)
    )


def _moved(block: Block, by: int, page: int | None, row: int | None) -> Block:
    return replace(
        block,
        start=block.start + by,
        end=block.end + by,
        page=block.page if page is None else page,
        row=block.row if row is None else row,
    )


def _name(source: str) -> str:
    """A name that a person knows: the last part of a path or address."""
    path = urlsplit(source).path if "://" in source else source.replace("\\", "/")
    return unquote(PurePosixPath(path).name) or source


def _page(piece: LangChainDocument) -> int | None:
    """The page from 1; LangChain's loaders count ``page`` from 0."""
    page = _number(piece.metadata.get("page"))
    return None if page is None else page + 1


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _plain_metadata(pieces: Iterable[LangChainDocument]) -> Mapping[str, str]:
    """What the first piece says that all others say too, as text."""
    first, *rest = (piece.metadata for piece in pieces)
    return {
        str(key): str(value)
        for key, value in first.items()
        if isinstance(value, str | int | float) and all(other.get(key) == value for other in rest)
    }
