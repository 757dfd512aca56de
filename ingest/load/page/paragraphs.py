"""Joins lines of PDF pages into paragraphs, headings and list items, and mends hyphenation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from ingest.document import BlockKind
from ingest.language.lexicon import common_words
from ingest.load.page.layout import CELL_SEPARATOR
from ingest.load.page.line import Line

MAX_HEADING = 200
# Words that end as a sentence does, and as many as one has, are text in large type.
_SENTENCE = re.compile(r"(?:\S+\s+){5,}\S+[.!]$|.{12,}[。！]$", re.DOTALL)
_BULLET = re.compile(r"(?:[•‣▪◦·●○■–—*]|[-](?=\s)|\(?\d{1,2}[.)](?=\s)|\(?[a-z]\)(?=\s))\s*\S")
_ENDS = re.compile(r"[.!?:。！？؟][\"'”’)\]]*$")
_NOTE_MARK = re.compile(r"[¹²³⁰⁴-⁹*†‡§]|\[?\d{1,3}[\])]?\s?(?=[^\W\d])")
_BROKEN = re.compile(r"(\w+)[-\u00ad\u2010]$")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words with what they are; ``page`` is where they begin. ``bold`` if all of them are."""

    kind: BlockKind
    words: str
    level: int
    page: int
    bold: bool = False


def paragraphs(pages: Sequence[Sequence[Line]]) -> Iterator[Paragraph]:
    """Paragraphs over all pages, in order; one that a page or column breaks is put together.

    The footnotes of a page follow the paragraph that the page ends in.
    """
    lines = [line for page in pages for line in page]
    if not lines:
        return
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.words)
    body = sizes.most_common(1)[0][0]
    plain_body = not _mostly_bold(lines, body)
    levels = _levels(lines, body)
    vocabulary = Counter(word for line in lines for word in re.findall(r"\w+(?:-\w+)*", line.words))
    pitch = _pitch(lines)

    def made(some: Sequence[Line]) -> Iterator[Paragraph]:
        run: list[Line] = []
        for line in some:
            if run and _starts(run, line, pitch, body, plain_body):
                yield _made(run, levels, body, plain_body, vocabulary)
                run = []
            run.append(line)
        if run:
            yield _made(run, levels, body, plain_body, vocabulary)

    notes: dict[int, Sequence[Line]] = {}
    text: list[Line] = []
    for page in pages:
        mine = _notes(page, body)
        text += [line for line in page if line not in mine]
        if page:
            notes[page[0].page] = mine
    for paragraph in made(text):
        for number in sorted(n for n in notes if n < paragraph.page):
            yield from made(notes.pop(number))
        yield paragraph
    for number in sorted(notes):
        yield from made(notes[number])


def _notes(page: Sequence[Line], body: float) -> list[Line]:
    """The footnotes at the foot of a page or column: small lines, the first with its mark.

    What follows them in the order of reading stands higher, in the next column.
    """
    notes: list[Line] = []
    start = 0
    while start < len(page):
        end = start
        while end < len(page) and _is_small_and_low(page[end], body):
            end += 1
        run = page[start:end]
        marked = next((i for i, line in enumerate(run) if _NOTE_MARK.match(line.words)), len(run))
        if start + marked > 0 and (end == len(page) or _interrupt(page, start + marked, end)):
            notes += run[marked:]
        start = max(end, start + 1)
    return notes


def _interrupt(page: Sequence[Line], first: int, after: int) -> bool:
    """Whether the lines between end a column in the middle of a sentence, which goes on higher up
    in the next."""
    before, following = page[first - 1], page[after]
    higher = following.bottom < page[first].top
    goes_on = not _ENDS.search(before.words) and following.words[:1].islower()
    return first > 0 and higher and goes_on


def _is_small_and_low(line: Line, body: float) -> bool:
    return line.size < 0.95 * body and line.top > 0.5 * line.height


def _mostly_bold(lines: Sequence[Line], body: float) -> bool:
    regular = [line.bold for line in lines if round(line.size, 1) == body]
    return sum(regular) * 2 > len(regular)


