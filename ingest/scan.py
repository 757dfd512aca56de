"""Pages that text recognition read: where their words stand, and how that is kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScannedLine:
    """Words that text recognition read, and where: points from the upper left of their page."""

    words: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """A page (``number`` from 1) that was read from its picture.

    ``turn`` is how many degrees counter-clockwise the picture must be turned to stand upright (0,
    90, 180, 270); the lines lie on the page as it is then.
    """

    number: int
    turn: int
    lines: tuple[ScannedLine, ...]


def write_scans(pages: Iterable[ScannedPage]) -> str:
    """Pages as JSON; "" for none. Places are kept to a tenth of a point."""
    recognised = [
        [
            page.number,
            page.turn,
            [
                [
                    line.words,
                    *(round(at, 1) for at in (line.left, line.top, line.right, line.bottom)),
                ]
                for line in page.lines
            ],
        ]
        for page in pages
    ]
    return json.dumps(recognised, ensure_ascii=False) if recognised else ""


def read_scans(text: str) -> tuple[ScannedPage, ...]:
    """The pages of ``write_scans``."""
    return tuple(
        ScannedPage(number, turn, tuple(ScannedLine(*line) for line in lines))
        for number, turn, lines in json.loads(text or "[]")
    )
