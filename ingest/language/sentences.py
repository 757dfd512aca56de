"""Sentence segmentation: exact spans, by rules that need no model and run in linear time.

Known: abbreviations and titles (Mr., e.g., No. 5), initials (J. R. Smith), dotted short forms
(U.S., a.m.), decimals, closing quotes and footnote marks after the full stop, quoted questions
that go on (“Why?” she asked), lines of lists, headings and tables, and the full stops of Chinese,
Japanese, Arabic, Urdu and Hindi.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


NEVER_LAST = _words(
    "mr mrs ms mx dr prof gen col lt sgt capt cmdr adm maj brig rev hon gov sen rep pres amb st",
    "mt vs v cf e.g i.e eg ie viz approx ca messrs mme mlle dipl ing fr sr sra",
)
BEFORE_NUMBER = _words(
    "no nos nr art arts fig figs vol vols pp p ch chap sec sect eq eqs par para pt tab app",
    "jan feb mar apr jun jul aug sep sept oct nov dec est c",
)
SOMETIMES_LAST = _words(
    "etc inc ltd co corp llc plc bros jr al ed eds dept univ assn ave blvd rd",
    "jan feb mar apr aug sept oct nov dec u.s u.k u.n e.u a.m p.m ph.d b.a m.a m.d d.c b.c a.d",
    "b.sc m.sc i.e.d n.y l.a",
)
STARTERS = _words(
    "a after all although an and another any as at because before both but by despite during",
    "each every few finally first following for from further he her here his how however i if",
    "in indeed instead it its last later many meanwhile more moreover most my no none nor not",
    "now of on once one only or other our over several she since so some soon still such that",
    "the their then there therefore these they this those though through thus to today two",
    "under unlike until we what when where whether which while who why with without yet you",
    "your",
)

_STOP = re.compile(
    r"(?<![.!?…])(?P<mark>[.!?…]++)[\"'”’»)\]*_]*+(?:\[\d{1,3}\])*(?=\s|$)"
    r"|(?P<wide>[。！？｡؟۔।]+[」』”’）)\]»\"']*)"
)
_LAST_WORD = re.compile(r"[^\s\"'“”‘’«»()\[\]*_]+$")
_NEXT_WORD = re.compile(r"[\s\"'“‘«(\[¿¡*_]*(\w+|\S)?")
_NUMBERING = re.compile(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxlIVXL]{1,5})[.)]$")
_LIST_MARK = re.compile(r"(?:[-–—*•‣▪◦·]|#{1,6}|>+|\|)(?=\s|$)|\(?\d{1,3}[.)](?=\s)|\|")
_UNSPOKEN = re.compile(r"(?:(?:[-–—*•‣▪◦·]|#{1,6}|>+)\s+)+(?=\S)")
_LINE = re.compile(r"[^\n]+")
# "no. H-2044", "fig. A3"
_CODE = re.compile(r"\s*[A-Za-z]{1,5}[-/.]?\d")
_WORD_REACH = 24
# Text is wrapped at widths between these.
MIN_WIDTH, MAX_WIDTH = 60, 120


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans ``(start, end)`` of the sentences of ``text``, in order, without outer whitespace.

    A bullet, heading or quotation mark of Markdown, or an interview's dash, before a sentence is
    not part of it; every other character that is not whitespace is in exactly one span.
    """
    points = [*cuts(text), len(text)]
    spans = []
    for start, end in zip(points, points[1:], strict=False):
        unspoken = _UNSPOKEN.match(text, start, end)
        first = unspoken.end() if unspoken else start
        last = first + len(text[first:end].rstrip())
        if last > first:
            spans.append((first, last))
    return spans


def prose_sentences(text: str) -> list[str]:
    """The sentences of ``text``, in order."""
    return [text[start:end] for start, end in sentences(text)]