def _levels(lines: Sequence[Line], body: float) -> dict[float, int]:
    """Heading level by font size: the largest is 1."""
    larger = sorted({round(x.size, 1) for x in lines if x.size > 1.12 * body}, reverse=True)
    return {size: min(rank, 5) for rank, size in enumerate(larger, start=1)}


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance from line to line, in font sizes."""
    steps = [
        (b.bottom - a.bottom) / a.size
        for a, b in zip(lines, lines[1:], strict=False)
        if a.page == b.page and 0.5 * a.size < b.bottom - a.bottom < 3 * a.size
    ]
    return min(median(steps), 1.6) if steps else 1.2


def _starts(run: Sequence[Line], line: Line, pitch: float, body: float, plain_body: bool) -> bool:
    """Whether ``line`` begins a paragraph."""
    last = run[-1]
    heads = _is_heading(last, body, plain_body), _is_heading(line, body, plain_body)
    if abs(line.size - last.size) > 0.12 * body or heads[0] != heads[1]:
        return True
    if _BULLET.match(line.words) or CELL_SEPARATOR in line.words or CELL_SEPARATOR in last.words:
        return True
    moved = line.page != last.page or line.bottom <= last.top
    if moved:
        return _ENDS.search(last.words) is not None or not line.words[:1].islower()
    if line.bottom - last.bottom > (pitch + 0.35) * max(line.size, last.size):
        return True
    if all(heads):
        return False
    left, right = line.column
    ended = _ENDS.search(last.words) is not None
    if _had_room(last, line):
        return True
    short = last.right < left + 0.85 * (right - left)
    indented = line.left - left > 0.8 * line.size and line.left - last.left > 0.8 * line.size
    return ended and (short or (indented and not _BULLET.match(run[0].words)))


def _had_room(last: Line, line: Line) -> bool:
    """Whether the next line's first word would have fitted: then the line was ended on purpose."""
    first = line.words.split(maxsplit=1)[0]
    needed = (len(first) + 1) * (line.right - line.left) / max(len(line.words), 1)
    left, right = line.column
    spare = 0.35 if first[0].islower() else 0.04
    return last.right + needed < right - spare * (right - left)


def _is_heading(line: Line, body: float, plain_body: bool) -> bool:
    larger = line.size > 1.12 * body
    bold = plain_body and line.bold and len(line.words) < 90 and not line.words.endswith((".", ","))
    return (larger or bold) and not _BULLET.match(line.words.lstrip("0123456789. "))


def _made(
    run: Sequence[Line],
    levels: dict[float, int],
    body: float,
    plain_body: bool,
    vocabulary: Counter[str],
) -> Paragraph:
    words = ""
    for line in run:
        words = _attached(words, line.words, vocabulary) if words else line.words
    words = words.replace("\u00ad", "")
    first = run[0]
    large = len(words) <= MAX_HEADING and all(_is_heading(x, body, plain_body) for x in run)
    # "1 | Introduction" is a heading with its number set off; more cells are a table's row.
    if large and not _SENTENCE.match(words) and words.count(CELL_SEPARATOR) < 2:
        level = levels.get(round(first.size, 1), len(levels) + 1)
        return Paragraph(BlockKind.HEADING, words, min(level, 6), first.page)
    if CELL_SEPARATOR in words:
        return Paragraph(BlockKind.TABLE_ROW, words, 0, first.page, all(x.bold for x in run))
    if _BULLET.match(words):
        return Paragraph(BlockKind.LIST_ITEM, words, 1, first.page)
    return Paragraph(BlockKind.PARAGRAPH, words, 0, first.page)


def _attached(words: str, line: str, vocabulary: Counter[str]) -> str:
    """The next line put to the words; a word broken by a hyphen is made whole again.

    A hyphen stays if the document writes the word with it elsewhere, if a capital or a number
    follows, or if it parts two common words that make no common one.
    """
    broken = _BROKEN.search(words)
    second = re.match(r"\w+", line)
    if not broken or not second:
        return f"{words} {line}"
    if not second.group()[0].islower():
        return words + line
    with_hyphen = f"{broken.group(1)}-{second.group()}"
    whole = broken.group(1) + second.group()
    if words.endswith("\u00ad") or vocabulary[whole] > vocabulary[with_hyphen]:
        return words[:-1] + line
    if vocabulary[with_hyphen] or _is_compound(broken.group(1), second.group()):
        return words + line
    return words[:-1] + line


def _is_compound(first: str, second: str) -> bool:
    """Whether the parts are common words and the whole is none: "well-known"."""
    common = common_words()
    first, second = first.lower(), second.lower()
    return first + second not in common and first in common and second in common
