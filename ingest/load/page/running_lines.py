"""Running heads and feet: lines in a page's margins that recur from page to page.

They are taken out of the text that they would interrupt, and none is lost: each stays in the
document once, as page furniture, which is found like all text and ranked lower.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ingest.load.page.line import Line

MARGIN_SHARE = 0.12
"""The upper and the lower part of a page that running lines stand in."""
MAX_ROW_GAP = 1.3
"""From one row of a table to the next, at most, in font sizes."""
_DIGITS = re.compile(r"\d+")
# A number by itself may count pages; one in a name ("R-101", "2024/7") counts other things.
_COUNT = re.compile(r"(?<![\w./-])\d+(?![\w/-]|[.,]\d)")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|p\.|seite)?\s*#(?:\s*(?:/|of|von)\s*#)?\W*$|[ivxl]+$", re.IGNORECASE
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}

Pages = Sequence[Sequence[Line]]
Place = tuple[int, int]
"""A line's page and its number there, both from 0."""


def part_running_lines(pages: Pages) -> tuple[list[list[Line]], list[list[Line]]]:
    """The pages without their running lines, and those lines: each once, what counts in one list.

    A line is running if it stands in the margin of several pages (of three, if there are more than
    three) with the same words, or with a number that counts with the pages. The cells of a
    table are none, and nothing is if no other text were left.
    """
    running: set[Place] = set()
    recurring: list[list[Line]] = []
    for needed, places in _by_form(pages).values():
        fresh = [place for place in places if place not in running]
        if len({page for page, _ in fresh}) >= needed:
            running.update(fresh)
            distinct: dict[str, Line] = {}
            for page, n in fresh:
                distinct.setdefault(pages[page][n].words, pages[page][n])
            recurring.append(list(distinct.values()))
    text = [
        [line for n, line in enumerate(lines) if (page, n) not in running]
        for page, lines in enumerate(pages)
    ]
    if not any(text):
        return [list(lines) for lines in pages], []
    return text, sorted(recurring, key=lambda lines: lines[-1].page)


def _by_form(pages: Pages) -> dict[object, tuple[int, list[Place]]]:
    """The lines in margins by what recurs in them, with how many pages that takes."""
    sizes = Counter(round(line.size, 1) for lines in pages for line in lines)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    forms: dict[object, tuple[int, list[Place]]] = {}
    for page, lines in enumerate(pages):
        for n, line in enumerate(lines):
            if not _in_margin(line) or line.size > 1.2 * body or _is_cell(line, lines):
                continue
            alone = not any(o is not line and _level(o, line) for o in lines)
            for form, needed in _forms(line, page + 1, alone=alone, pages=len(pages)):
                forms.setdefault(form, (needed, []))[1].append((page, n))
    return forms


def _forms(line: Line, page: int, *, alone: bool, pages: int) -> Iterator[tuple[object, int]]:
    """What the line would share with its like on other pages, and how many pages that takes.

    Its words and place; and with each number, how far that is from the page's own: so far apart are
    all of a count. On two pages only numbers that are the page's own count, or that stand alone; a
    number that stands alone and is the page's own needs no other.
    """
    often = 3 if pages > 3 else 2
    place = max(1, round(line.bottom)), round(line.size)
    yield (line.words, place), often
    numbered = alone and _PAGE_NUMBER.match(_DIGITS.sub("#", line.words)) is not None
    if numbered and line.words.strip().isalpha():
        yield ("roman", _roman(line.words.strip().lower()) - page), often
    for number in (_DIGITS if numbered else _COUNT).finditer(line.words):
        apart = int(number.group()) - page if len(number.group()) < 9 else None
        if apart is None or (apart and pages == 2 and not numbered):
            continue
        form = f"{line.words[: number.start()]}#{line.words[number.end() :]}"
        yield (form, apart, None if numbered else place), 1 if numbered and not apart else often


def _roman(numeral: str) -> int:
    values = [_ROMAN[letter] for letter in numeral]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _in_margin(line: Line) -> bool:
    return line.bottom <= MARGIN_SHARE * line.height or line.top >= (1 - MARGIN_SHARE) * line.height


def _is_cell(line: Line, lines: Sequence[Line]) -> bool:
    """Whether the line is a piece of a row with another row right above or below, as in a table."""
    row = [other for other in lines if _level(other, line)]
    top, bottom = min(cell.top for cell in row), max(cell.bottom for cell in row)
    most = MAX_ROW_GAP * line.size
    near = [o for o in lines if 0 <= o.top - bottom <= most or 0 <= top - o.bottom <= most]
    return len(row) > 1 and any(
        sum(_level(one, other) for other in near) >= len(row) for one in near
    )


def _level(a: Line, b: Line) -> bool:
    return a.top < b.bottom and b.top < a.bottom
