"""Asks back if a question fits several places, or says too little to be answered."""

from __future__ import annotations

import re
from dataclasses import replace

from app.answer import Answer, Choice
from app.answering.extract import quote_answer
from app.answering.refusal import build_refusal
from app.evidence.alternatives import labels
from app.evidence.evidence import ScoredEvidence
from app.question.parsed_question import ParsedQuestion
from app.question.rewrite import is_follow_up

TOO_OPEN = "The question does not say what it is about: ask it again with the thing that you mean."
_CONTINUES = re.compile(r"(and|but|or|so|what about|how about)\b", re.IGNORECASE)
LEANS_BACK = "The question leans on one before it, and there is none: say what it is about."


def offer_alternatives(result: ScoredEvidence, likely: float) -> Answer:
    """Quotes of each place that fits, and a question for each that names it."""
    named = labels(result.alternatives)
    choices = tuple(Choice(name, f"{name}: {result.question}") for name in named if name)
    shown = quote_answer(replace(result, evidence=result.alternatives, alone=None), likely)
    return replace(shown, choices=choices if len(set(choices)) == len(named) else ())


def is_underspecified(question: ParsedQuestion) -> Answer | None:
    """The reply to a question by itself that names nothing ("How many?"); None if it does."""
    if question.content_words:
        return None
    return Answer(question.text, question.text, "unclear", (), (), TOO_OPEN, (), 0.0, "none")


def needs_previous_turn(result: ScoredEvidence, answer: Answer) -> Answer:
    """The answer to a question by itself; if it leans on one before it, that is said instead.

    "And the price?" is never answered by itself; other questions that lean back ("When did he
    leave?") are, if the documents hold one thing that fits.
    """
    question = result.question
    continues = _CONTINUES.match(question.text.strip()) is not None
    leans = is_follow_up(question) and (continues or answer.refused)
    if not leans or not result.retrieved.documents:
        return answer
    refused = build_refusal(result, answer.answerable, answer.model, unclear=True)
    return replace(refused, reason=LEANS_BACK, timings_ms=answer.timings_ms)
