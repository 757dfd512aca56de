"""The reply between an answer and a refusal: passages that may answer, and that claim nothing.

An answer is claimed only where it is likely enough to be right (``Logistic.claim``), or where it
stands under the same question in the document. Measured in evals/FIGURES.md, "Three replies".
"""

from __future__ import annotations

from dataclasses import replace

from app.answer import Answer
from app.evidence.evidence import ScoredEvidence
from app.language.tokens import STOP_WORDS, soft_match, stem, words
from ingest.document import BlockKind

MAY_ANSWER = "It is not certain that the documents say this. These passages come closest."
LIKELIER_THAN_NOT = 0.5
# Two questions are the same if they share so many of their content words.
SAME_QUESTION = 0.8


def is_claimed(result: ScoredEvidence, likely: float, least: float) -> bool:
    """Whether the best evidence is claimed to answer; ``likely`` is the probability that it does,
    ``least`` the one from which on answers are claimed."""
    if names_nothing(result):
        return False
    return likely >= least or is_asked_there(result)


def as_closest(answer: Answer) -> Answer:
    """The quotes of an answer as the closest passages: without a headline, all of them shown."""
    return replace(answer, kind="closest", headline="", yes_no="", further=0, reason=MAY_ANSWER)


def names_nothing(result: ScoredEvidence) -> bool:
    """Whether no passage that was found has a content word of the question.

    Search by words would have found a passage that has one: it is nonsense, or of other things.
    """
    asked, retrieved = result.question.content_words, result.retrieved
    found = (f"{retrieved.about(hit)} {hit.stored.passage.text}" for hit in retrieved.hits)
    known = {stem(word) for text in found for word in words(text)}
    return bool(asked) and not any(soft_match(word, known) for word in asked)


def is_asked_there(result: ScoredEvidence) -> bool:
    """Whether the best evidence stands under the same question: that of an interview or a FAQ."""
    best = result.evidence[0]
    text, blocks = best.hit.source.text, best.hit.source.blocks
    kinds = (BlockKind.QUESTION, BlockKind.HEADING)
    above = [b for b in blocks if b.end <= best.start and b.kind in kinds]
    if not above or above[-1].kind is not BlockKind.QUESTION:
        return False
    asked = set(map(stem, result.question.content_words))
    there = {stem(w) for w in words(text[above[-1].start : above[-1].end]) if w not in STOP_WORDS}
    # A word more there may be a label: "Q", "Interviewer".
    return len(asked & there) >= SAME_QUESTION * max(len(asked), len(there) - 1) > 0
