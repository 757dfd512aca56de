"""Decides whether a citation still holds in the current revision of its document. Pure.

What is compared is the blocks (paragraphs, list items, turns) that hold the cited words, and the
question or lead-in that they answer to: the smallest parts that mean something by themselves and
that do not shift when the document is split differently.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from ingest.block_classifier import is_furniture
from ingest.document import Block, BlockKind
from store.results import AnswerStatus

# Kind of a block to the kinds that open it, and those that may stand between.
_OPENERS: dict[BlockKind, tuple[frozenset[BlockKind], frozenset[BlockKind]]] = {
    BlockKind.ANSWER: (
        frozenset({BlockKind.QUESTION}),
        frozenset({BlockKind.ANSWER, BlockKind.LIST_ITEM}),
    ),
    BlockKind.LIST_ITEM: (
        frozenset({BlockKind.PARAGRAPH, BlockKind.ANSWER}),
        frozenset({BlockKind.LIST_ITEM}),
    ),
}


@dataclass(frozen=True, slots=True)
class SpanStatus:
    """The status of a cited span, why, and its start and end today (None if its words went)."""

    status: AnswerStatus
    why: str
    span: tuple[int, int] | None


class RevisionComparison:
    """Two revisions of one document, block by block."""

    def __init__(
        self, old: tuple[str, tuple[Block, ...]], new: tuple[str, tuple[Block, ...]]
    ) -> None:
        self._old_text, self._old = old
        self._new_text, self._new = new

    @cached_property
    def _texts(self) -> tuple[list[str], list[str]]:
        return (
            [self._old_text[b.start : b.end] for b in self._old],
            [self._new_text[b.start : b.end] for b in self._new],
        )

    @cached_property
    def _same_place(self) -> dict[int, int]:
        """Old block to new block if both are equal and in the same order."""
        matcher = SequenceMatcher(None, *self._texts, False)
        return {
            match.a + i: match.b + i
            for match in matcher.get_matching_blocks()
            for i in range(match.size)
        }

    @cached_property
    def _elsewhere(self) -> dict[str, int]:
        """Text to a new block that holds it."""
        return {text: i for i, text in reversed(list(enumerate(self._texts[1])))}

    def span_status(self, start: int, end: int) -> SpanStatus:
        """What became of ``old_text[start:end]``."""
        quote = self._old_text[start:end]
        cited = self._cited(start, end)
        places = [self._same_place.get(i) for i in cited]
        moved = [self._elsewhere.get(self._texts[0][i]) for i in cited]
        if not cited or None in moved or not self._answers_the_same(cited, places, moved):
            return self._stale(quote, bool(cited) and None not in moved)
        whole = places if None not in places else moved
        spans = [block for block in whole if block is not None]
        first, last = self._new[spans[0]], self._new[spans[-1]]
        span = (
            first.start + start - self._old[cited[0]].start,
            last.start + end - self._old[cited[-1]].start,
        )
        if self._new_text[slice(*span)] != quote:
            return self._stale(quote, False)
        if None in places:
            return SpanStatus("moved", "The same words stand elsewhere in the document.", span)
        return SpanStatus("current", "", span)

    def _cited(self, start: int, end: int) -> list[int]:
        """The old blocks that the span touches."""
        first = max(0, bisect_right([b.start for b in self._old], start) - 1)
        touched = []
        for i in range(first, len(self._old)):
            if self._old[i].start >= end:
                break
            if self._old[i].end > start:
                touched.append(i)
        return touched

    def _answers_the_same(
        self, cited: list[int], places: list[int | None], moved: list[int | None]
    ) -> bool:
        """Whether the question or lead-in in front is the same as it was."""
        for i, place, other in zip(cited, places, moved, strict=True):
            now = place if place is not None else other
            if now is None or _opener(self._old, self._texts[0], i) != _opener(
                self._new, self._texts[1], now
            ):
                return False
        return True

    def _stale(self, quote: str, asked_otherwise: bool) -> SpanStatus:
        at = self._new_text.find(quote) if quote else -1
        if at < 0:
            return SpanStatus("stale", "The cited words changed or went.", None)
        why = "The question or line before it changed" if asked_otherwise else "Its passage changed"
        return SpanStatus("stale", f"{why}; the cited words still stand.", (at, at + len(quote)))


def _opener(blocks: tuple[Block, ...], texts: list[str], i: int) -> str:
    """The interview question before an answer, the line that introduces a list item, or the header
    of a table's row. Captions and page furniture may stand anywhere between."""
    kind = blocks[i].kind
    if kind is BlockKind.TABLE_ROW:
        return _header(blocks, texts, i)
    if kind not in _OPENERS:
        return ""
    opening, between = _OPENERS[kind]
    for j in range(i - 1, -1, -1):
        if is_furniture(blocks[j]):
            continue
        if blocks[j].kind in opening:
            opens = kind is BlockKind.ANSWER or texts[j].rstrip().endswith((":", "："))
            return texts[j] if opens else ""
        if blocks[j].kind not in between:
            return ""
    return ""


def _header(blocks: tuple[Block, ...], texts: list[str], i: int) -> str:
    for j in range(i, -1, -1):
        if blocks[j].kind is not BlockKind.TABLE_ROW:
            return ""
        if blocks[j].level > 0:
            return texts[j]
    return ""
