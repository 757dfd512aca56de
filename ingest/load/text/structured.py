"""Structured text: JSON, JSON lines, XML and notebooks, as a person would read them aloud."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.document import BlockKind, Document
from ingest.load.base.archive import parse_xml
from ingest.load.base.builder import Builder, row_text
from ingest.load.base.encoding import decode
from ingest.load.base.source import Source
from ingest.load.text.html import main_body, parse
from ingest.load.text.html_flow import Flow
from ingest.load.text.markdown import load_markdown

MAX_VALUES = 500_000
MAX_DEPTH = 200
MEDIA_TYPES = {".xml": "application/xml", ".ipynb": "application/x-ipynb+json"}


def load(data: bytes, source: Source) -> Document:
    """A file of one of these kinds. Raises UnreadableDocument if it is not well-formed."""
    opens_as_xml = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    if source.extension in (".xml", ".rss", ".atom") or opens_as_xml:
        return _xml(data, source)
    decoded = decode(data, source)
    builder = Builder(decoded.assumed)
    lines = source.extension in (".jsonl", ".ndjson")
    records = _records(decoded.text, source) if lines else _json(decoded.text, source, 1)
    if source.extension == ".ipynb" and isinstance(records, Mapping):
        return _notebook(builder, records, source)
    _value(builder, records, "", 0)
    title = records.get("title") if isinstance(records, Mapping) else None
    return builder.document(source, "application/json", title if isinstance(title, str) else "")


def _json(text: str, source: Source, line: int) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        at = line + getattr(error, "lineno", 1) - 1
        raise source.unreadable(
            f"it is not well-formed JSON (line {at}). Fix the file and add it again."
        ) from error


def _records(text: str, source: Source) -> list[Any]:
    numbered = enumerate(text.splitlines(), start=1)
    return [_json(line, source, number) for number, line in numbered if line.strip()]


def _value(builder: Builder, value_given: Any, path: str, depth: int) -> None:
    """Tables for lists of flat records, ``name: value`` lines for the rest."""
    if depth > MAX_DEPTH or len(builder.blocks) > MAX_VALUES:
        builder.omit("It is too deep or too long to be read whole; the rest was left out.")
    elif isinstance(value_given, list) and _is_table(value_given):
        keys = list(dict.fromkeys(key for record in value_given for key in record))
        if path:
            builder.add(BlockKind.PARAGRAPH, f"{path}:")
        builder.add(BlockKind.TABLE_ROW, row_text(keys), 1)
        for number, record in enumerate(value_given, start=1):
            cells = row_text([_plain(record.get(key)) for key in keys])
            builder.add(BlockKind.TABLE_ROW, cells, row=number)
    elif isinstance(value_given, Mapping):
        for key, value in value_given.items():
            _value(builder, value, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value_given, list) and all(
        not isinstance(v, (Mapping, list)) for v in value_given
    ):
        builder.add(
            BlockKind.LIST_ITEM, f"{path}: {', '.join(map(_plain, value_given))}".lstrip(": "), 1
        )
    elif isinstance(value_given, list):
        for number, value in enumerate(value_given, start=1):
            _value(builder, value, f"{path} {number}".strip(), depth + 1)
    else:
        builder.add(BlockKind.LIST_ITEM, f"{path}: {_plain(value_given)}".lstrip(": "), 1)


def _is_table(values: Sequence[Any]) -> bool:
    flat = all(
        isinstance(record, Mapping)
        and not any(isinstance(value, (Mapping, list)) for value in record.values())
        for record in values
    )
    return flat and len(values) > 1


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return str(value)


def _notebook(builder: Builder, notebook: Mapping[str, Any], source: Source) -> Document:
    """Text cells as Markdown, code as it is, and what it printed."""
    for cell in notebook.get("cells") or ():
        words = _joined(cell.get("source"))
        if cell.get("cell_type") == "markdown":
            text = load_markdown(words, source.name)
            for block in text.blocks:
                heading = text.text[block.start : block.end].lstrip("# ")
                builder.add(block.kind, heading, block.level, keep_lines=True)
        else:
            builder.add(BlockKind.PARAGRAPH, words, keep_lines=True)
            for output in cell.get("outputs") or ():
                shown = output.get("text") or (output.get("data") or {}).get("text/plain")
                builder.add(BlockKind.PARAGRAPH, _joined(shown), keep_lines=True)
                if any(kind.startswith("image/") for kind in output.get("data") or ()):
                    builder.omit("Pictures that the code drew are not read.")
    title = (notebook.get("metadata") or {}).get("title")
    media_type = MEDIA_TYPES[".ipynb"]
    return builder.document(source, media_type, title if isinstance(title, str) else "")


def _joined(words: Any) -> str:
    return "".join(words) if isinstance(words, list) else str(words or "")


def _xml(data: bytes, source: Source) -> Document:
    """The text of an XML file, element by element; HTML inside (feeds have it) as its text."""
    root = parse_xml(data, source)
    builder = Builder()
    for name, words in _elements(root):
        if "<" in words and ">" in words:
            tree, _ = parse(words.encode(), Source(source.name, source.address))
            Flow(builder).read(main_body(tree))
        elif name in ("title", "heading", "head"):
            builder.add(BlockKind.HEADING, words, 2 if builder.blocks else 1)
        else:
            line = words if len(words) > 80 or name in ("p", "para") else f"{name}: {words}"
            builder.add(BlockKind.PARAGRAPH, line)
    return builder.document(source, MEDIA_TYPES[".xml"])


def _elements(root: Any) -> Iterator[tuple[str, str]]:
    """Local name and text of each element that has any; mixed content stays together."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        name = str(element.tag).rpartition("}")[2]
        mixed = bool((element.text or "").strip()) and any((c.tail or "").strip() for c in element)
        words = "".join(element.itertext()) if mixed else element.text or ""
        if words.strip():
            yield name, " ".join(words.split())
        if not mixed:
            waiting.extend(reversed(element))
