"""What answers first: the words of the best quote that give what is asked, and what is folded.

A long quote gets a headline: the clause with the reader's span, or the words around that. Further
passages are folded unless the reader doubts the best sentence: so few right answers stand in folded
passages alone (0.05; evals/FIGURES.md, "Directness").
"""

from __future__ import annotations

import re

from app.evidence.evidence import ScoredEvidence
from app.language.tokens import content_words, soft_match, stems

# Log-odds by the reader that the sentence, by itself, answers.
SURE_LOG_PROBABILITY = -1.0
# Words of a headline; a clause of fewer brings the next along, of one with more a part is shown.
MIN_HEADLINE_WORDS, MAX_HEADLINE_WORDS = 4, 15
# A clause ends after such a sign, or before a bracket or dash.
_BREAK = re.compile(r"(?<=[,;:–—)])\s+|\s+(?=[(–—])|(?<=[，、；：])")
_EDGES = " \t\n,;:–—，、；：()[]"


def is_sure(scored: ScoredEvidence) -> bool:
    """Whether the best sentence may stand alone, with further passages folded."""
    return scored.alone is not None and scored.alone.answerable >= SURE_LOG_PROBABILITY


def headline(text: str, key: tuple[int, int], question: str = "") -> str:
    """The words of a sentence that answer: a slice of ``text``, around the reader's span in it.

    Of the clauses around the span those are taken that hold most of the question's words, and no
    more than that takes. "" if the span by itself has more than ``MAX_HEADLINE_WORDS`` words.
    """
    start, end = key
    ends = [m.start() for m in _BREAK.finditer(text)] + [len(text)]
    begins = [0] + [m.end() for m in _BREAK.finditer(text)]
    slices = [(b, e) for b in reversed(begins) if b <= start for e in ends if e >= end]
    short = [s for s in slices if MIN_HEADLINE_WORDS <= _words(text, s) <= MAX_HEADLINE_WORDS]
    if short:
        question_words = content_words(question)

        def fit(span: tuple[int, int]) -> tuple[float, int]:
            among = stems(text[slice(*span)])
            return sum(soft_match(w, among) for w in question_words), -_words(text, span)

        low, high = max(short, key=fit)
    else:
        low, high = _around(text, min(slices, key=lambda s: _rank(text, s)), key)
    return text[low:high].strip(_EDGES)


def _words(text: str, span: tuple[int, int]) -> int:
    return len(text[slice(*span)].split())


def _rank(text: str, span: tuple[int, int]) -> tuple[bool, int]:
    """The shortest clauses that are long enough come first."""
    return _words(text, span) < MIN_HEADLINE_WORDS, _words(text, span)


def _around(text: str, clause: tuple[int, int], key: tuple[int, int]) -> tuple[int, int]:
    """At most ``MAX_HEADLINE_WORDS`` words of the clause, with the key near their middle; nothing
    if the key itself has more."""
    low, high = clause
    words = [(low + m.start(), low + m.end()) for m in re.finditer(r"\S+", text[low:high])]
    first = next(i for i, (_, end) in enumerate(words) if end > key[0])
    last = max(i for i, (start, _) in enumerate(words) if start < key[1])
    room = MAX_HEADLINE_WORDS - (last - first + 1)
    if room < 0:
        return low, low
    before = min(first, max(room // 2, room - (len(words) - 1 - last)))
    after = min(len(words) - 1 - last, room - before)
    return words[first - before][0], words[last + after][1]
