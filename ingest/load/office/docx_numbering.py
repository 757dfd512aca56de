"""The numbers that Word puts before paragraphs: "2.1", "(a)", "Article 3"."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l")),
    *((40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
MAX_LEVEL = 8


class Numbering:
    """Counts the numbered paragraphs of one document, in order.

    ``part`` is the root of ``numbering.xml``, or None if there is none. Source of the rules:
    ECMA-376, part 1, section 17.9.
    """

    def __init__(self, part: Any | None) -> None:
        self._levels: dict[tuple[str, int], Any] = {}
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0] * (MAX_LEVEL + 1))
        if part is None:
            return
        for num in part.iter(f"{W}num"):
            link = num.find(f"{W}abstractNumId")
            if link is not None:
                self._abstract[num.get(f"{W}numId")] = link.get(f"{W}val")
        for abstract in part.iter(f"{W}abstractNum"):
            for level in abstract.iter(f"{W}lvl"):
                place = int(level.get(f"{W}ilvl") or 0)
                self._levels[abstract.get(f"{W}abstractNumId"), place] = level

    def number(self, num_id: str, level: int) -> str:
        """The number of the next paragraph at this level, "" for a bullet or an unknown list."""
        abstract = self._abstract.get(num_id)
        format_ = self._levels.get((abstract, level)) if abstract is not None else None
        if abstract is None or format_ is None or not 0 <= level <= MAX_LEVEL:
            return ""
        counts = self._counts[abstract]
        counts[level] = counts[level] + 1 if counts[level] else self._start(abstract, level)
        counts[level + 1 :] = [0] * (MAX_LEVEL - level)
        if _value(format_, "numFmt") in ("bullet", "none"):
            return ""
        pattern = _value(format_, "lvlText")
        return re.sub(r"%(\d)", lambda m: self._shown(abstract, int(m[1]) - 1), pattern).strip()

    def _start(self, abstract: str, level: int) -> int:
        return int(_value(self._levels[abstract, level], "start") or 1)

    def _shown(self, abstract: str, level: int) -> str:
        format_ = self._levels.get((abstract, level))
        if format_ is None:
            return ""
        count = self._counts[abstract][level] or self._start(abstract, level)
        return format_number(count, _value(format_, "numFmt"))


def _value(level: Any, name: str) -> str:
    element = level.find(f"{W}{name}")
    return "" if element is None else element.get(f"{W}val") or ""


def format_number(count: int, format_: str) -> str:
    """A number as the list's format shows it: ``lowerLetter`` 28 is "bb"."""
    if format_.endswith("Letter"):
        text = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
    elif format_.endswith("Roman"):
        text, left = "", count
        for value, sign in _ROMAN:
            text += sign * (left // value)
            left %= value
    else:
        return f"{count:02d}" if format_ == "decimalZero" else str(count)
    return text.upper() if format_.startswith("upper") else text
