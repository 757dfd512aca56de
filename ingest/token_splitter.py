"""Splits text that exceeds the window: at sentences, else clauses, words, characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import ceil

from ingest.language.sentences import cuts

MAX_WORD = 60
_FRAGMENT = re.compile(
    rf"(?:[^\s,;:，、；：—–]{{1,{MAX_WORD}}}[,;:，、；：—–]{{0,8}}|[,;:，、；：—–]{{1,{MAX_WORD}}})\s*"
)
_CLAUSE_END = re.compile(r"[,;:—–]\s+$|[，、；：]\s*$")

Count = Callable[[str], int]
Span = tuple[int, int]


def split_to_limit(text: str, start: int, end: int, count: Count, room: int) -> list[Span]:
    """Spans that together are ``text[start:end]`` and of at most ``room`` tokens each, stripped.

    The parts come out of about equal length. Sentences stay whole; one longer than ``room`` is cut
    after a comma, colon or dash, else between words, else (a word longer than the window) within.
    """
    points = [start + point for point in cuts(text[start:end])]
    points = [start, *(p for p in points if p > start), end]
    pieces: list[Span] = []
    sizes: list[int] = []
    for a, b in zip(points, points[1:], strict=False):
        size = count_up_to(text, a, b, count, room)
        if size <= room:
            pieces.append((a, b))
            sizes.append(size)
        else:
            for part in _fragments(text, a, b, count, room):
                pieces.append(part)
                sizes.append(count(text[part[0] : part[1]].rstrip()))
    return [
        span
        for first, last in _packed(sizes, room)
        for span in _checked(text, pieces[first:last], count, room)
    ]


def count_up_to(text: str, start: int, end: int, count: Count, room: int) -> int:
    """Tokens of a slice; more than ``room`` for one so long that counting it would be waste."""
    if end - start > 20 * room + 200:
        return room + 1
    return count(text[start:end].rstrip())


def shorten_to_limit(words: str, count: Count, room: int) -> str:
    """``words`` cut at a word with an ellipsis to at most ``room`` tokens; maybe empty."""
    words = words[: 20 * room]
    if count(words) <= room:
        return words
    kept = words.split()
    while kept:
        kept = kept[: min(len(kept) - 1, max(1, len(kept) * 7 // 8))]
        short = " ".join(kept) + "…"
        if kept and count(short) <= room:
            return short
    return ""


def _packed(sizes: Sequence[int], room: int) -> Iterator[Span]:
    """Index ranges of neighbours that fit together, as even in size as neighbours allow."""
    total = sum(sizes)
    goal = total / ceil(total / room) if total else room
    first = used = 0
    for index, size in enumerate(sizes):
        if index > first and (used + size > room or used + size / 2 > goal):
            yield first, index
            first, used = index, 0
        used += size
    if sizes:
        yield first, len(sizes)


def _checked(text: str, pieces: Sequence[Span], count: Count, room: int) -> Iterator[Span]:
    """The pieces as one span, or halved until each half fits: sums of counts are estimates."""
    start, end = pieces[0][0], pieces[-1][1]
    if count(text[start:end].rstrip()) <= room or end - start < 2:
        yield start, end
        return
    middle = (start + end) // 2
    halves = (
        (pieces[: len(pieces) // 2], pieces[len(pieces) // 2 :])
        if len(pieces) > 1
        else ([(start, middle)], [(middle, end)])
    )
    for half in halves:
        yield from _checked(text, half, count, room)


def _fragments(text: str, start: int, end: int, count: Count, room: int) -> Iterator[Span]:
    """Parts of one overlong sentence, each cut at the last good place before the window's end."""
    tokens = _token_counter(count)
    words: list[Span] = []
    sizes: list[int] = []
    used = 0
    for match in _FRAGMENT.finditer(text, start, end):
        size = tokens(match.group())
        if words and used + size > room:
            kept = _good_place(text, words)
            yield words[0][0], words[kept - 1][1]
            words, sizes = words[kept:], sizes[kept:]
            used = sum(sizes)
        words.append(match.span())
        sizes.append(size)
        used += size
    if words:
        yield words[0][0], end


def _good_place(text: str, words: Sequence[Span]) -> int:
    """How many of the words to keep: up to a clause's end, else a space, in the later half."""
    later = range(len(words), max(len(words) // 2, 1) - 1, -1)
    for kept in later:
        if _CLAUSE_END.search(text, *words[kept - 1]):
            return kept
    for kept in later:
        if text[words[kept - 1][1] - 1].isspace():
            return kept
    return len(words)


def _token_counter(count: Count) -> Callable[[str], int]:
    """Tokens of a word without the special ones, remembered: texts repeat their words."""
    special = count("")

    @lru_cache(maxsize=1 << 16)
    def tokens(word: str) -> int:
        return max(0, count(word.strip()) - special)

    def remembered(word: str) -> int:
        return tokens(word)

    return remembered
