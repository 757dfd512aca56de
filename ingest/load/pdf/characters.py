"""The characters of a PDF page as they are shown, and the pieces of lines that they make."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ingest.load.page.line import Line
from ingest.load.page.words import Box, Character, in_reading_order
from ingest.load.pdf.fields import as_characters, fields


def characters(pdf: Any, number: int) -> list[Character]:
    """Characters of a page (``number`` from 0) with their boxes, as the file has them in order."""
    from pypdfium2 import raw

    page = pdf[number]
    text = page.get_textpage()
    upright = as_shown(page)
    edges = [ctypes.c_double() for _ in range(4)]
    left, right, bottom, top = edges
    characters_found: list[Character] = []
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        raw.FPDFText_GetCharBox(text, index, *(ctypes.byref(edge) for edge in edges))
        box = upright(number + 1, left.value, bottom.value, right.value, top.value)
        # PDFium marks a hyphen at the end of a line with a control character.
        character = "-" if code in (2, 0xFFFE) else chr(code) if 0 < code < 0x110000 else ""
        characters_found.append((character, box))
    characters_found = _with_strays_placed(characters_found)
    for field in fields(pdf, page):
        characters_found.append(
            (
                "\n",
                characters_found[-1][1]
                if characters_found
                else Box(number + 1, 0.0, 0.0, 0.0, 0.0),
            )
        )
        for character, box in as_characters(field):
            turned = upright(number + 1, box.left, box.top, box.right, box.bottom)
            characters_found.append((character, turned))
    text.close()
    page.close()
    return characters_found


def _with_strays_placed(characters: Sequence[Character]) -> list[Character]:
    """The characters, with the letters of a ligature between their neighbours: on turned pages
    PDFium gives them a place elsewhere."""
    placed = list(characters)
    for at in range(1, len(placed) - 1):
        before, here = placed[at - 1][1], placed[at][1]
        if _same_line(before, here) or placed[at][0].isspace() or placed[at - 1][0].isspace():
            continue
        for after in range(at + 1, min(at + 4, len(placed))):
            box = placed[after][1]
            if placed[after][0].isspace() or not _same_line(before, box):
                continue
            step = (box.left - before.right) / (after - at)
            if 0 < step < box.bottom - box.top:
                for k in range(at, after):
                    left = before.right + (k - at) * step
                    inside = replace(before, left=left, right=left + step)
                    placed[k] = (placed[k][0], inside)
            break
    return placed


def _same_line(a: Box, b: Box) -> bool:
    return a.top < b.bottom and b.top < a.bottom


def as_shown(page: Any) -> Callable[[int, float, float, float, float], Box]:
    """Turns a rectangle (page, left, bottom, right, top) in PDF units to one on the page as it is
    shown, turned by the page's rotation."""
    turn = page.get_rotation()
    width, height = page.get_size()

    def placed(number: int, left: float, bottom: float, right: float, top: float) -> Box:
        if turn == 90:
            return Box(number, bottom, left, top, right)
        if turn == 180:
            return Box(number, width - right, bottom, width - left, top)
        if turn == 270:
            return Box(number, width - top, height - right, width - bottom, height - left)
        return Box(number, left, height - top, right, height - bottom)

    return placed


def lines_of(pdf: Any, number: int) -> list[Line]:
    """Pieces of lines: runs of characters without a line end or a wide gap in between."""
    from pypdfium2 import raw

    page = pdf[number]
    text = page.get_textpage()
    pieces = characters(pdf, number)
    lines: list[Line] = []
    start = 0
    for index in range(len(pieces) + 1):
        if index < len(pieces) and not _parts(pieces, start, index):
            continue
        run = [(c, box) for c, box in pieces[start:index] if c not in "\r\n"]
        words = in_reading_order(run).strip()
        inked = [box for c, box in run if not c.isspace() and box.bottom > box.top]
        if words and inked:
            size = _font_size(text, start + (pieces[start][0] in " \r\n"))
            bold = raw.FPDFText_GetFontWeight(text, start) >= 600
            spaces = _spaces(run, words)
            lines.append(Line.around(words, inked, size, bold, page.get_size(), spaces))
        start = index
    text.close()
    page.close()
    return lines


def _spaces(run: Sequence[Character], words: str) -> tuple[tuple[int, float, float], ...]:
    """The spaces within the words of a line, each with where it begins and ends on the page; none
    if the line is not read as its characters come."""
    text = "".join(c for c, _ in run)
    offset = len(text) - len(text.lstrip())
    if text.strip() != words:
        return ()
    return tuple(
        (at - offset, run[at - 1][1].right, run[at + 1][1].left)
        for at in range(1, len(run) - 1)
        if run[at][0].isspace() and run[at - 1][0].strip() and run[at + 1][0].strip()
    )


def _font_size(text: Any, index: int) -> float:
    """The size of a character's font in points as it is drawn."""
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    drawn = raw.FPDFText_GetMatrix(text, index, ctypes.byref(matrix))
    scale = (matrix.c**2 + matrix.d**2) ** 0.5 if drawn else 1.0
    return float(raw.FPDFText_GetFontSize(text, index) * (scale or 1.0))


def _parts(characters: Sequence[tuple[str, Box]], start: int, index: int) -> bool:
    """Whether a new piece of a line begins at ``index``."""
    character, box = characters[index]
    if index == start or character.isspace():
        return False
    before, last = characters[index - 1]
    if before in ("\n", "\r"):
        return True
    if before.isspace() and index - 2 >= start:
        before, last = characters[index - 2]
    wide = 2.2 * max(box.bottom - box.top, last.bottom - last.top, 4.0)
    apart = box.left - last.right > wide or last.left - box.right > wide
    # PDFium ends no line after a hyphen: it takes the broken word for whole.
    return apart or (before == "-" and (box.top > last.bottom or box.bottom < last.top))
