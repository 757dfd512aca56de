"""Answer correctness: accepted answers, exact match, token F1."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

from app.answer import DIRECT_ANSWER_WORDS, Answer
from evals.datasets.case import Case
from evals.datasets.matching import stands_in

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def says_what_is_asked(case: Case, text: str) -> bool:
    """Whether every group of ``case.answers`` has an alternative that occurs in ``text`` and no
    forbidden word does (:func:`evals.datasets.matching.stands_in`; the definition of the
    benchmarks' README, extended to groups so that a list must be complete)."""
    complete = all(any(stands_in(a, text) for a in group) for group in case.answers)
    return complete and not any(stands_in(word, text) for word in case.forbidden)


def is_correct(case: Case, text: str, refused: bool) -> float:
    """1.0 if the case is answered as it should be, else 0.0.

    An answerable question needs an answer that says what is asked; any other needs a refusal.
    """
    if not case.answerable:
        return float(refused)
    return float(not refused and says_what_is_asked(case, text))


def is_direct(case: Case, answer: Answer) -> float:
    """1.0 if the headline, or the first sentence, says what is asked in few words
    (``DIRECT_ANSWER_WORDS``), else 0.0."""
    opening = (
        answer.yes_no or answer.headline or next((s.text for s in answer.sentences), answer.text)
    )
    few = len(opening.split()) <= DIRECT_ANSWER_WORDS
    return float(few and says_what_is_asked(case, opening))


def words_shown(answer: Answer) -> int:
    """Words of the answer without further passages, which are folded."""
    return sum(
        len(text.split())
        for text in (answer.yes_no, answer.headline, *(s.text for s in answer.first))
    )


def squad_normalise(text: str) -> str:
    """SQuAD's normalisation: lower case, ASCII punctuation and articles dropped, white space
    collapsed (Rajpurkar et al. 2016, the official ``evaluate-v2.0.py``)."""
    bare = text.lower().translate(_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str, gold: str) -> float:
    """1.0 if both are equal after :func:`squad_normalise` (SQuAD's EM)."""
    return float(squad_normalise(prediction) == squad_normalise(gold))


def token_f1(prediction: str, gold: str) -> float:
    """SQuAD's token F1: the harmonic mean of the shares of shared tokens, as a bag.

    If one side has no token the score is 1.0 if both have none, else 0.0 (SQuAD 2.0).
    """
    predicted, wanted = squad_normalise(prediction).split(), squad_normalise(gold).split()
    if not predicted or not wanted:
        return float(predicted == wanted)
    shared = sum((Counter(predicted) & Counter(wanted)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(predicted), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def best_over_golds(prediction: str, golds: Sequence[str]) -> tuple[float, float]:
    """``(exact match, token F1)``, each the best over the accepted answers (SQuAD).

    With no accepted answer the right prediction is the empty one (SQuAD 2.0), which is what a
    refusal is scored as.
    """
    wanted = golds or ("",)
    return (
        max(exact_match(prediction, gold) for gold in wanted),
        max(token_f1(prediction, gold) for gold in wanted),
    )
