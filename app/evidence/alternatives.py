"""Places that fit a question equally well and say different things: two price lists, two people.

If the question names what belongs to one of them alone, that one is meant. If it does not,
only the asker knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.evidence.evidence import Evidence, Retrieved
from app.evidence.evidence_date import has_date
from app.language.tokens import STOP_WORDS, fold, stem, stems, words
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion
from ingest.document import LOWER_KINDS, BlockKind

MAX_CANDIDATES = 12
"""Sentences, of the best, among which alternatives are looked for."""
NEAR_PROBABILITY = 0.3
"""What says another thing in the same words is at least this likely, as a share of the best one."""
AS_LIKELY = 0.5
"""The same of what fits equally well."""
ALIKE_COSINE = 0.6
MIN_ALTERNATIVES = 2
"""So many words, and that share of all without what each answers, alternatives have in common."""
MAX_ALTERNATIVES = 3
_DIGIT = re.compile(r"\d")


def split_ambiguous(
    retrieved: Retrieved, ranked: Sequence[Evidence]
) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
    """The evidence without alternatives that are not meant, and those between which nothing
    decides.

    The second is empty, or holds two or three places, the best first.
    """
    question = retrieved.question
    alike = fitting(question, ranked)
    if len(alike) < 2:
        return tuple(ranked), ()
    days = [(d.year or 0, d.month, d.day or 0) for d in question.dates]
    named = [
        question.content_stems & stems(f"{retrieved.about(e.hit)} {e.text}")
        | {str(day) for day in days if has_date(e, day)}
        for e in alike
    ]
    if all(mine - named[0].intersection(*named) for mine in named):
        return tuple(ranked), ()  # "A or B": all are asked for
    met = [len(mine) for mine in named]
    meant = [e for e, n in zip(alike, met, strict=True) if n == max(met)]
    others = [e for e in ranked if e not in alike]
    alternatives = (meant[0], *sorted([*meant[1:], *others], key=lambda e: (-e.score, e.place)))
    equal = [e for e in meant if e.score >= AS_LIKELY * ranked[0].score][:MAX_ALTERNATIVES]
    return alternatives, tuple(equal) if len(equal) > 1 else ()


def fitting(question: ParsedQuestion, ranked: Sequence[Evidence]) -> list[Evidence]:
    """The best sentence and those that say another thing in the same words."""
    if not ranked or question.answer_type in (AnswerType.LIST, AnswerType.YES_NO):
        return []
    best = ranked[0]
    if _is_table_row(best):
        return []  # what a table holds is looked up or computed
    alike = [best]
    below = best.hit.stored.passage.kind in LOWER_KINDS
    for e in ranked[1:MAX_CANDIDATES]:
        # What a mail quotes is no alternative to what it says itself.
        if e.hit.stored.passage.kind in LOWER_KINDS and not below:
            continue
        if e.score < NEAR_PROBABILITY * best.score:
            break
        if all(_differ(e, other) for other in alike):
            alike.append(e)
    return alike


def _is_table_row(evidence: Evidence) -> bool:
    blocks = evidence.hit.source.blocks
    here = next((b for b in blocks if b.start <= evidence.start < b.end), None)
    return here is not None and here.kind is BlockKind.TABLE_ROW


def _differ(one: Evidence, other: Evidence) -> bool:
    one_answer, other_answer = answer_words(one), answer_words(other)
    if (
        not one_answer
        or not other_answer
        or one_answer <= other_answer
        or other_answer <= one_answer
    ):
        return False
    left, right = _frame(one), _frame(other)
    shared = len(left & right)
    return shared >= MIN_ALTERNATIVES and shared >= ALIKE_COSINE * len(left | right)


def answer_words(evidence: Evidence) -> set[str]:
    """The folded words of what the reader takes for the answer."""
    if evidence.key is None:
        return set()
    return set(words(evidence.hit.source.text[slice(*evidence.key)])) - STOP_WORDS


def _rest(evidence: Evidence) -> str:
    """The sentence without its answer."""
    assert evidence.key is not None
    text = evidence.hit.source.text
    start, end = (min(max(at, evidence.start), evidence.end) for at in evidence.key)
    return f"{text[evidence.start : start]} {text[end : evidence.end]}"


def _frame(evidence: Evidence) -> set[str]:
    """Stems of the sentence without its answer, and without capitals and numbers, which differ."""
    plain = " ".join(w for w in _rest(evidence).split() if w == w.lower() and not _DIGIT.search(w))
    return {stem(w) for w in words(plain) if w not in STOP_WORDS}


def labels(alternatives: Sequence[Evidence]) -> list[str]:
    """What distinguishes each alternative from the others, in the documents' words; "" if nothing
    does.

    It is the document, else the innermost heading, else words of the sentence.
    """
    stored = [e.hit.stored for e in alternatives]
    documents = [s.document for s in stored]
    if len(set(documents)) == len(documents):
        return documents
    headings = [s.passage.headings[-1] if s.passage.headings else "" for s in stored]
    if len(set(headings)) == len(headings) and all(headings):
        return headings
    frames = [{stem(w) for w in words(_rest(e)) if w not in STOP_WORDS} for e in alternatives]
    own = [
        frame - set().union(*(f for f in frames if f is not frame), answer_words(e))
        for e, frame in zip(alternatives, frames, strict=True)
    ]
    return [_written(e.text, mine) for e, mine in zip(alternatives, own, strict=True)]


def _written(text: str, words: set[str]) -> str:
    """The words of a text that have these stems, as it writes them."""
    raw_words = [w.strip(".,;:?!\"'()“”") for w in text.split()]
    return " ".join(w for w in raw_words if w and stem(fold(w)) in words)