def cuts(text: str) -> list[int]:
    """Offsets at which sentences (with the marks before them) begin; what is between is whole."""
    points: list[int] = []
    for start, end in _stretches(text):
        points.append(start)
        points.extend(_inside(text, start, end))
    return points


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    """Spans that no sentence crosses: paragraphs, list items, lines that stand for themselves."""
    lines = [m.span() for m in _LINE.finditer(text) if not m.group().isspace()]
    lines = [_trimmed(text, start, end) for start, end in lines]
    wrapped = _is_wrapped(text, lines)
    begin: int | None = None
    for index, (start, end) in enumerate(lines):
        begin = start if begin is None else begin
        following = lines[index + 1] if index + 1 < len(lines) else None
        if following is None or _breaks(text, (start, end), following, wrapped):
            yield begin, end
            begin = None


def _is_wrapped(text: str, lines: Sequence[tuple[int, int]]) -> bool:
    """Whether line ends stand for spaces: a line goes on with a small letter, or every line that
    is left unfinished is as full as the widest allows."""
    width = max((end - start for start, end in lines), default=0)
    full = []
    for (start, end), (begin, stop) in zip(lines, lines[1:], strict=False):
        alone = text[start] in "#|" or text.count("\n", end, begin) > 1
        if alone or not _unfinished(text, end) or _LIST_MARK.match(text, begin):
            continue
        if text[begin].islower():
            return True
        first_word = len(text[begin:stop].split(maxsplit=1)[0])
        full.append(end - start + 1 + first_word > width)
    return bool(full) and all(full) and MIN_WIDTH <= width <= MAX_WIDTH


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    line = text[start:end]
    return start + len(line) - len(line.lstrip()), start + len(line.rstrip())


def _unfinished(text: str, end: int) -> bool:
    return text[end - 1] not in '.!?:…;。！？؟۔।|”"'


def _breaks(text: str, line: tuple[int, int], following: tuple[int, int], wrapped: bool) -> bool:
    """Whether a sentence ends with ``line`` because of how the lines stand."""
    start, end = line
    if text.count("\n", end, following[0]) > 1 or text[start] in "#|":
        return True
    if _LIST_MARK.match(text, following[0]):
        return True
    if text[following[0]].islower():
        return text[end - 1] in "。！？؟۔।"
    if text[end - 1] == "," or not _unfinished(text, end):
        # A full stop may also be an abbreviation's at the end of a wrapped line.
        return not (wrapped and text[end - 1] in ',.;:”"')
    return not (wrapped and 40 <= end - start <= MAX_WIDTH)


def _inside(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets of the second and later sentences of one stretch."""
    for match in _STOP.finditer(text, start, end):
        if match.end() >= end:
            return
        rest = _NEXT_WORD.match(text, match.end(), min(end, match.end() + 40))
        following = rest.group(1) or "" if rest else ""
        if match["wide"] or _ends(text, start, match, following):
            gap = re.compile(r"\s*").match(text, match.end())
            point = gap.end() if gap else match.end()
            if point < end:
                yield point


def _ends(text: str, start: int, match: re.Match[str], following: str) -> bool:
    """Whether this full stop, question or exclamation mark ends its sentence."""
    if following[:1].islower() or following[:1] in ".!?…":
        return False
    mark = match["mark"]
    if mark != ".":
        return True
    before = text[max(start, match.start() - _WORD_REACH) : match.start()]
    last_word = _LAST_WORD.search(before)
    word = last_word.group() if last_word else ""
    if match.start() - len(word) - start <= 2 and _NUMBERING.match(word + "."):
        return False
    short = word.lower()
    starts_anew = following.lower() in STARTERS and following[:1].isupper()
    numbered = following[:1].isdigit() or _CODE.match(text, match.end()) is not None
    if short in NEVER_LAST or (short in BEFORE_NUMBER and numbered):
        return False
    if short in SOMETIMES_LAST or _is_short_form(word):
        return starts_anew
    return True


def _is_short_form(word: str) -> bool:
    """``J``, ``J.R``, ``U.S.A``: capital letters with dots between."""
    return all(len(part) == 1 and part.isalpha() for part in word.split(".")) and (
        word[:1].isupper() or "." in word
    )
