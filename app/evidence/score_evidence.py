"""Scores every sentence of the retrieved passages as evidence for the question.

Every sentence of the passages is scored by a small logistic model (``evals.calibration.calibrate``
fits it) over the reader's span score, its cosine with the question, the rarity-weighted words that
they share, and its passage's place in the ranking. What a sentence needs to be understood comes
with it: the lead-in of a list, the interview question, the sentence before one that opens with a
pronoun.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.evidence.alternatives import split_ambiguous
from app.evidence.calibration import SENTENCE, load_logistic, logistic
from app.evidence.evidence import Evidence, Retrieved, ScoredEvidence
from app.evidence.heading_scores import propagate_heading_scores
from app.evidence.prompt_injection import addresses_model
from app.evidence.reader import Reader, Reading
from app.language.tokens import coverage, words
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion
from ingest.document import LOWER_KINDS, Passage
from ingest.language.sentences import sentences
from store.results import Hit

# What is left of the score of a sentence that speaks to a language model, and of kinds that rank
# lower.
INJECTION_PENALTY = 0.01
LOWER_KIND_PENALTY = 0.5
# And of one that says only what the question does: "Invoice no. 7" is no answer about invoice 7.
ECHO_PENALTY = 0.1
_REFERS_BACK = re.compile(
    r"^[\W_]*(he|she|it|they|this|that|these|those|his|her|its|their|such|both|the (former|latter)|"
    r"here|there|then|however|moreover|also|instead|as a result)\b",
    re.IGNORECASE,
)


def score_evidence(retrieved: Retrieved, reader: Reader) -> ScoredEvidence:
    """Score every sentence of the hits for the question; best first, ties in document order."""
    texts = [h.stored.passage.text for h in retrieved.hits]
    return score_readings(retrieved, reader.read(retrieved.question.text, texts), reader)


def score_readings(
    retrieved: Retrieved, readings: Sequence[Reading], reader: Reader
) -> ScoredEvidence:
    """As ``score_evidence``, with the readings available: batches of questions share one run."""
    question, rarity = retrieved.question, retrieved.rarity
    scored: list[Evidence] = []
    for hit, reading in zip(retrieved.hits, readings, strict=True):
        scored += _score(question, hit, reading, rarity)
    in_order = sorted(propagate_heading_scores(scored), key=lambda e: (-e.score, e.place))
    ranked, unsettled = split_ambiguous(retrieved, in_order)
    alone = None
    if ranked:
        start, end = span_with_antecedent(ranked[0])
        # Read by itself: in its passage, what stands around it may seem to answer.
        alone = reader.read(question.text, [ranked[0].hit.source.text[start:end]])[0]
    return ScoredEvidence(retrieved, tuple(readings), ranked, alone, unsettled)


def _score(
    question: ParsedQuestion, hit: Hit, reading: Reading, rarity: Mapping[str, float]
) -> list[Evidence]:
    passage = hit.stored.passage
    spans = sentences(passage.text)
    whole = coverage(question.content_words, f"{passage.context} {passage.text}", rarity)
    best = [reading.best(a, b) for a, b in spans]
    cosines = hit.cosines or (hit.component_scores.get("dense", 0.0),) * len(spans)
    top = max((s.score for s in best), default=0.0)
    out = []
    for (a, b), span, cosine in zip(spans, best, cosines, strict=True):
        text = passage.text[a:b]
        features = (
            max(span.score, -20.0),
            max(span.score - top, -20.0),
            reading.answerable,
            coverage(question.content_words, text, rarity),
            whole,
            hit.component_scores.get("dense", 0.0),
            cosine,
            1.0 / hit.rank,
        )
        key = (passage.start + span.start, passage.start + span.end)
        out.append(
            Evidence(
                hit,
                passage.start + a,
                passage.start + b,
                text,
                logistic(load_logistic(SENTENCE), features)
                * _penalty(passage, a, b)
                * (ECHO_PENALTY if _echoes(question, text) else 1.0),
                key if span.score > -20 else None,
                features,
            )
        )
    return out


def _penalty(passage: Passage, start: int, end: int) -> float:
    if addresses_model(_line(passage.text, start, end)):
        return INJECTION_PENALTY
    return LOWER_KIND_PENALTY if passage.kind in LOWER_KINDS else 1.0


def _echoes(question: ParsedQuestion, text: str) -> bool:
    """Whether every word of a sentence is the question's, but for a question for yes or no."""
    said = words(text)
    return question.answer_type is not AnswerType.YES_NO and set(said) <= set(question.words)


def _line(text: str, start: int, end: int) -> str:
    """The whole line or lines that ``start:end`` stands in."""
    stop = text.find("\n", end)
    return text[text.rfind("\n", 0, start) + 1 : stop if stop >= 0 else len(text)]


def refers_back(text: str) -> bool:
    """Whether a sentence opens with a word that points back to the one before it."""
    return bool(_REFERS_BACK.match(text))


def span_with_antecedent(evidence: Evidence) -> tuple[int, int]:
    """The span that a person needs to understand the sentence: itself and what it leans on.

    A sentence that opens with a pronoun brings the one before it. A whole list is the business of
    the answer, not of its sentence.
    """
    passage = evidence.hit.stored.passage
    if not refers_back(evidence.text):
        return evidence.start, evidence.end
    before = [(a, b) for a, b in sentences(passage.text) if passage.start + b <= evidence.start]
    # What gives orders explains nothing; nor does what is parted by an empty line.
    if not before or addresses_model(_line(passage.text, *before[-1])):
        return evidence.start, evidence.end
    between = passage.text[before[-1][1] : evidence.start - passage.start]
    apart = between.count("\n") > 1
    return evidence.start if apart else passage.start + before[-1][0], evidence.end
