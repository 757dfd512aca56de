"""Plain text to blocks: one line a paragraph, wrapped lines, or blank lines between paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.block_classifier import classify_blocks
from ingest.document import Block, BlockKind, Document
from ingest.load.base.encoding import decode
from ingest.load.base.source import Source, clean
from ingest.titles import title_of

MAX_HEADING = 80
MAX_WRAPPED = 120
_LINE = re.compile(r"[^\n]*[^\s][^\n]*")
_BULLET = re.compile(r"(?:[*•‣▪◦·]|[-–—](?=\s)|\(?\d{1,3}[.)](?=\s)|\(?[a-z]\)(?=\s))\s*(?=\S)")
_RULE = re.compile(r"[=\-_*~#\s]{3,}$")
_NUMBERED_HEADING = re.compile(
    r"(?:(?:chapter|part|section|appendix|article)\s+[\dIVXLA-Z]+\b|\d{1,2}(?:\.\d{1,2}){0,3}\.?\s)",
    re.IGNORECASE,
)
# What states a value: "WIFI: GUEST", "KEY = 45". "Part 2: the road" is numbered, and a heading.
_LABELLED = re.compile(r"[^:：=]{1,60}(?:[:：](?!//)|\s?=)\s*\S")
_YEAR = re.compile(r"(?:1[5-9]|20)\d{2}")
# A line by itself heads what follows if so many others of its form do.
MIN_HEADINGS_ALIKE = 2
MAX_HEADING_WORDS = 10

Span = tuple[int, int]


def load_text(
    text: str, name: str, *, source: str = "", media_type: str = "text/plain", title: str = ""
) -> Document:
    """A document of plain text that is already available (pasted, or made by a program)."""
    text = clean(text)
    blocks = text_blocks(text)
    return Document(
        name=name,
        title=title or title_of(text, blocks, name),
        text=text,
        blocks=blocks,
        source=source or f"text:{name}",
        media_type=media_type,
    )


def load(data: bytes, source: Source) -> Document:
    """A plain text file; see ``decode`` for encodings and errors."""
    decoded = decode(data, source)
    document = load_text(decoded.text, source.name, source=source.address)
    return replace(document, omissions=decoded.assumed)


def text_blocks(text: str) -> tuple[Block, ...]:
    """Blocks that together hold every character of ``text`` that is not whitespace."""
    runs = list(_runs(text))
    paragraphs: list[tuple[Span, bool]] = []
    for run in runs:
        paragraphs.extend((span, len(run) == 1) for span in _paragraphs(text, run))
    blocks = []
    for at, (span, alone) in enumerate(paragraphs):
        following = paragraphs[at + 1][0] if at + 1 < len(paragraphs) else None
        previous = paragraphs[at - 1][0] if at else None
        blocks.append(_block(text, span, previous, following, alone))
    return classify_blocks(text, _headings_alike(text, blocks, [one for _, one in paragraphs]))


def _runs(text: str) -> Iterator[list[Span]]:
    """Groups of lines without an empty line between them, each line without outer whitespace."""
    run: list[Span] = []
    for match in _LINE.finditer(text):
        line = match.group()
        start = match.start() + len(line) - len(line.lstrip())
        end = match.start() + len(line.rstrip())
        if run and text.count("\n", run[-1][1], start) > 1:
            yield run
            run = []
        run.append((start, end))
    if run:
        yield run


def _paragraphs(text: str, run: Sequence[Span]) -> Iterator[Span]:
    """Spans of the paragraphs in a run: its lines, or lines joined if they were wrapped."""
    wrapped = _is_wrapped(text, run)
    begin, end = run[0]
    width = max(stop - start for start, stop in run)
    for (_, stop), (start, line_end) in zip(run, run[1:], strict=False):
        short = stop - begin < 0.6 * width and text[stop - 1] in '.!?:…"”'
        if not wrapped or _BULLET.match(text, start) or (begin == start and short):
            yield begin, end
            begin = start
        end = line_end
    yield begin, end


def _is_wrapped(text: str, run: Sequence[Span]) -> bool:
    """Whether line ends in the run stand for spaces: even lines, broken inside sentences."""
    if len(run) < 2 or max(end - start for start, end in run) > MAX_WRAPPED:
        return False
    broken = sum(
        1
        for (_, end), (start, _) in zip(run, run[1:], strict=False)
        if text[end - 1] not in ".!?:;…" and (text[start].islower() or text[end - 1] == ",")
    )
    return broken * 4 >= len(run) - 1 and broken > 0


def _block(
    text: str, span: Span, previous: Span | None, following: Span | None, alone: bool
) -> Block:
    start, end = span
    words = text[start:end]
    if _RULE.match(words):
        return Block(BlockKind.BOILERPLATE, start, end)
    level = _heading_level(text, span, previous, following, alone)
    if level:
        return Block(BlockKind.HEADING, start, end, level)
    if _BULLET.match(words):
        return Block(BlockKind.LIST_ITEM, start, end, 1)
    return Block(BlockKind.PARAGRAPH, start, end)


def _heading_level(
    text: str, span: Span, previous: Span | None, following: Span | None, alone: bool
) -> int:
    """1 to 3 for a line that heads what follows it, else 0."""
    words = text[span[0] : span[1]]
    if following is None or len(words) > MAX_HEADING or "\n" in words or words[0] in "-–—*•\"“'(":
        return 0
    next_words = text[following[0] : following[1]]
    if _RULE.match(next_words) and next_words[0] in "=-":
        return 1 if next_words[0] == "=" else 2
    if not _may_head(words):
        return 0
    much_longer = len(next_words) > max(MAX_HEADING, 2 * len(words))
    if _NUMBERED_HEADING.match(words):
        return 2 if alone or much_longer else 0
    if previous is not None and _states_value(words):
        return 0
    if words.isupper() and len(words) > 3 and (alone or much_longer):
        return 1 if previous is None else 2
    after_end = previous is None or text[previous[1] - 1] in '.!?…"”:' or _is_title(text, previous)
    heads = much_longer or _is_short(words) and alone and len(next_words) > len(words)
    if heads and after_end and not ends_like_caption(words):
        return 1 if previous is None else 2
    return 0


def _may_head(words: str) -> bool:
    """Whether a line has the form of a heading: it begins with a capital or a digit, and ends as no
    sentence does."""
    if words[-1] in '.!?:;,…"”' or not words[0].isalnum() or words[0].islower():
        return False
    return any(map(str.isalpha, words)) and "|" not in words and "\t" not in words


def _is_title(text: str, span: Span) -> bool:
    """Whether a line begins the text and may head it."""
    return not text[: span[0]].strip() and _may_head(text[slice(*span)])


def _is_short(words: str) -> bool:
    return len(words.split()) <= MAX_HEADING_WORDS


def _states_value(words: str) -> bool:
    """Whether a line says something by itself: a label with its value, or capitals with a number
    that is no year ("MAX LOAD 340 KG")."""
    figures = [w for w in words.split() if any(map(str.isdigit, w))]
    stated = words.isupper() and not all(map(_YEAR.fullmatch, figures))
    return stated or _LABELLED.match(words) is not None


def _headings_alike(text: str, blocks: Sequence[Block], alone: Sequence[bool]) -> list[Block]:
    """``blocks`` with every line by itself a heading that has the form of those that are.

    What follows does not matter then: the text under "Contact" may be shorter than its heading.
    Lines that follow each other are items, and head nothing.
    """
    texts = [text[b.start : b.end] for b in blocks]
    fitting = [
        one and _may_head(words) and _is_short(words) and "," not in words
        and not any(map(str.isdigit, words)) and not _states_value(words)
        and not ends_like_caption(words) and len(words) <= MAX_HEADING
        for one, words in zip(alone, texts, strict=True)
    ]  # fmt: skip
    found = [fits and b.kind is BlockKind.HEADING for b, fits in zip(blocks, fitting, strict=True)]
    marked = list(blocks)
    for at, block in enumerate(blocks[1:-1], 1):
        if not fitting[at] or found[at] or block.kind is not BlockKind.PARAGRAPH:
            continue
        upper = texts[at].isupper()
        like = [i for i in range(1, len(blocks)) if found[i] and texts[i].isupper() == upper]
        by_itself = (at == 1 or not fitting[at - 1]) and not fitting[at + 1]
        if by_itself and len(like) >= MIN_HEADINGS_ALIKE:
            marked[at] = replace(block, kind=BlockKind.HEADING, level=2)
    if len(marked) > 1 and fitting[0] and marked[1].kind is BlockKind.HEADING:
        marked[0] = replace(marked[0], kind=BlockKind.HEADING, level=1)
    return marked


def ends_like_caption(words: str) -> bool:
    """``photo: somebody`` heads nothing, however short its line is."""
    return words.lower().startswith(("photo:", "image:", "picture:", "foto:"))
