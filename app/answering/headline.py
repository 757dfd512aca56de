"""What answers first: the words of the best quote that answer, and what is folded.

Over a long quote stand the reader's span and what it counts ("nine international airports"), if
the reader is sure of the sentence. Further passages are folded unless the reader doubts the best
sentence: so few right answers stand in folded passages alone (0.05; evals/FIGURES.md,
"Directness").
"""

from __future__ import annotations

import re

from app.evidence.answer_kind import contains_answer_type
from app.evidence.evidence import ScoredEvidence
from app.language.numbers import find_numbers
from app.language.tokens import STOP_WORDS, fold
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion

# Log-odds by the reader that the sentence, by itself, answers.
SURE_LOG_PROBABILITY = -1.0
# And from which on the words of its span stand over it.
SURE_OF_WORDS = -0.7
MAX_HEADLINE_WORDS = 12
MOST_COUNTED_WORDS = 3
"""Words after a number that may say what it counts."""
ONE_THING = (AnswerType.DATE, AnswerType.NUMBER, AnswerType.PERSON, AnswerType.PLACE)
"""Kinds of questions that one item of an enumeration may answer."""
_EDGES = " \t\n,;:.!?–—，、；：。！？"
_PAIRS = {"(": ")", "[": "]", "“": "”", "«": "»", "（": "）", "「": "」"}
_NEXT_WORD = re.compile(r"\s+([^\W\d_]*[^\Ws_]s\b|[^\W\d_][\w'’-]*)")
_COMMAS = (",", "，", "、")
_ARTICLE = re.compile(r"\b(?:the|an?)\s+$", re.IGNORECASE)
# At most four words between a comma and the next, or before "and".
_NEXT_ITEM = re.compile(r"\s*[,，、]\s*(?:[^\s,]+\s+){0,3}?(?:[^\s,]+\s*[,，、]|(?:and|or)\b)")
_PLURAL = re.compile(r"[^s]s$")
_ABOUT = re.compile(r"\b((?:about|around|almost|nearly|roughly|some|over|under|up to|at least|"
                    r"at most|more than|less than|fewer than)\s+)$", re.IGNORECASE)  # fmt: skip


def is_sure(scored: ScoredEvidence) -> bool:
    """Whether the best sentence may stand alone, with further passages folded."""
    return scored.alone is not None and scored.alone.answerable >= SURE_LOG_PROBABILITY


def words_are_sure(scored: ScoredEvidence) -> bool:
    """Whether the best sentence may have a headline."""
    return scored.alone is not None and scored.alone.answerable >= SURE_OF_WORDS


def headline(text: str, key: tuple[int, int], question: ParsedQuestion) -> str:
    """The words of a sentence that answer: a slice of ``text`` around ``key``, the reader's span.

    A number stands with what it counts and how nearly. "" if the span has more than
    ``MAX_HEADLINE_WORDS`` words, a bracket without its other half, nothing of the kind asked for,
    or is one item of several if not one thing is asked for.
    """
    start, end = key
    kind = question.answer_type
    if kind not in ONE_THING and _is_item(text, start, end):
        return ""
    if kind is AnswerType.NUMBER:
        start, end = _with_counted(text, start, end)
    said = text[start:end].strip(_EDGES)
    if kind in ONE_THING and not contains_answer_type(said, question):
        return ""
    balanced = all(said.count(a) == said.count(b) for a, b in _PAIRS.items())
    return said if balanced and 0 < len(said.split()) <= MAX_HEADLINE_WORDS else ""


def _is_item(text: str, start: int, end: int) -> bool:
    """Whether a comma stands right before, an article aside, or a short item follows."""
    before = _ARTICLE.sub("", text[:start]).rstrip()
    return before.endswith(_COMMAS) or bool(_NEXT_ITEM.match(text, end))


def _with_counted(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of a number with the words around it that belong to it."""
    about = _ABOUT.search(text[:start])
    begins = about.start(1) if about else start
    if not find_numbers(text[start:end]) or _PLURAL.search(text[start:end]):
        return begins, end
    for _ in range(MOST_COUNTED_WORDS):
        word = _NEXT_WORD.match(text, end)
        if word is None or fold(word[1]) in STOP_WORDS:
            break
        end = word.end()
        if _PLURAL.search(word[1]):
            break
    return begins, end
