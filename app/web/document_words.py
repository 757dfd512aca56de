"""A document's kind and length in a reader's words."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from store.results import Revision

PAGE_CHARS = 1800
"""Characters of a standard page: 30 lines of 60, as translators count."""
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,5})")


def kind_in_words(revision: Revision) -> str:
    """What kind of file a document is: the end of its name ("PDF"), or where it comes from."""
    suffix = _SUFFIX.fullmatch(PurePosixPath(revision.document).suffix)
    if suffix and not suffix[1].isdigit():
        return suffix[1].upper()
    return "Link" if revision.source.startswith(("http://", "https://")) else "Text"


def length_in_words(characters: int) -> str:
    """How many standard pages a text fills, at least one: "1 page", "7 pages"."""
    pages = max(1, round(characters / PAGE_CHARS))
    return "1 page" if pages == 1 else f"{pages:,} pages"
