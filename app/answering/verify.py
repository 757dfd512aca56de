"""Verifies a sentence against its cited text: facts first, then entailment by the reader.

Numbers, dates, names and quotations of the sentence must occur in the cited text
(``app.language.facts`` normalises both). Then the reader's support head judges meaning (negation,
who did what to whom), and the words that the sentence adds of its own are counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.answer import Verdict
from app.evidence.reader import Reader
from app.language.dates import dates
from app.language.facts import name_stands, names, quotations
from app.language.numbers import numbers
from app.language.text import content_words, fold, soft_match, stems, words

# Chosen on answers of the local model to the benchmark's development questions, read by people.
SUPPORTED = 0.55
CONTRADICTED = 0.60
MOST_NEW_WORDS = 0.40
_NEGATING = """
not no never none nobody nothing neither nor without cannot refused denied failed lacks lacked isn't
wasn't weren't aren't doesn't didn't don't won't can't couldn't hasn't haven't hadn't
"""
_NEGATION = frozenset(_NEGATING.split())


@dataclass(frozen=True, slots=True)
class Source:
    """The cited words and what stands around them.

    ``quote`` is what the citation shows; ``around`` adds its passage and the passage's context
    (headings, the interview's question), which may resolve names and pronouns but no number.
    """

    quote: str
    around: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and, where it is not good, what is missing or wrong ("" otherwise)."""

    verdict: Verdict
    why: str = ""


def normalise_sentence(text: str) -> str:
    """Folded, single-spaced, without marks at the ends or Markdown emphasis."""
    return " ".join(re.sub(r"[*_`#>“”\"]", "", fold(text)).split()).strip(" .,;:!?-–—•")


def is_quoted(sentence: str, quote: str) -> bool:
    """Whether the sentence occurs in the quote word for word."""
    said = normalise_sentence(sentence)
    return bool(said) and said in normalise_sentence(quote)


def missing_facts(sentence: str, source: Source) -> list[str]:
    """Facts of the sentence that the source lacks, each as a few words for the reader."""
    gone: list[str] = []
    cited_numbers = numbers(source.quote)
    for value in sorted(numbers(sentence) - cited_numbers):
        gone.append(f"the number {value:g}")
    cited_dates = dates(source.quote)
    gone += [
        f"the date {_spoken(d.year, d.month, d.day)}"
        for d in sorted(dates(sentence), key=str)
        if not any(d.fits(c) for c in cited_dates)
    ]
    among = set(words(f"{source.quote} {source.around}"))
    gone += [f"the name “{n}”" for n in names(sentence) if not name_stands(n, among)]
    said = " ".join(fold(source.quote).split())
    gone += [f"the quotation “{q}”" for q in quotations(sentence) if q not in said]
    return gone


def _spoken(year: int | None, month: int, day: int | None) -> str:
    return "-".join(f"{part:02d}" for part in (year, month, day) if part is not None)


def share_of_new_words(sentence: str, source: Source, question: str = "") -> float:
    """Share of the sentence's content words met neither by the source nor by the question."""
    said = content_words(sentence)
    if not said:
        return 0.0
    among = stems(f"{source.quote} {source.around} {question}")
    return sum(soft_match(w, among) == 0 for w in said) / len(said)


def _negated(text: str) -> bool:
    return bool(_NEGATION & set(words(text)))


def judge(sentence: str, source: Source, support: Sequence[float], question: str = "") -> Judgement:
    """The verdict on one sentence.

    ``support`` is the reader's (supported, contradicted, neither) for it, summing to 1.
    """
    if is_quoted(sentence, source.quote):
        return Judgement(Verdict.QUOTED)
    gone = missing_facts(sentence, source)
    if gone:
        return Judgement(Verdict.UNSUPPORTED, "the source does not have " + ", ".join(gone[:3]))
    supported, contradicted, _ = support
    if contradicted >= CONTRADICTED and contradicted > supported:
        return Judgement(Verdict.UNSUPPORTED, "the source says otherwise")
    if _negated(sentence) != _negated(source.quote) and supported < 0.9:
        return Judgement(Verdict.PARTLY, "one of the two is negated")
    foreign = share_of_new_words(sentence, source, question)
    if foreign > MOST_NEW_WORDS:
        return Judgement(Verdict.UNSUPPORTED, "the source does not speak of this")
    if supported >= SUPPORTED or foreign == 0.0 and supported > contradicted:
        return Judgement(Verdict.SUPPORTED)
    return Judgement(Verdict.PARTLY, "the source says only part of this")


def judge_all(
    sentences: Sequence[str], sources: Sequence[Source], reader: Reader, question: str = ""
) -> list[Judgement]:
    """One judgement a sentence, in order; the reader runs once for all."""
    support = reader.support(sentences, [s.quote for s in sources])
    return [
        judge(text, source, row.tolist(), question)
        for text, source, row in zip(sentences, sources, support, strict=True)
    ]
