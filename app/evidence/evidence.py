"""The data model of evidence: what was retrieved for a question, and the sentences found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from app.evidence.reader import Reading
from app.question.parsed_question import ParsedQuestion
from ingest.document import BlockKind
from ingest.titles import name_in_words
from store.results import Hit
from store.search.retrieval import Retrieval

# Running heads of a document that show what it is, their length, and the blocks looked at.
MAX_HEADS, MAX_HEAD_CHARS, MAX_HEAD_BLOCKS = 6, 120, 120


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence (or list line) found for a question.

    ``start:end`` are offsets in the revision's text; ``score`` is the probability, 0 to 1, that it
    holds the answer; ``key`` is the reader's span in it (offsets in the revision) or None;
    ``features`` are the numbers that the score was made of, in the order of ``SENTENCE``.
    """

    hit: Hit
    start: int
    end: int
    text: str
    score: float
    key: tuple[int, int] | None
    features: tuple[float, ...]

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands, for putting evidence in the order of the document."""
        return self.hit.stored.revision, self.start


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What search gives for one question: all that later stages need from the store.

    ``retrieval`` is what the store gave.
    """

    question: ParsedQuestion
    retrieval: Retrieval

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The passages, best first."""
        return self.retrieval.hits

    @property
    def rarity(self) -> Mapping[str, float]:
        """The idf of the question's words."""
        return self.retrieval.idf

    @property
    def documents(self) -> tuple[str, ...]:
        """The names of the first of the documents that were searched."""
        return tuple(revision.document for revision in self.retrieval.listing.first)

    @property
    def searched(self) -> int:
        """How many documents were searched."""
        return self.retrieval.listing.count

    @property
    def unread(self) -> tuple[tuple[str, str], ...]:
        """What of them was not read: pairs of a document's name and a sentence."""
        return self.retrieval.listing.unread

    def about(self, hit: Hit) -> str:
        """What shows which document and part a hit is of: name, title, headings and the heads of
        its pages ("Invoice no. 7")."""
        stored = hit.stored
        name = name_in_words(stored.document)
        heads = " ".join(page_heads(hit))
        return f"{name} {stored.title} {stored.passage.context} {heads}".rstrip()


def page_heads(hit: Hit) -> list[str]:
    """The running heads and feet of a hit's document that begin on its first page."""
    if hit.stored.passage.page is None:
        return []
    first = takewhile(lambda b: b.page in (None, 1, 2), hit.source.blocks[:MAX_HEAD_BLOCKS])
    lines = [b for b in first if b.kind is BlockKind.BOILERPLATE and b.page == 1]
    return [hit.source.text[b.start : b.end][:MAX_HEAD_CHARS] for b in lines[:MAX_HEADS]]


@dataclass(frozen=True, slots=True)
class ScoredEvidence:
    """What was retrieved for one question, how it was read, and the evidence in it, best first.

    ``alone`` is the reading of the best evidence by itself, without the rest of its passage; None
    if there is no evidence. ``alternatives`` are places that fit equally well and say different
    things, if nothing says which is meant (``app.evidence.alternatives``). ``notes`` say to the
    reader why one of them was chosen.
    """

    retrieved: Retrieved
    readings: tuple[Reading, ...]
    evidence: tuple[Evidence, ...]
    alone: Reading | None = None
    alternatives: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def question(self) -> ParsedQuestion:
        """The question, standing alone."""
        return self.retrieved.question

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The passages, best first."""
        return self.retrieved.hits

    @property
    def rarity(self) -> Mapping[str, float]:
        """The idf of the question's words."""
        return self.retrieved.rarity
