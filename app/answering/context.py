"""The context of the prompt: the evidence sentences that a chat model is given, within a budget."""

from __future__ import annotations

from dataclasses import dataclass

from app.answering.extract import choose_quotes
from app.evidence.evidence import Evidence, ScoredEvidence

# Sentences and characters (about four a token) that a prompt carries at most.
MAX_PROMPT_SOURCES = 8
MAX_PROMPT_CHARS = 900


@dataclass(frozen=True, slots=True)
class PromptSource:
    """One numbered source of the prompt: the slice that it stands for, its text and lines."""

    evidence: Evidence
    start: int
    end: int
    text: str
    lines: tuple[tuple[int, int], ...]


def prompt_sources(scored: ScoredEvidence) -> list[PromptSource]:
    """Sources for the prompt: best first until the room is taken, then in document order."""
    taken: list[PromptSource] = []
    room = MAX_PROMPT_CHARS
    chosen = choose_quotes(scored, MAX_PROMPT_SOURCES, nearly=0.0)
    for quote in sorted(chosen, key=lambda q: -q.evidence.score):
        text = quote.evidence.hit.source.text[quote.start : quote.end]
        if taken and len(text) > room:
            continue
        room -= len(text)
        taken.append(PromptSource(quote.evidence, quote.start, quote.end, text, quote.lines))
    ranks = [s.evidence.hit.stored.revision for s in taken]
    return sorted(taken, key=lambda s: (ranks.index(s.evidence.hit.stored.revision), s.start))
