"""Extractive overviews: of each section the sentence nearest to what the whole section says.

The centroid of a text's sentence vectors as what it is about: Radev et al. 2004, "Centroid-based
summarization of multiple documents".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from app.answer import Answer, Sentence, Verdict
from app.answering.citations import CitationNumbering
from app.answering.extract import MAX_LIST_ITEMS, count_of_items
from app.evidence.score_evidence import refers_back
from ingest.block_classifier import is_furniture, is_question
from ingest.document import Block, BlockKind
from ingest.language.sentences import sentences
from ingest.table import tables
from store.library import Library
from store.results import Hit, Revision

MAX_DOCUMENTS = 8
MAX_SECTION_SENTENCES = 4
# Of more sentences those after the first are drawn as points.
FEW = 3
# A section of so few words is shown whole; so is a list or table of so few lines.
SHORT_SECTION_CHARS = 90
MAX_LINES = 12
# The first sentence of a section says more often than others what it is about.
FIRST_SENTENCE_BONUS = 0.08
TOO_SHORT, TOO_LONG = 7, 70
# Sentences of a section that are compared: vectors of more would take seconds.
MAX_COMPARED_SENTENCES = 40
_LINES = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading or after one question: spans of its sentences and lines."""

    heading: Block | None
    spans: tuple[tuple[int, int], ...]
    lines: bool


