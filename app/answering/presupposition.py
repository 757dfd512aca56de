"""Detects a false presupposition: what a question assumes and the closest passage denies."""

from __future__ import annotations

import re

from app.evidence.evidence import ScoredEvidence
from app.language.facts import find_names
from app.language.numbers import find_numbers
from app.language.tokens import content_words, coverage, fold, soft_match, stems, words

CLOSE_COSINE = 0.4
"""Share of the question, by rarity, that the closest passage takes up."""
DENIAL_PROBABILITY = 0.75
"""Probability, by the reader, that the passage says no. Of 64 refused questions that reach both, in
wikipedia-8 (700) and our own sets, 60 presume what the documents do not say."""
MAX_QUOTE_CHARS = 200


def find_contradicted_premise(question: str, result: ScoredEvidence) -> str:
    """What the closest passage says against the question, in a sentence; "" where nothing."""
    if not result.evidence or result.alone is None:
        return ""
    best = result.evidence[0]
    if coverage(question, best.text, result.rarity) < CLOSE_COSINE:
        return ""
    told = _other_value(question, best.text)
    if told or result.alone.contradicted < DENIAL_PROBABILITY:
        return told
    quote = " ".join(best.text.split())
    if len(quote) > MAX_QUOTE_CHARS:
        quote = quote[: MAX_QUOTE_CHARS - 1].rstrip() + "…"
    return f"The closest passage may say otherwise: “{quote}”"


def _other_value(question: str, text: str) -> str:
    """A number in the question that the otherwise matching sentence gives differently."""
    asked, told = find_numbers(question), find_numbers(text)
    foreign = [
        w
        for w in content_words(question)
        if not re.search(r"\d", w) and soft_match(w, stems(text)) == 0
    ]
    shared_names = set(find_names(". " + question)) & set(words(fold(text)))
    if len(asked) == 1 and len(told) == 1 and asked != told and not foreign and shared_names:
        return (
            f"The question presumes {next(iter(asked)):g}, where the closest passage gives "
            f"{next(iter(told)):g}."
        )
    return ""
