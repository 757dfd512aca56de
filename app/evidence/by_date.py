"""Chooses among sentences that differ in their date: the last one, the first one, the current one.

"When was the crane last inspected?" asks what "When was the crane inspected?" does, and then for
the latest of the answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from app.evidence.alternatives import fitting
from app.evidence.evidence import ScoredEvidence
from app.evidence.evidence_date import date_of, written
from app.evidence.reader import Reader
from app.evidence.score_evidence import score_evidence
from app.question.parsed_question import ParsedQuestion

_LATEST = (
    r"(?:most )?(?:recently|recent)|latest|newest|last|current(?:ly)?|at present|(?:right )?now"
)
_EARLIEST = r"first|earliest|oldest|original(?:ly)?"
# "Last year" and "the last name" are no order; a superlative stands before a noun or after a verb.
_TIMED = re.compile(
    rf"\b(?:(?P<latest>{_LATEST})|(?P<earliest>{_EARLIEST}))\b"
    r"(?! (?:name|names|year|month|week|time|aid|floor|class)\b)\s?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeOrder:
    """What a question asks by time: the latest of the answers to ``question``, or the earliest."""

    question: ParsedQuestion
    latest: bool


def time_order(question: ParsedQuestion) -> TimeOrder | None:
    """The question without its word for an order in time; None if it has none."""
    timed = _TIMED.search(question.text)
    if timed is None:
        return None
    rest = f"{question.text[: timed.start()]}{question.text[timed.end() :]}"
    plain = ParsedQuestion(re.sub(r"\s+(?=\?)", "", rest).strip())
    return TimeOrder(plain, timed["latest"] is not None) if plain.content_words else None


def choose_by_date(scored: ScoredEvidence, reader: Reader) -> ScoredEvidence:
    """The evidence with the latest or earliest of sentences alike first, and a note on its date, if
    the question asks for it; else as it is."""
    asked = time_order(scored.question)
    if asked is None or not scored.evidence:
        return scored
    plain = score_evidence(replace(scored.retrieved, question=asked.question), reader)
    alike = fitting(asked.question, plain.evidence)
    dated = [(day, e) for e in alike if (day := date_of(e, latest=asked.latest))]
    days = [day for day, _ in dated]
    if len(set(days)) < 2:
        return scored
    day, chosen = (max if asked.latest else min)(dated, key=lambda pair: pair[0])
    others = tuple(e for e in plain.evidence if e not in alike)
    alone = reader.read(asked.question.text, [chosen.text])[0]
    word = "latest" if asked.latest else "earliest"
    note = f"The {word} of {len(days)} dates: {written(day)}."
    return ScoredEvidence(
        scored.retrieved, plain.readings, (chosen, *others), alone, (), notes=(note,)
    )
