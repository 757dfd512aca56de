"""Splits a document into passages: along its blocks, within the embedder's window, offsets exact.

Pure: the same document, counter and limit always give the same passages. A passage is a slice of
the text; what a reader needs besides (title, headings, the question that is being answered, the
line that introduces a list, a table's header) is its ``context``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from zlib import crc32

from ingest.block_classifier import is_furniture
from ingest.chunk_context import BlockContext, block_contexts, leads_in
from ingest.document import SUBTITLES, Block, BlockKind, Document, Passage
from ingest.language.sentences import sentences
from ingest.titles import is_informative_title, without_markup
from ingest.token_splitter import Count, Span, count_up_to, shorten_to_limit, split_to_limit

SPLITTER_VERSION = "3"
TARGET_TOKENS = 200
SMALL_TOKENS = 60
CONTEXT_TOKENS = 64
# Rows of a sheet are packed: from so many tokens on, one in so many rows ends its passage.
ROWS_TOKENS = 100
ROWS_CHANCE = 4
MIN_LIMIT = 16
# Passages: how often progress is told.
PROGRESS_EVERY = 500

_ASKED_BY = re.compile(r"(?:Q|Question|Interviewer)\s*\d{0,3}\s*[:.]\s*", re.IGNORECASE)
_OPENERS = (BlockKind.HEADING, BlockKind.QUESTION)


def split(
    document: Document,
    count_tokens: Count,
    limit: int = 256,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Passage]:
    """Passages of ``document`` in order, without overlap.

    ``count_tokens`` counts a text's tokens with its special ones; for each passage the counts of
    ``context`` and ``text`` add up to at most ``limit`` (at least 16). Everything with a word in it
    is in exactly one passage; captions and page furniture are passages of their own, without
    context. Sentences stay whole, except one longer than the window, which is cut at a clause,
    else a word, else anywhere.

    ``progress("splitting", done, total)`` is called for a long document, in thousands of
    characters.
    """
    if limit < MIN_LIMIT:
        raise ValueError(f"a window of {limit} tokens is too small: use {MIN_LIMIT} or more")
    passages: list[Passage] = []
    for passage in _Splitter(document, count_tokens, limit).passages():
        passages.append(passage)
        if progress and len(passages) % PROGRESS_EVERY == 0:
            progress("splitting", passage.end // 1000, len(document.text) // 1000)
    return passages


def has_words(text: str) -> bool:
    """Whether there is anything to read in ``text``: a rule made of dashes has nothing."""
    return any(map(str.isalnum, text))


class _Splitter:
    """One document in progress to passages; a unit is a run of blocks that belong together."""

    def __init__(self, document: Document, count: Count, limit: int) -> None:
        self.text = document.text
        self.blocks = document.blocks
        self.timed = document.media_type == SUBTITLES
        self.starts = [block.start for block in document.blocks]
        self.block_contexts = block_contexts(document.text, document.blocks)
        self.title = without_markup(document.title) if is_informative_title(document.title) else ""
        self.limit = limit
        self.max_context = min(CONTEXT_TOKENS, limit // 4)
        self.target = min(TARGET_TOKENS, limit - self.max_context)
        self.count = lru_cache(maxsize=4096)(count)
        self.context = lru_cache(maxsize=1024)(self._context)

    def passages(self) -> Iterator[Passage]:
        """Groups of units as passages; a group too long for the window is cut."""
        for group in self._groups():
            blocks = [self.blocks[i] for i in group]
            start, end = blocks[0].start, blocks[-1].end
            # The context takes part of the window: it is embedded in front of the text.
            _, tokens = self.context(self.block_contexts[group[0]], self._titled(group[0]))
            room = self.limit - tokens
            if count_up_to(self.text, start, end, self.count, room) <= room:
                yield self._passage(start, end)
            else:
                for part in self._parts(group):
                    if self.text[slice(*part)].strip():
                        yield self._passage(*part)

    def _units(self) -> Iterator[list[int]]:
        """Runs of block indices that stay together if they fit; an empty run is a barrier."""
        unit: list[int] = []
        for index, block in enumerate(self.blocks):
            if is_furniture(block) and not has_words(self._words(block)):
                yield unit
                yield []
                unit = []
            elif unit and not self._joined(self.blocks[unit[-1]], block):
                yield unit
                unit = [index]
            else:
                unit.append(index)
        yield unit

    def _joined(self, last: Block, block: Block) -> bool:
        """Whether ``block`` belongs with the one before it."""
        if is_furniture(last) or is_furniture(block):
            return is_furniture(last) and is_furniture(block) and last.page == block.page
        if last.kind is BlockKind.HEADING:
            return block.kind is not BlockKind.HEADING or block.level > last.level
        if block.kind in _OPENERS or not self._on_one_page(last, block):
            return False
        if last.kind is BlockKind.QUESTION or leads_in(self.text, last):
            return True
        if block.kind is BlockKind.TABLE_ROW and last.kind is BlockKind.TABLE_ROW:
            return block.level == 0
        return block.kind is BlockKind.LIST_ITEM and last.kind is BlockKind.LIST_ITEM

    def _groups(self) -> Iterator[list[int]]:
        """Units, the small ones among them merged with a neighbour under the same heading."""
        group: list[int] = []
        tokens = 0
        for unit in self._units():
            size = self._size(unit) if unit else 0
            small = bool(unit and group) and min(size, tokens) < SMALL_TOKENS
            if small and tokens + size <= self.target and self._may_follow(group[-1], unit[0]):
                group, tokens = group + unit, tokens + size
                continue
            if group:
                yield group
            group, tokens = unit, size
        if group:
            yield group

    def _size(self, unit: Sequence[int]) -> int:
        start, end = self.blocks[unit[0]].start, self.blocks[unit[-1]].end
        return count_up_to(self.text, start, end, self.count, self.limit)

    def _may_follow(self, last: int, first: int) -> bool:
        before, after = self.blocks[last], self.blocks[first]
        if is_furniture(before) or is_furniture(after):
            return False
        in_sheet = before.row is not None or after.row is not None
        return after.kind not in _OPENERS and not in_sheet and self._on_one_page(before, after)

    def _on_one_page(self, before: Block, after: Block) -> bool:
        return self.timed or before.page == after.page

    def _parts(self, group: Sequence[int]) -> Iterator[Span]:
        """A group too long for one passage: by blocks as they fit, a long block by sentences."""
        room = self.limit - max(self.context(self.block_contexts[i])[1] for i in group)
        special = self.count("")
        in_sheet = self.blocks[group[-1]].row is not None
        start = end = -1
        used = 0
        for first, last in self._chunks(group):
            size = count_up_to(self.text, first, last, self.count, room) - special
            full = in_sheet and used >= ROWS_TOKENS and self._closes(start, end)
            if start >= 0 and used + size <= room and not full:
                end, used = last, used + size
                continue
            if start >= 0:
                yield from self._fitting(start, end, room)
            start, end, used = first, last, size + special
        yield from self._fitting(start, end, room)

    def _closes(self, start: int, end: int) -> bool:
        """Whether a passage of rows ends here: decided by its last row's own text, so that a row
        put in elsewhere leaves the passages after it as they are (and their vectors)."""
        line = self.text.rfind("\n", start, end) + 1
        return crc32(self.text[max(start, line) : end].encode()) % ROWS_CHANCE == 0

    def _fitting(self, start: int, end: int, room: int) -> list[Span]:
        if count_up_to(self.text, start, end, self.count, room) <= room:
            return [(start, end)]
        return split_to_limit(self.text, start, end, self.count, room)

    def _chunks(self, group: Sequence[int]) -> Iterator[Span]:
        """Spans of blocks, each with the headings, question or leading line before it."""
        start = -1
        for index in group:
            block = self.blocks[index]
            start = block.start if start < 0 else start
            opens = block.kind in _OPENERS or leads_in(self.text, block)
            header = block.kind is BlockKind.TABLE_ROW and block.level > 0
            if index != group[-1] and (opens or header):
                continue
            yield start, block.end
            start = -1

    def _passage(self, start: int, end: int) -> Passage:
        start = end - len(self.text[start:end].lstrip())
        end = start + len(self.text[start:end].rstrip())
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        body = next(
            (i for i in range(first, last) if self.blocks[i].kind is not BlockKind.HEADING), last
        )
        context, _ = self.context(self.block_contexts[first], self._titled(first))
        block = self.blocks[last]
        return Passage(
            start=start,
            end=end,
            text=self.text[start:end],
            context=context,
            headings=tuple(
                without_markup(self._words(h)) for h in self.block_contexts[body].headings
            ),
            kind=block.kind,
            page=self.blocks[first].page,
            row=self.blocks[body].row,
        )

    def _titled(self, index: int) -> bool:
        """Whether the title stands in the passage itself, or has no business there."""
        block = self.blocks[index]
        if block.kind is not BlockKind.HEADING:
            return is_furniture(block)
        return without_markup(self._words(block)) == self.title

    def _words(self, block: Block) -> str:
        return self.text[block.start : block.end]

    def _context(self, frame: BlockContext, titled: bool = False) -> tuple[str, int]:
        """What stands above a passage, and its tokens; what is nearest is kept first.

        ``titled``: the passage itself begins with the title.
        """
        context = ""
        for words in reversed(self._near(frame)):
            context = self._above(words, context, "\n", shorten=True)
        path = [
            "" if titled else self.title,
            *(without_markup(self._words(h)) for h in frame.headings),
        ]
        joint = "\n"
        for words in reversed(list(dict.fromkeys(filter(None, path)))):
            taller = self._above(words, context, joint, shorten=not context)
            joint = " › " if taller != context else joint
            context = taller
        return context, self.count(context) if context else 0

    def _near(self, frame: BlockContext) -> list[str]:
        """The question, the sentence that leads in, the table's header: those there are."""
        near = []
        if frame.question:
            near.append(_ASKED_BY.sub("", without_markup(self._words(frame.question))))
        if frame.lead:
            start, end = sentences(self._words(frame.lead))[-1]
            near.append(without_markup(self._words(frame.lead)[start:end]))
        if frame.header:
            near.append(without_markup(self._words(frame.header)))
        return near

    def _above(self, words: str, context: str, joint: str, *, shorten: bool) -> str:
        """``words`` over ``context`` if both fit, ``words`` shortened if that is asked for."""
        taller = words + joint + context if context else words
        if self.count(taller) <= self.max_context:
            return taller
        left = self.max_context - (self.count(context) if context else 0)
        short = shorten_to_limit(words, self.count, left) if shorten and left > 8 else ""
        taller = short + joint + context if context else short
        return taller if short and self.count(taller) <= self.max_context else context
