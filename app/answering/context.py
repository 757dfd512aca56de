"""The context of the prompt: the evidence that a chat model is given, within a budget."""

from __future__ import annotations

from dataclasses import dataclass

from app.answering.extract import choose_quotes
from app.evidence.evidence import Evidence, ScoredEvidence

# Sentences and characters (about four a token) that a prompt carries at most.
MAX_PROMPT_SOURCES = 8
MAX_PROMPT_CHARS = 1000


@dataclass(frozen=True, slots=True)
class PromptSource:
    """One numbered source of the prompt: the slice that it stands for, its text and lines."""

    evidence: Evidence
    start: int
    end: int
    text: str
    lines: tuple[tuple[int, int], ...]

    def overlaps(self, other: PromptSource) -> bool:
        """Whether they share text."""
        same = self.evidence.hit.stored.revision == other.evidence.hit.stored.revision
        return same and self.start < other.end and other.start < self.end


def prompt_sources(scored: ScoredEvidence) -> list[PromptSource]:
    """Sources for the prompt, in document order.

    The best quote, the other sentences of its passage (what a sentence speaks of stands in those
    around it), then quotes of other passages, best first, until the room is taken.
    """
    quotes = [
        PromptSource(q.evidence, q.start, q.end, text[q.start : q.end], q.lines)
        for q in choose_quotes(scored, MAX_PROMPT_SOURCES, nearly=0.0)
        for text in (q.evidence.hit.source.text,)
    ]
    quotes.sort(key=lambda s: -s.evidence.score)
    taken: list[PromptSource] = []
    room = MAX_PROMPT_CHARS
    for source in [*quotes[:1], *_passage_of(quotes, scored), *quotes[1:]]:
        if taken and (len(source.text) > room or any(source.overlaps(t) for t in taken)):
            continue
        room -= len(source.text)
        taken.append(source)
    ranks = [s.evidence.hit.stored.revision for s in taken]
    return sorted(taken, key=lambda s: (ranks.index(s.evidence.hit.stored.revision), s.start))


def _passage_of(quotes: list[PromptSource], scored: ScoredEvidence) -> list[PromptSource]:
    """The sentences of the best quote's passage, best first."""
    if not quotes:
        return []
    passage = quotes[0].evidence.hit.stored
    sentences = [e for e in scored.evidence if e.hit.stored == passage]
    return [
        PromptSource(e, e.start, e.end, e.text, ((e.start, e.end),))
        for e in sorted(sentences, key=lambda e: -e.score)
    ]
