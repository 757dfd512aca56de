"""Answerability: one calibrated probability that the evidence answers the question.

The features: what the reader says of the passages and of the best evidence by itself, whether the
question's names and numbers occur at all, whether the evidence holds the kind of thing asked for;
and, if a chat model is available, its log-odds that these sentences answer the question, and
whether its reply states an answer. Each can only raise the probability, or only
lower it. Retrieval scores are left out: they separate one set's near misses well, and other
documents' badly (evals/FIGURES.md).
"""

from __future__ import annotations

import math

from app.evidence.answer_kind import contains_answer_type
from app.evidence.calibration import (
    ANSWERABLE,
    ANSWERABLE_WITH_MODEL,
    TABLE,
    Fits,
    Logistic,
    load_logistic,
    logistic,
)
from app.evidence.evidence import Evidence, ScoredEvidence
from app.language.facts import name_occurs
from app.language.numbers import find_numbers
from app.language.tokens import soft_match, stems, words
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion

# How many of the best sentences count as the evidence for a question.
EVIDENCE_SENTENCES = 3
# Probabilities nearer to 0 or 1 say no more.
MIN_PROBABILITY = 1e-4
# What a chat model denies twice is not likelier than this: below every threshold.
DENIED_PROBABILITY = 0.1


def _missing_names(question: ParsedQuestion, text: str) -> float:
    """Share of the question's names that the text lacks (0 if it has none)."""
    among, named = set(words(text)), question.names
    return sum(not name_occurs(n, among) for n in named) / len(named) if named else 0.0


def _missing_figures(question: ParsedQuestion, text: str) -> float:
    """1 if the question writes a year or another figure that the text lacks, else 0."""
    return float(bool(question.figures - find_numbers(text)))


def features(scored: ScoredEvidence) -> tuple[float, ...]:
    """The numbers that the probability is made of, in the order of ``FEATURE_NAMES``."""
    top = scored.evidence[:EVIDENCE_SENTENCES]
    if not top or scored.alone is None:
        return (-20.0, -10.0, -10.0, 1.0, 1.0, 1.0, 0.0)
    question, best = scored.question, top[0].hit.stored.passage
    about = scored.retrieved.about(top[0].hit)
    kind = question.answer_type
    holds = kind is AnswerType.OTHER or contains_answer_type(top[0].text, question)
    return (
        max(e.features[0] for e in top),
        max(r.answerable for r in scored.readings),
        scored.alone.answerable,
        # What says no to a question for yes or no answers it.
        0.0 if kind is AnswerType.YES_NO else scored.alone.contradicted,
        _missing_names(question, f"{about} {best.text}"),
        _missing_figures(question, f"{about} {best.text}"),
        float(holds),
    )


FEATURE_NAMES = (
    "reader span",
    "reader answerable, best",
    "reader answerable, of the evidence alone",
    "contradicted by the evidence alone",
    "names missing",
    "figures missing",
    "kind held",
)
FEATURE_SIGNS = (1, 1, 1, -1, -1, -1, 1)
"""What more of a feature does to the probability: it never lowers (1) or never raises (-1) it."""


MODEL_FEATURE_NAMES = ("log-odds in quotes", "model's yes", "model stated an answer")
PROBE_FEATURE_NAMES = ("log-odds in quotes", "probe of the model", "model stated an answer")
"""The same for the local model (``app.evidence.model_probe``)."""
MODEL_FEATURE_SIGNS = (1, 1, 1)


def probability(scored: ScoredEvidence, fit: Logistic | None = None) -> float:
    """Calibrated probability that the evidence answers the question; by the shipped fit if None."""
    if not scored.evidence:
        return 0.0
    return logistic(fit or load_logistic(ANSWERABLE), features(scored))


def model_features(
    scored: ScoredEvidence, judged: tuple[float, float], quotes: Logistic | None = None
) -> tuple[float, ...]:
    """The numbers that the probability with a chat model is made of, as ``MODEL_FEATURE_NAMES`` or
    ``PROBE_FEATURE_NAMES`` has them.

    ``judged`` is the model's log-odds that the sources answer (``app.answering.judge``), and 1 if
    its reply states an answer or 0 if it does not.
    """
    chance = min(max(probability(scored, quotes), MIN_PROBABILITY), 1 - MIN_PROBABILITY)
    return (math.log(chance / (1 - chance)), *judged)


def probability_with_model(
    scored: ScoredEvidence, judged: tuple[float, float], fits: Fits | None = None
) -> float:
    """As ``probability``, by what a chat model made of the evidence too (``model_features``)."""
    if not scored.evidence:
        return 0.0
    quotes, model = (
        (fits.quotes, fits.model) if fits else (None, load_logistic(ANSWERABLE_WITH_MODEL))
    )
    likely = logistic(model, model_features(scored, judged, quotes))
    return min(likely, DENIED_PROBABILITY) if is_denied(judged) else likely


def is_denied(judged: tuple[float, float]) -> bool:
    """Whether a chat model says no twice: as it is judged before it writes, and by its reply.

    Then the question is not answered, however sure the reader is. With the local model that is
    said of 0.56 of the unanswerable questions of our sets, and of 0.08 of the others.
    """
    yes, stated = judged
    return yes < 0 and not stated


def table_threshold(strictness: str) -> float:
    """The least probability at which a table's answer is given."""
    return load_logistic(TABLE).thresholds[strictness]


def lacks(question: ParsedQuestion, evidence: Evidence) -> str:
    """What a passage lacks of what the question asks, in a few words; "" if that is unclear."""
    passage = evidence.hit.stored.passage
    text = f"{passage.context} {passage.text}"
    among = stems(text)
    gone = [w for w in question.content_words if soft_match(w, among) == 0]
    missing_numbers = sorted(question.numbers - find_numbers(text))
    kind = question.answer_type
    parts = []
    missing = _as_asked(question.text, [w for w in gone if not w.isdigit()])
    if missing_numbers:
        missing += [f"{n:g}" for n in missing_numbers]
    if missing:
        parts.append("says nothing of " + ", ".join(f"“{w}”" for w in missing[:4]))
    if kind not in (
        AnswerType.OTHER,
        AnswerType.YES_NO,
        AnswerType.LIST,
    ) and not contains_answer_type(passage.text, question):
        parts.append(f"gives no {kind.value}")
    return " and ".join(parts)


def _as_asked(question: str, folded: list[str]) -> list[str]:
    """Folded words as the question writes them."""
    written = {w: raw for raw in question.replace("’", "'").split() for w in words(raw)}
    return [written.get(w, w).strip(".,;:?!\"'()") for w in folded]
