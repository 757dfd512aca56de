"""Refusals: the reason, the closest passages, and what each lacks.

If the documents may answer all the same, a refusal says that it is not clear.
"""

from __future__ import annotations

from app.answer import Answer, Closest
from app.answering.citations import CitationNumbering
from app.answering.presupposition import find_contradicted_premise
from app.evidence.answerability import lacks
from app.evidence.evidence import Evidence, Retrieved, ScoredEvidence

MAX_CLOSEST_PASSAGES = 3
# Documents that a refusal names as searched.
MAX_NAMED_DOCUMENTS = 3


def build_refusal(
    result: ScoredEvidence,
    likely: float,
    model: str,
    notes: tuple[str, ...] = (),
    *,
    unclear: bool = False,
) -> Answer:
    """A refusal that helps. ``likely`` is the probability that led to it; ``unclear`` is whether
    the documents may answer all the same."""
    question = result.question.text
    footnotes = CitationNumbering()
    closest = tuple(
        Closest(footnotes.cite(e.hit, e.start, e.end), lacks(result.question, e))
        for e in _one_a_passage(result.evidence)
    )
    return Answer(
        question,
        question,
        "unclear" if unclear else "refusal",
        (),
        (),
        _reason(result, closest[0].lacks if closest else "", unclear=unclear),
        closest,
        likely,
        model,
        notes,
    )


def _one_a_passage(evidence: tuple[Evidence, ...]) -> list[Evidence]:
    best: dict[str, Evidence] = {}
    for e in evidence:
        best.setdefault(e.hit.stored.id, e)
    return list(best.values())[:MAX_CLOSEST_PASSAGES]


def _reason(result: ScoredEvidence, lacking: str, *, unclear: bool) -> str:
    if not result.retrieved.documents:
        return "No document has been added yet, so there is nothing to answer from."
    where = ", ".join(f"“{d}”" for d in result.retrieved.documents[:MAX_NAMED_DOCUMENTS])
    if (more := result.retrieved.searched - MAX_NAMED_DOCUMENTS) > 0:
        where += f" and {more:,} more"
    verdict = (
        "It is not clear that the documents say this." if unclear else "The documents do not say."
    )
    premise = find_contradicted_premise(result)
    hint = premise or (f"The closest passage {lacking}." if lacking else "")
    hint = f" {hint}" if hint else ""
    return f"{verdict} I searched {where}.{hint}{_unread(result.retrieved)}"


def _unread(retrieved: Retrieved) -> str:
    """What of the documents was not read, so that the answer may stand there."""
    shown = [f"“{name}”: {omission}" for name, omission in retrieved.unread[:MAX_NAMED_DOCUMENTS]]
    more = len(retrieved.unread) - MAX_NAMED_DOCUMENTS
    return (
        f" Not all of them was read: {' '.join(shown)}"
        + (f" And {more:,} more." if more > 0 else "")
        if shown
        else ""
    )
