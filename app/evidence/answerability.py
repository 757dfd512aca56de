"""Answerability: one calibrated probability that the evidence answers the question.

The features: what the reader says of the passages, how much of the question's content the evidence
takes up (weighted by rarity), whether its names and numbers occur at all, whether the evidence
holds the kind of thing asked for, the retrieval scores, and, where a chat model is available, the
log-odds of its "yes" to "do these sentences answer the question?".
"""

from __future__ import annotations

from app.evidence.calibration import (
    ANSWERABLE,
    ANSWERABLE_WITH_MODEL,
    TABLE,
    load,
    logistic,
)
from app.evidence.evidence import Evidence, ScoredEvidence
from app.language.facts import name_stands, names
from app.language.numbers import numbers
from app.language.text import content_words, coverage, soft_match, stems, words
from app.question.answer_type import AnswerType, answer_type, contains_answer_type

# How many of the best sentences count as the evidence for a question.
EVIDENCE_SENTENCES = 3


def _missing_names(question: str, text: str) -> float:
    """Share of the question's names and numbers that the text lacks (0 where it has none)."""
    among = set(words(text))
    named = names(". " + question)
    numbered = numbers(question)
    lacking = sum(not name_stands(n, among) for n in named) + len(numbered - numbers(text))
    total = len(named) + len(numbered)
    return lacking / total if total else 0.0


def _rarest_missing(question: str, text: str, rarity: dict[str, float]) -> float:
    """Rarity (0 to 1, of the rarest asked) of the rarest content word that the text lacks."""
    among = stems(text)
    rarest = max(rarity.values(), default=1.0) or 1.0
    lacking = [rarity.get(w, rarest) for w in content_words(question) if soft_match(w, among) == 0]
    return max(lacking, default=0.0) / rarest


def features(found: ScoredEvidence) -> tuple[float, ...]:
    """The numbers that the probability is made of, in the order of ``NAMES``."""
    question, rarity = found.question, found.rarity
    top = found.evidence[:EVIDENCE_SENTENCES]
    if not top:
        return (-20.0, -10.0, -10.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    best = top[0].hit.stored.passage
    passage = f"{best.context} {best.text}"
    few = " ".join(e.text for e in top)
    kind = answer_type(question)
    return (
        max(e.features[0] for e in top),
        max(r.answerable for r in found.readings),
        top[0].features[2],
        coverage(question, few, rarity),
        coverage(question, passage, rarity),
        coverage(question, top[0].text, rarity),
        _missing_names(question, passage),
        _rarest_missing(question, f"{passage} {few}", rarity),
        1.0
        if kind is AnswerType.OTHER or contains_answer_type(kind, top[0].text, question)
        else 0.0,
        max((h.parts.get("dense", 0.0) for h in found.hits), default=0.0),
        max((max(h.cosines, default=0.0) for h in found.hits), default=0.0),
    )


NAMES = (
    "reader span",
    "reader answerable, best",
    "reader answerable, of the evidence",
    "coverage by the evidence",
    "coverage by the passage",
    "coverage by the sentence",
    "names missing",
    "rarest missing",
    "kind held",
    "cosine",
    "cosine of the nearest sentence",
)


# Beside what the model says, what the reader and the words say adds nothing that held up.
MODEL_NAMES = ("model's yes", "model stated an answer")


def probability(found: ScoredEvidence, said: tuple[float, float] | None = None) -> float:
    """Calibrated probability that the evidence answers the question.

    ``said`` is what a chat model made of it: its log-odds of "yes", and 1 where its reply states an
    answer or 0 where it does not; None where no model was asked.
    """
    if not found.evidence:
        return 0.0
    if said is None:
        return logistic(ANSWERABLE, features(found))
    return logistic(ANSWERABLE_WITH_MODEL, said)


def threshold(strictness: str, *, with_model: bool) -> float:
    """The least probability at which a question is answered."""
    return load(ANSWERABLE_WITH_MODEL if with_model else ANSWERABLE).thresholds[strictness]


def table_threshold(strictness: str) -> float:
    """The least probability at which a table's answer is given."""
    return load(TABLE).thresholds[strictness]


def lacks(question: str, evidence: Evidence) -> str:
    """What a passage lacks of what the question asks, in a few words; "" where that is unclear."""
    passage = evidence.hit.stored.passage
    text = f"{passage.context} {passage.text}"
    among = stems(text)
    gone = [w for w in content_words(question) if soft_match(w, among) == 0]
    missing_numbers = sorted(numbers(question) - numbers(text))
    kind = answer_type(question)
    parts = []
    spoken = _as_asked(question, [w for w in gone if not w.isdigit()])
    if missing_numbers:
        spoken += [f"{n:g}" for n in missing_numbers]
    if spoken:
        parts.append("says nothing of " + ", ".join(f"“{w}”" for w in spoken[:4]))
    if kind not in (
        AnswerType.OTHER,
        AnswerType.YES_NO,
        AnswerType.LIST,
    ) and not contains_answer_type(kind, passage.text, question):
        parts.append(f"gives no {kind.value}")
    return " and ".join(parts)


def _as_asked(question: str, folded: list[str]) -> list[str]:
    """Folded words as the question writes them."""
    written = {w: raw for raw in question.replace("’", "'").split() for w in words(raw)}
    return [written.get(w, w).strip(".,;:?!\"'()") for w in folded]
