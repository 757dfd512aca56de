"""A line of a page, or a piece of one, with its place and its font."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ingest.load.page.words import Box

NO_COLUMN = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Line:
    """A line or a piece of one, in points from the page's upper left; ``size`` is its font's.

    ``spaces`` are the places of the spaces in ``words``, each with where it begins and ends on the
    page; none if the line is not read from left to right.
    """

    words: str
    page: int
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool
    width: float
    height: float
    column: tuple[float, float] = NO_COLUMN
    spaces: tuple[tuple[int, float, float], ...] = ()

    @classmethod
    def around(
        cls,
        words: str,
        boxes: Sequence[Box],
        size: float,
        bold: bool,
        page: tuple[float, float],
        spaces: tuple[tuple[int, float, float], ...] = (),
    ) -> Line:
        """A line of characters with these boxes; ``page`` is the page's width and height."""
        # Most letters stand on the base line, whatever hangs below it.
        top, bottom = min(b.top for b in boxes), median(b.bottom for b in boxes)
        return cls(
            words=words,
            page=boxes[0].page,
            left=min(b.left for b in boxes),
            top=top,
            right=max(b.right for b in boxes),
            bottom=bottom,
            size=size if size > 1.5 else bottom - top,
            bold=bold,
            width=page[0],
            height=page[1],
            spaces=spaces,
        )
