"""Finds the boxes of a quote on PDF pages, across line breaks and hyphens."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MIN_RUN = 8
_ALEFS = ("\u0622", "\u0623", "\u0625", "\u0627")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page (from 1), in points from the page's upper left corner."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


Character = tuple[str, Box]


def find_words(pages: Sequence[Sequence[Character]], quote: str) -> list[Box]:
    """Boxes of the quote's words, one a line.

    The longest beginning of the quote that stands anywhere on the pages is taken, then the rest
    likewise, so that a quote over two columns or pages is found in its pieces.
    """
    inked = [(form, box) for page in pages for c, box in page for form in _forms(c)]
    text = "".join(form for form, _ in inked)
    rest = "".join(form for c in quote for form in _forms(c))
    needed = min(MIN_RUN, len(rest))
    boxes: list[Box] = []
    while len(rest) >= needed > 0:
        length = _longest(rest, text)
        if length < needed:
            rest, needed = rest[1:], MIN_RUN
            continue
        at = text.index(rest[:length])
        boxes.extend(_by_line([box for _, box in inked[at : at + length]]))
        rest = rest[length:]
        needed = min(MIN_RUN, len(rest))
    return boxes


def in_reading_order(run: Sequence[Character]) -> str:
    """The characters of a line as they are read.

    A file may hold words of Arabic or Hebrew as they are drawn, from left to right: in such a word
    the places of the letters decide.
    """
    if not is_right_to_left("".join(c for c, _ in run)):
        return "".join(c for c, _ in run)
    out: list[str] = []
    word: list[Character] = []
    for character in [*run, (" ", run[-1][1])]:
        if character[0].strip():
            word.append(character)
            continue
        out += [unicodedata.normalize("NFKC", c) for c, _ in _as_read(word)]
        out.append(character[0])
        word = []
    return "".join(out)[:-1]


def _as_read(word: Sequence[Character]) -> Sequence[Character]:
    """The letters of a word of a line from right to left, in the order of reading."""
    letters = [unicodedata.bidirectional(c) in ("R", "AL") for c, _ in word]
    steps = [
        b.left > a.left
        for at, ((_, a), (_, b)) in enumerate(zip(word, word[1:], strict=False))
        if letters[at] and letters[at + 1] and a.left != b.left
    ]
    if steps and sum(steps) * 2 > len(steps):
        return sorted(word, key=lambda x: -x[1].right)
    return _with_lam_first(word)


def _with_lam_first(run: Sequence[Character]) -> list[Character]:
    """PDFium takes the ligature of lam and alef apart in the wrong order."""
    out = list(run)
    for at in range(1, len(out)):
        (first, a), (second, b) = out[at - 1], out[at]
        if second == "\u0644" and first in _ALEFS and (a.left, a.right) == (b.left, b.right):
            out[at - 1], out[at] = out[at], out[at - 1]
    return out


def is_right_to_left(words: str) -> bool:
    """Whether most letters are of a script that is read from right to left."""
    kinds = [unicodedata.bidirectional(c) for c in words]
    return sum(kind in ("R", "AL") for kind in kinds) > sum(kind == "L" for kind in kinds)


def _forms(character: str) -> str:
    """What of a character counts when words are compared: no spaces, hyphens, cases, ligatures."""
    if character.isspace() or unicodedata.category(character or " ") in ("Pd", "Cf", "Cc"):
        return ""
    if character in "‘’“”\"'|":
        return ""
    return unicodedata.normalize("NFKC", character).casefold()


def _longest(words: str, text: str) -> int:
    """Length of the longest beginning of ``words`` within ``text``."""
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if words[:middle] in text else (low, middle - 1)
    return low


def _by_line(boxes: Sequence[Box]) -> list[Box]:
    lines: list[Box] = []
    for box in boxes:
        if box.bottom <= box.top and box.right <= box.left:
            continue
        last = lines[-1] if lines else None
        same = last and last.page == box.page and box.top < last.bottom and box.bottom > last.top
        if last and same and box.left >= last.left - 1 and box.left - last.right < 40:
            lines[-1] = Box(
                box.page,
                min(last.left, box.left),
                min(last.top, box.top),
                max(last.right, box.right),
                max(last.bottom, box.bottom),
            )
        else:
            lines.append(box)
    return lines
