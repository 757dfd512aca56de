"""Detects a false presupposition: what a question assumes and the closest passage denies."""

from __future__ import annotations

import re

from app.evidence.evidence import ScoredEvidence
from app.language.numbers import find_numbers
from app.language.tokens import coverage, fold, soft_match, stems, words
from app.question.parsed_question import ParsedQuestion

CLOSE_COSINE = 0.4
"""Share of the question, by rarity, that the closest passage takes up."""
DENIAL_PROBABILITY = 0.75
"""Probability, by the reader, that the passage says no. Of 64 refused questions that reach both, in
wikipedia-8 (700) and our own sets, 60 presume what the documents do not say."""
MAX_QUOTE_CHARS = 200


def find_contradicted_premise(result: ScoredEvidence) -> str:
    """What the closest passage says against the question, in a sentence; "" if nothing."""
    if not result.evidence or result.alone is None:
        return ""
    question, best = result.question, result.evidence[0]
    if coverage(question.content_words, best.text, result.rarity) < CLOSE_COSINE:
        return ""
    denial = _other_value(question, best.text)
    if denial or result.alone.contradicted < DENIAL_PROBABILITY:
        return denial
    quote = " ".join(best.text.split())
    if len(quote) > MAX_QUOTE_CHARS:
        quote = quote[: MAX_QUOTE_CHARS - 1].rstrip() + "…"
    return f"The closest passage may say otherwise: “{quote}”"


def _other_value(question: ParsedQuestion, text: str) -> str:
    """A number in the question that the otherwise matching sentence gives differently."""
    in_question, in_passage = question.numbers, find_numbers(text)
    foreign = [
        w
        for w in question.content_words
        if not re.search(r"\d", w) and soft_match(w, stems(text)) == 0
    ]
    shared_names = set(question.names) & set(words(fold(text)))
    if (
        len(in_question) == 1
        and len(in_passage) == 1
        and in_question != in_passage
        and not foreign
        and shared_names
    ):
        return (
            f"The question presumes {next(iter(in_question)):g}, where the closest passage gives "
            f"{next(iter(in_passage)):g}."
        )
    return ""
