"""The front matter of Markdown (YAML or TOML): what a document says about itself."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date

_BLOCK = re.compile(
    r"\A(?P<mark>---|\+\+\+)[ \t]*\n(?P<held>.*?\n)(?P=mark)[ \t]*(?:\n|\Z)", re.DOTALL
)
_FENCE = re.compile(r"^(?: {0,3})(`{3,}|~{3,})", re.MULTILINE)
# "<!-->" is a comment by itself in HTML: what follows it is text, and stays.
_COMMENT = re.compile(r"[ \t]*<!--(?!-?>).*?-->[ \t]*(?:\n(?=[ \t]*(?:\n|\Z)))?", re.DOTALL)
MAX_LENGTH = 64_000


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """The front matter, flat and in order, and the text after it; nothing if there is none.

    A value that is a list is put on one line, with commas; one that is a table is left out.
    """
    match = _BLOCK.match(text)
    if match is None or len(match["held"]) > MAX_LENGTH:
        return {}, text
    record = _parsed(match["mark"], match["held"])
    if not isinstance(record, Mapping) or not all(isinstance(key, str) for key in record):
        return {}, text
    flat = {str(key).strip(): _flat(value) for key, value in record.items()}
    return {key: value for key, value in flat.items() if value}, text[match.end() :]


def _parsed(mark: str, block: str) -> object:
    import yaml

    try:
        return tomllib.loads(block) if mark == "+++" else yaml.safe_load(block)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError):
        return None


def _flat(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(_flat, value)))
    if isinstance(value, (str, int, float, date)) and not isinstance(value, bool):
        return " ".join(str(value).split())
    return str(value).lower() if isinstance(value, bool) else ""


def without_comments(text: str) -> str:
    """Markdown without HTML comments; those in fenced code stay."""
    if "<!--" not in text:
        return text
    out, at = [], 0
    while True:
        opening = _FENCE.search(text, at)
        out.append(_COMMENT.sub("", text[at : opening.start() if opening else len(text)]))
        if opening is None:
            return "".join(out)
        closing = re.compile(rf"^ {{0,3}}{opening[1]}+[ \t]*$", re.MULTILINE)
        closed = closing.search(text, opening.end())
        at = closed.end() if closed else len(text)
        out.append(text[opening.start() : at])
