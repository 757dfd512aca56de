"""Extracts names and quotations in a normalised form that can be compared.

"Türkiye" and "Turkiye" are the same name. Numbers and dates: ``app.language.numbers`` and
``app.language.dates``.
"""

from __future__ import annotations

import re

from app.language.dates import months
from app.language.tokens import STOP_WORDS, fold, stem

_QUOTATION = re.compile(r"[“\"«]([^”\"»]{3,}?)[”\"»]")


def find_quotations(text: str) -> list[str]:
    """What stands between quotation marks, folded, single-spaced."""
    return [" ".join(fold(m[1]).split()).strip(" .,;") for m in _QUOTATION.finditer(text)]


def find_names(text: str) -> list[str]:
    """Folded capitalised words that are names by their place: not the first of a sentence.

    The first word of a sentence counts only if the text capitalises it elsewhere too.
    """
    names_found: list[str] = []
    starts: list[str] = []
    opening = True
    for match in re.finditer(r"\w[\w’'-]*(?:\.(?=\w))?|[.!?:\n]", text):
        token = match[0]
        if token in ".!?:\n":
            opening = True
            continue
        if token[0].isupper() and fold(token) not in STOP_WORDS and fold(token) not in months():
            (starts if opening else names_found).append(re.sub(r"['’]s?$", "", fold(token)))
        opening = False
    return list(dict.fromkeys([*names_found, *(s for s in starts if s in names_found)]))


def name_occurs(name: str, among: set[str]) -> bool:
    """Whether a folded name is among folded words: itself, its initial, or a form of it.

    A name with hyphens stands where all its parts do.
    """
    if "-" in name.strip("-"):
        return all(name_occurs(part, among) for part in name.split("-") if part)
    if name in among or stem(name) in {stem(w) for w in among}:
        return True
    if len(name) == 1:
        return any(w.startswith(name) for w in among)
    return any(
        len(w) >= 4 and len(name) >= 4 and w[:4] == name[:4] and abs(len(w) - len(name)) <= 3
        for w in among
    )
