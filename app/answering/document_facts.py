"""Answers about a document as such: its title, author, date, pages and sections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.answer import Answer, Computed, Sentence, Verdict
from app.answering.citations import CitationNumbering
from app.question.about_document import Aspect
from ingest.document import SUBTITLES, Block, BlockKind
from ingest.titles import name_in_words
from store.library import Library
from store.results import Hit, Revision

MAX_DOCUMENTS = 8
# Headings that a list of sections shows, at most.
MAX_SECTIONS = 40
# A line longer than this is cited by the words alone.
MAX_LINE_CHARS = 200
# Characters that a title's line may have besides it: a heading's marks, a key.
MAX_MARKED_PLACES = 10
_DAY = re.compile(r"^(\d{4}-\d\d-\d\d)T.*$")
IN_THE_TEXT = {
    Aspect.AUTHOR: "Who is the author?",
    Aspect.DATE: "What is the date of this document?",
}
"""What to search a document for if its file does not record it."""
_KEYS = {Aspect.AUTHOR: ("author",), Aspect.DATE: ("published", "date", "modified")}
_RECORDED = {
    "author": "Author",
    "published": "Published",
    "date": "Date",
    "modified": "Last changed",
}


def document_facts(
    library: Library, revisions: Sequence[Revision], question: str, aspect: Aspect
) -> Answer | None:
    """What is asked of each document. If none has it: None if its text may say it all the same,
    else a refusal."""
    footnotes = CitationNumbering()
    sentences: list[Sentence] = []
    notes: list[str] = []
    for revision in revisions[:MAX_DOCUMENTS]:
        hits = library.passages_as_hits(revision.id)
        if hits:
            sentences += _fact(_Facts(revision, hits, footnotes, notes), aspect)
    if not sentences:
        return None if aspect in IN_THE_TEXT else _none(question, aspect, revisions)
    return Answer(
        question, question, "answer", tuple(sentences), footnotes.citations, "", (), 1.0, "none",
        tuple(notes), computed=_computed(sentences),
    )  # fmt: skip


def _none(question: str, aspect: Aspect, revisions: Sequence[Revision]) -> Answer:
    what = "has no headings" if aspect is Aspect.SECTIONS else "is not divided into pages"
    names = ", ".join(f"“{r.document}”" for r in revisions[:MAX_DOCUMENTS])
    reason = f"As Footnote reads it, the text of {names} {what}."
    return Answer(question, question, "refusal", (), (), reason, (), 0.0, "none")


def _computed(sentences: Sequence[Sentence]) -> Computed | None:
    texts = [one.text for one in sentences if one.verdict is Verdict.COMPUTED]
    values = tuple(text.rpartition(": ")[2].rstrip(".") for text in texts)
    return Computed(values, " ".join(texts)) if texts else None


class _Facts:
    """One document, and where what it says is cited."""

    def __init__(
        self,
        revision: Revision,
        hits: Sequence[Hit],
        footnotes: CitationNumbering,
        notes: list[str],
    ) -> None:
        self.revision, self.hits, self.footnotes, self.notes = revision, hits, footnotes, notes
        self.text, self.blocks = hits[0].source.text, hits[0].source.blocks

    def quoted(self, value: str) -> Sentence | None:
        """The line in which the value stands, as a quote; None if the text lacks it."""
        at = self.text.find(value)
        if at < 0:
            return None
        line = next((b for b in self.blocks if b.start <= at < b.end), None)
        end = at + len(value)
        whole = line is not None and end <= line.end and line.end - line.start <= MAX_LINE_CHARS
        span = (line.start, line.end) if whole and line is not None else (at, end)
        cited = self.footnotes.cite(self._holding(span[0]), *span, (at, end))
        return Sentence(cited.quote, (cited.n,), Verdict.QUOTED)

    def whole(self, block: Block) -> Sentence:
        """A block, such as a heading, as a quote."""
        cited = self.footnotes.cite(self._holding(block.start), block.start, block.end)
        return Sentence(cited.quote, (cited.n,), Verdict.QUOTED)

    def computed(self, text: str, blocks: Sequence[Block]) -> Sentence:
        """Something counted, or from the file's own record, with the blocks that it is about."""
        cited = [self.footnotes.cite(self._holding(b.start), b.start, b.end) for b in blocks]
        return Sentence(text, tuple(c.n for c in cited), Verdict.COMPUTED)

    def _holding(self, at: int) -> Hit:
        before = [hit for hit in self.hits if hit.stored.passage.start <= at]
        return before[-1] if before else self.hits[0]


def _fact(facts: _Facts, aspect: Aspect) -> Iterator[Sentence]:
    if aspect is Aspect.TITLE:
        yield from _title(facts)
    elif aspect is Aspect.PAGES:
        yield from _pages(facts)
    elif aspect is Aspect.SECTIONS:
        yield from _sections(facts)
    else:
        yield from _recorded(facts, _KEYS[aspect])


def _title(facts: _Facts) -> Iterator[Sentence]:
    revision = facts.revision
    if revision.title == name_in_words(revision.document):
        text = f"It has no title of its own; its file is called {revision.document}."
    else:
        text = f"Title, by the file's own record: {revision.title}."
    lines = (b for b in facts.blocks if revision.title in facts.text[b.start : b.end])
    own = next(
        (b for b in lines if b.end - b.start <= len(revision.title) + MAX_MARKED_PLACES), None
    )
    yield facts.whole(own) if own else facts.computed(text, facts.blocks[:1])


def _recorded(facts: _Facts, keys: Sequence[str]) -> Iterator[Sentence]:
    for key in keys:
        value = facts.revision.metadata.get(key, "").strip()
        if value:
            day = _DAY.sub(r"\1", value)
            text = f"{_RECORDED[key]}, by the file's own record: {day}."
            yield facts.quoted(value) or facts.computed(text, facts.blocks[:1])
            return


def _pages(facts: _Facts) -> Iterator[Sentence]:
    pages = sorted((b for b in facts.blocks if b.page is not None), key=lambda b: b.page or 0)
    if not pages or facts.revision.media_type == SUBTITLES:  # theirs are seconds
        return
    stated = facts.revision.metadata.get("pages", "")  # a loader of another library writes anything
    count = max(int(stated) if stated.isdecimal() else 0, pages[-1].page or 0)
    kind = "Slides" if "presentation" in facts.revision.media_type else "Pages"
    ends = [pages[0], pages[-1]] if pages[0] != pages[-1] else pages[:1]
    yield facts.computed(f"{kind} of {facts.revision.document}: {count:,}.", ends)


def _sections(facts: _Facts) -> Iterator[Sentence]:
    headings = [b for b in facts.blocks if b.kind is BlockKind.HEADING]
    sections = _highest(headings)
    if sections == headings[:1]:  # a single one, above all others, is the document's title
        headings = headings[1:]
        sections = _highest(headings)
    if not sections:
        return
    shown = sections[:MAX_SECTIONS]
    yield facts.computed(f"Sections of {facts.revision.document}: {len(sections):,}.", shown)
    yield from (facts.whole(block) for block in shown)
    below = len(headings) - len(sections)
    listed = f"{len(shown):,} of {len(sections):,} sections"
    facts.notes.append(f"{listed}; {below:,} below them." if below else f"{listed}.")


def _highest(headings: Sequence[Block]) -> list[Block]:
    level = min((b.level for b in headings), default=0)
    return [b for b in headings if b.level == level]
