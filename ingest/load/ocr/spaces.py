"""Puts back the spaces that text recognition loses between English words.

The recogniser's model reads letters surely and narrow spaces not: "DepartmentofInternal". A run of
letters that is no common word but falls into common words, is parted; in other languages nothing
is changed, since hardly any of their words are in the lexicon.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.language.lexicon import common_words

SHORT_WORDS = frozenset(("of", "to", "in", "is", "by", "on", "at", "or", "as", "be", "we", "no"))
MIN_RUN = 8
MIN_CAPITALS = 11
MIN_WORD, MAX_WORD = 3, 16
_LETTERS = re.compile(r"[^\W\d_]+")
_TIGHT = re.compile(r"(?<=[^\W\d_]{2}),(?=[^\W\d_])|(?<=[^\W\d_]),(?=\d{4}\b)|(?<=\d),(?=\d{4}\b)")


def is_english(words: str) -> bool:
    """Whether a third of the longer words, or more, are common English ones."""
    longer = [run.lower() for run in _LETTERS.findall(words) if len(run) > 2]
    known = sum(run in common_words() for run in longer)
    return known * 3 >= len(longer) > 0


def with_spaces(words: str) -> str:
    """The words of a line with spaces if they were lost."""
    spaced = _LETTERS.sub(lambda m: _parted(m[0]), words)
    spaced = re.sub(r"([^\W\d_]{3,})(\d{1,4})(?!\d)", _number_apart, spaced)
    return _TIGHT.sub(", ", spaced)


def _number_apart(match: re.Match[str]) -> str:
    known = match[1].lower() in common_words()
    return f"{match[1]} {match[2]}" if known else match[0]


def _parted(run: str) -> str:
    if len(run) < MIN_RUN or run.lower() in common_words():
        return run
    lengths = _split(run.lower())
    if len(lengths) < 2:
        return run
    at, parts = 0, []
    for length in lengths:
        parts.append(run[at : at + length])
        at += length
    # Two words in small letters may be one that the lexicon lacks: "markdown".
    capital = any(part[0].isupper() for part in parts[1:]) and len(run) >= MIN_CAPITALS
    return " ".join(parts) if capital or len(parts) > 2 else run


@lru_cache(maxsize=10_000)
def _split(run: str) -> tuple[int, ...]:
    """Lengths of the fewest common words that make up the run; none if they do not."""
    best: list[tuple[int, ...] | None] = [()] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for length in range(2, min(MAX_WORD, end) + 1):
            before = best[end - length]
            word = run[end - length : end]
            known = word in SHORT_WORDS if length < MIN_WORD else word in common_words()
            if before is None or not known:
                continue
            best_here = best[end]
            if best_here is None or len(before) + 1 < len(best_here):
                best[end] = (*before, length)
    return best[-1] or ()
