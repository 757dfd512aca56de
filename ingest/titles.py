"""Chooses a document's title if its metadata has none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from ingest.document import Block, BlockKind

MAX_TITLE = 120
_MARKUP = re.compile(r"^[#>\-*•\s]+|[*_`]{1,3}|\s#+$")
_UNDERLINE = re.compile(r"\n[=-]+\s*$")
# What programs call a document that nobody has named, in the languages they come in.
_PLACEHOLDER = re.compile(
    r"(?:anonymous|unspecified|untitled|unnamed|unknown|unbenannt(?:es)?|ohne titel|sans titre|"
    r"sin t[ií]tulo|senza titolo|sem t[ií]tulo|new|neues|powerpoint|document|dokument|presentation|"
    r"präsentation|présentation|spreadsheet|tabelle|book|slide|scan|image|img|none|null|\d|\W)+$",
    re.IGNORECASE,
)
_HASH = re.compile(r"\b(?=[a-f-]*\d)[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")


def title_of(text: str, blocks: Sequence[Block], name: str) -> str:
    """The first heading if the document opens with one (captions aside), else its name in words."""
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            return shorten(without_markup(text[block.start : block.end]))
        if block.kind not in (BlockKind.CAPTION, BlockKind.BOILERPLATE):
            break
    return name_in_words(name)


def name_in_words(name: str) -> str:
    """``annual_report-2024.txt`` → ``annual report 2024``; the name itself if nothing is left."""
    stem = PurePosixPath(name).stem if "://" not in name else name
    words = " ".join(re.split(r"[_\s]+|(?<=\w)-(?=\w)", stem)).strip()
    return shorten(words or name)


def is_informative_title(title: str) -> bool:
    """Whether a title says something to a reader.

    A run number, a hash or a program's "Untitled" does not, nor does such a name of a file.
    """
    title = _HASH.sub(" ", re.sub(r"\.[A-Za-z]\w{1,4}$", "", title.strip()))
    if _PLACEHOLDER.match(title):
        return False
    words = re.split(r"[\s\W_]+", title)
    # Two letters are a word in scripts without capitals.
    return any(len(w) > (1 if w.upper() == w.lower() else 2) and w.isalpha() for w in words)


def without_markup(words: str) -> str:
    """One line without Markdown's marks, for headings and contexts."""
    words = _LINK.sub(r"\1", _UNDERLINE.sub("", words))
    return " ".join(_MARKUP.sub("", words).split())


def shorten(words: str, limit: int = MAX_TITLE) -> str:
    """``words`` on one line, cut at a word with an ellipsis if longer than ``limit``."""
    words = " ".join(words.split())
    if len(words) <= limit:
        return words
    return words[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"
