"""Numbered citations: the only place where a slice of a revision becomes a citation."""

from __future__ import annotations

from bisect import bisect_right

from app.answer import Citation
from ingest.document import Block
from ingest.errors import FootnoteError
from store.results import Hit


class BrokenCitation(FootnoteError):
    """A citation would not be a slice of its revision: a bug in Footnote, never shown as a link."""


class CitationNumbering:
    """Collects the citations of one answer; equal spans share a number, numbers count from 1."""

    def __init__(self) -> None:
        self._by_span: dict[tuple[str, int, int], Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations so far, in the order of their numbers."""
        return tuple(self._by_span.values())

    def cite(self, hit: Hit, start: int, end: int, key: tuple[int, int] | None = None) -> Citation:
        """The citation of ``start:end`` in the revision that the hit comes from.

        Raises BrokenCitation if the span lies outside the text or is empty.
        """
        stored = hit.stored
        span = (stored.revision, start, end)
        if span in self._by_span:
            return self._by_span[span]
        text = hit.source.text
        if not 0 <= start < end <= len(text):
            raise BrokenCitation(f"Characters {start} to {end} are not in {stored.document}.")
        inside = key if key and start <= key[0] < key[1] <= end else None
        citation = Citation(
            n=len(self._by_span) + 1,
            document=stored.document,
            revision=stored.revision,
            start=start,
            end=end,
            quote=text[start:end],
            key=inside,
            headings=stored.passage.headings,
            page=_page(hit, start),
            row=_row(hit, start),
            passage_id=stored.id,
            collection=stored.collection,
        )
        self._by_span[span] = citation
        return citation


def _page(hit: Hit, start: int) -> int | None:
    """The page on which a citation's paragraph begins: a passage may go over several."""
    page = hit.stored.passage.page
    return page if page is None or "\n" not in hit.stored.passage.text else _block(hit, start).page


def _row(hit: Hit, start: int) -> int | None:
    """The number of the row that begins a citation: a passage may hold several."""
    passage = hit.stored.passage
    if passage.row is None or passage.start == start and "\n" not in passage.text:
        return passage.row
    return _block(hit, start).row


def _block(hit: Hit, start: int) -> Block:
    blocks = hit.source.blocks
    return blocks[max(0, bisect_right(blocks, start, key=lambda block: block.start) - 1)]