def document_overview(
    library: Library, revisions: Sequence[Revision], question: str, most: int
) -> Answer | None:
    """``most`` sentences that cover the documents, as an answer in quotes; None if there are none.

    Of one document they are a lead sentence and points below it.
    """
    footnotes, sentences, of = CitationNumbering(), list[Sentence](), 0
    each = max(1, most // max(1, len(revisions)))
    for revision in revisions[:MAX_DOCUMENTS]:
        hits = library.passages_as_hits(revision.id)
        if hits:
            parts = _sections(hits[0])
            of += sum(len(part.spans) for part in parts)
            sentences += _cited(footnotes, hits, _of_document(library, hits, parts, each))
    if len(revisions) == 1 and len(sentences) > FEW:
        sentences = [sentences[0], *(replace(point, listed=True) for point in sentences[1:])]
    left_out = len(revisions) - MAX_DOCUMENTS
    more = f" {left_out:,} more documents are left out." if left_out > 0 else ""
    note = f"{len(sentences)} of {of:,} sentences, chosen to cover the whole.{more}"
    return _answer(question, sentences, footnotes, note)


def section_overview(
    library: Library, revision: Revision, heading: Block, question: str
) -> Answer | None:
    """What stands under a heading, as an answer in quotes: whole if it is short."""
    footnotes = CitationNumbering()
    hits = library.passages_as_hits(revision.id)
    if not hits:
        return None
    parts = _under(_sections(hits[0]), hits[0].source.blocks, heading)
    sentences = _cited(footnotes, hits, _of_section(library, hits, parts))
    of = sum(len(part.spans) for part in parts)
    note = f"{len(sentences)} of {of:,} sentences of this section." if len(sentences) < of else ""
    return _answer(question, sentences, footnotes, note)


def section_list(
    library: Library, revision: Revision, heading: Block, question: str
) -> Answer | None:
    """The items of the list or table under a heading, with how many there are; None without one."""
    footnotes = CitationNumbering()
    hits = library.passages_as_hits(revision.id)
    if not hits:
        return None
    blocks = hits[0].source.blocks
    later = [b for b in blocks if b.start > heading.start]
    under = list(
        takewhile(lambda b: b.kind is not BlockKind.HEADING or b.level > heading.level, later)
    )
    rows = {r.start for t in tables(hits[0].source.text, blocks) for r in t.rows}
    items = [b for b in under if b.kind is BlockKind.LIST_ITEM or b.start in rows]
    if len(items) < 2:
        return None
    sentences = _cited(footnotes, hits, [(b.start, b.end) for b in items[:MAX_LIST_ITEMS]])
    return _answer(question, sentences, footnotes, count_of_items(len(sentences), len(items)))


def _answer(
    question: str, sentences: Sequence[Sentence], footnotes: CitationNumbering, note: str
) -> Answer | None:
    if not sentences:
        return None
    notes = (note,) if note else ()
    return Answer(
        question,
        question,
        "answer",
        tuple(sentences),
        footnotes.citations,
        "",
        (),
        1.0,
        "none",
        notes,
    )


def _cited(
    footnotes: CitationNumbering, hits: Sequence[Hit], spans: Sequence[tuple[int, int]]
) -> list[Sentence]:
    cited = (footnotes.cite(_holding(hits, start), start, end) for start, end in spans)
    return [Sentence(c.quote, (c.n,), Verdict.QUOTED) for c in cited]


def headings_of(library: Library, revision: Revision) -> list[Block]:
    """The headings of a document below its title."""
    return [b for b in library.blocks(revision.id) if b.kind is BlockKind.HEADING]


def _holding(hits: Sequence[Hit], at: int) -> Hit:
    """The passage that holds an offset, or the one before it."""
    before = [hit for hit in hits if hit.stored.passage.start <= at]
    return before[-1] if before else hits[0]


def _sections(hit: Hit) -> list[Section]:
    """The text by its headings and interview questions; furniture is left out."""
    sections: list[Section] = []
    opening: Block | None = None
    body: list[Block] = []
    for block in hit.source.blocks:
        if is_furniture(block):
            continue
        if block.kind in (BlockKind.HEADING, BlockKind.QUESTION):
            sections += _section(hit.source.text, opening, body)
            opening, body = block, []
        else:
            body.append(block)
    return sections + list(_section(hit.source.text, opening, body))


def _section(text: str, opening: Block | None, body: Sequence[Block]) -> Iterator[Section]:
    spans: list[tuple[int, int]] = []
    for block in body:
        if block.kind is BlockKind.TABLE_ROW:
            spans.append((block.start, block.end))
            continue
        inside = sentences(text[block.start : block.end])
        spans += [(block.start + a, block.start + b) for a, b in inside]
    spans = [(a, b) for a, b in spans if not is_question(text[a:b]) and _says_something(text[a:b])]
    if spans:
        yield Section(opening, tuple(spans), sum(b.kind in _LINES for b in body) * 2 > len(body))


def _says_something(words: str) -> bool:
    """Whether there is a word in it; a line's number or a rule of dashes is none."""
    return sum(c.isalpha() for c in words) > 1 or "|" in words


def _under(parts: Sequence[Section], blocks: Sequence[Block], heading: Block) -> list[Section]:
    """The sections under a heading, its own and those of deeper headings."""
    stop = next(
        (b.start for b in blocks if b.start > heading.start
         and b.kind is BlockKind.HEADING and b.level <= heading.level),
        None,
    )  # fmt: skip
    return [
        part
        for part in parts
        if part.spans[0][0] > heading.start and (stop is None or part.spans[0][0] < stop)
    ]


def _of_section(
    library: Library, hits: Sequence[Hit], parts: Sequence[Section]
) -> list[tuple[int, int]]:
    text = hits[0].source.text
    spans = [span for part in parts for span in part.spans]
    if _words(text, spans) <= SHORT_SECTION_CHARS or parts and all(p.lines for p in parts):
        return spans[:MAX_LINES]
    scores = _centrality(library, text, spans)
    best = sorted(scores, key=lambda span: -scores[span])[:MAX_SECTION_SENTENCES]
    return sorted(best)


def _words(text: str, spans: Sequence[tuple[int, int]]) -> int:
    return sum(len(text[a:b].split()) for a, b in spans)


def _of_document(
    library: Library, hits: Sequence[Hit], parts: Sequence[Section], most: int
) -> list[tuple[int, int]]:
    """One sentence a section; of many sections those in even steps, of few several of each."""
    text = hits[0].source.text
    prose = [p for p in parts if not p.lines and _words(text, p.spans) > TOO_SHORT] or list(parts)
    if not prose:
        return []
    if len(prose) > most:
        longest = sorted(prose, key=lambda part: -len(part.spans))[:most]
        prose = [part for part in prose if part in longest]
    share, more = divmod(most, len(prose))
    chosen: list[tuple[int, int]] = []
    for at, part in enumerate(prose):
        scores = _centrality(library, text, part.spans)
        count = share + (at < more)
        chosen += sorted(sorted(scores, key=lambda span: -scores[span])[:count])
    return chosen


def _centrality(
    library: Library, text: str, spans: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    """Cosine of each sentence with the section's mean, and what makes it fit to stand alone."""
    step = max(1, len(spans) // MAX_COMPARED_SENTENCES)
    some = list(spans[::step])[:MAX_COMPARED_SENTENCES]
    vectors = library.sentence_vectors([text[a:b] for a, b in some])
    matrix = np.stack([vectors[text[a:b]] for a, b in some])
    mean = matrix.mean(axis=0)
    scores = matrix @ (mean / max(float(np.linalg.norm(mean)), 1e-9))
    centrality: dict[tuple[int, int], float] = {}
    for at, (span, score) in enumerate(zip(some, scores.tolist(), strict=True)):
        words = text[slice(*span)]
        whole = words.count("“") == words.count("”") and not words.count('"') % 2
        fits = whole and TOO_SHORT < len(words.split()) <= TOO_LONG and not refers_back(words)
        centrality[span] = score + FIRST_SENTENCE_BONUS * (at == 0) - 0.25 * (not fits)
    return centrality
