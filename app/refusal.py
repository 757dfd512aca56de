"""Refusing as an answer: what was searched, the closest passages, and what each lacks."""

from __future__ import annotations

from app.answerability import lacks
from app.cite import Footnotes
from app.evidence import Evidence, Found
from app.premise import false_premise
from app.records import Answer, Closest
from store.library import Library

CLOSEST = 3


def refuse(
    result: Found, likely: float, model: str, library: Library, notes: tuple[str, ...] = ()
) -> Answer:
    """A refusal that helps. ``likely`` is the probability that led to it."""
    question = result.question
    footnotes = Footnotes(library.text)
    closest = tuple(
        Closest(footnotes.cite(e.hit, e.start, e.end), lacks(question, e))
        for e in _one_a_passage(result.evidence)
    )
    return Answer(
        question,
        question,
        "refusal",
        (),
        (),
        _reason(question, result, library),
        closest,
        likely,
        model,
        notes,
    )


def _one_a_passage(evidence: tuple[Evidence, ...]) -> list[Evidence]:
    best: dict[str, Evidence] = {}
    for e in evidence:
        best.setdefault(e.hit.stored.id, e)
    return list(best.values())[:CLOSEST]


def _reason(question: str, result: Found, library: Library) -> str:
    if not library.documents():
        return "No document has been taken in yet, so there is nothing to answer from."
    searched = sorted({h.stored.document for h in result.hits})
    where = ", ".join(f"“{d}”" for d in searched[:3]) or "the documents"
    premise = false_premise(question, result)
    told = f" {premise}" if premise else ""
    return f"The documents do not say. I searched {where}.{told}"
