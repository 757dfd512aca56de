"""Decides whether words occur in a text, after the same normalisation of both."""

from __future__ import annotations

import functools
import re
import string
import unicodedata
from collections.abc import Iterable

WHOLE_WORD_UP_TO = 3
"""ASCII words this short must stand whole: "no" does not stand in "know"."""

_JOINERS = re.compile(r"[\u2010-\u2015\u2212/-]")


def _is_punctuation(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")


@functools.lru_cache(maxsize=65_536)
def normalise(text: str) -> str:
    """Unicode NFKD, lower case, punctuation dropped, white space collapsed.

    The definition of ``benchmarks/README.md``; combining marks stay, on both sides alike.
    """
    lowered = unicodedata.normalize("NFKD", text).lower()
    return " ".join("".join(c for c in lowered if not _is_punctuation(c)).split())


def _stands(needle: str, text: str) -> bool:
    if not needle:
        return False
    whole = needle.isascii() and len(needle) <= WHOLE_WORD_UP_TO
    before = r"(?<!\w)" if whole else r"(?<!\d)" if needle[0].isdigit() else ""
    after = r"(?!\w)" if whole else r"(?!\d)" if needle[-1].isdigit() else ""
    if not before and not after:
        return needle in text
    return re.search(before + re.escape(needle) + after, text) is not None


def stands_in(words: str, text: str) -> bool:
    """Whether ``words`` occur in ``text`` after :func:`normalise`.

    Two readings count, dashes and slashes dropped or read as spaces ("1999-2000" holds 1999). Two
    guards make the plain substring stricter: a number must be whole ("8" is not in "1812"), and so
    must an ASCII word of up to three letters.
    """
    if _stands(normalise(words), normalise(text)):
        return True
    if not (_JOINERS.search(words) or _JOINERS.search(text)):
        return False
    return _stands(normalise(_JOINERS.sub(" ", words)), normalise(_JOINERS.sub(" ", text)))


def all_stand_in(words: Iterable[str], text: str) -> bool:
    """Whether every one of ``words`` occurs in ``text``."""
    return all(stands_in(word, text) for word in words)
