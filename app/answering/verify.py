"""Verifies a sentence against its cited text: facts first, then entailment by the reader.

Numbers, dates, names and quotations of the sentence must occur in the cited text
(``app.language.facts`` normalises both). The reader's support head judges meaning, and
``app.answering.lexical_checks`` what that overlooks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.answer import Verdict
from app.answering import lexical_checks
from app.evidence.reader import Reader
from app.language.dates import find_dates, with_dates_of
from app.language.facts import find_names, find_quotations, name_occurs
from app.language.negation import is_negated
from app.language.numbers import find_numbers
from app.language.tokens import (
    content_words,
    fold,
    soft_match,
    stems,
    words,
)
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion
from ingest.block_classifier import is_question
from ingest.language.sentences import sentences

# Chosen on pairs that trained nothing (evals/FIGURES.md, "Verdicts"): a sentence passes if the
# reader is sure, or if it is likely and every word of it stands in one sentence of the source.
SURE_SUPPORT = 0.95
LIKELY_SUPPORT = 0.93
CONTRADICTION_PROBABILITY = 0.30
# Above this the sentence is not shown as partly supported either: it may say the opposite.
MAY_CONTRADICT = 0.05
HARDLY_CONTRADICTED = 0.20
MOST_NEW_WORDS = 0.34
SAME_NEIGHBOURS = 0.60
# A sentence that leaves words of one source sentence out, and changes nothing else, keeps so many
# of its neighbours; then the reader's doubt counts for little.
RESTATED_NEIGHBOURS = 0.85
STILL_CONTRADICTED = 0.80
# Sentences of the quote that the reader sees: those nearest to the sentence.
NO_QUESTION = ParsedQuestion("")
WINDOW_SENTENCES = 3
UNSURE_REASON = "the source puts it too differently to be sure"
OTHERWISE_REASON = "the source says otherwise"
_BULLET = re.compile(r"^\s*(?:[-–—•*‣▪◦·]|#{1,6}|>+|\(?\d{1,3}[.)]|\(?[a-z]\))\s+")
# What ends a sentence or an item, in any script.
_ENDS = ".!?…;。！？؟۔।"


@dataclass(frozen=True, slots=True)
class CitedSource:
    """The cited words and what stands around them.

    ``quote`` is what the citation shows; ``around`` adds its passage and the passage's context
    (headings, the interview's question), which may resolve names and pronouns but no number.
    ``headings`` are those above it: "the agreement" under "Cleaning" is the cleaning agreement.
    """

    quote: str
    around: str = ""
    headings: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and, if it is not good, what is missing or wrong ("" otherwise).

    ``rests`` is whether all the sentence's facts and nearly all its words stand in the source: then
    the source's own sentence may stand for one that is unsupported as it is put.
    """

    verdict: Verdict
    why: str = ""
    rests: bool = False


def normalise_quotation(text: str) -> str:
    """One line a paragraph's line, without Markdown emphasis, bullets and kinds of quotation marks.

    Letters stay as they are: "us" is not "US", and "resume" is not "résumé".
    """
    plain = unicodedata.normalize("NFC", text).replace("’", "'").replace("‘", "'")
    plain = re.sub(r"[*_`“”„«»\"]", "", plain)
    lines = (" ".join(_BULLET.sub("", line).split()) for line in plain.splitlines())
    return "\n".join(line for line in lines if line)


def is_quoted(sentence: str, quote: str) -> bool:
    """Whether the sentence is one or more whole sentences (or lines) of the quote, word for word.

    A part of a sentence is not: "he paid" does not stand for "she denied that he paid".
    """
    claimed = normalise_quotation(sentence).strip()
    if not any(map(str.isalnum, claimed)):
        return False
    bare, asked = claimed.rstrip(" .!?;:…。！？؟)]'"), is_question(claimed)
    tail = claimed[len(bare) :].strip()
    pattern = r"\s".join(map(re.escape, bare.split()))
    first = re.escape(bare[0])
    pattern = f"(?:{first}|{re.escape(bare[0].swapcase())}){pattern[len(first) :]}"
    among = normalise_quotation(quote)
    for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", among):
        before, after = among[: match.start()].rstrip(" )]'"), among[match.end() :].lstrip(" )]'")
        opens = not before or before[-1] in f"{_ENDS}\n"
        closes = not after or after[0] in f"{_ENDS}\n" or bool(tail) and after.startswith(tail)
        if opens and closes and is_question(after[:1]) <= asked:
            return True
    return False


def occurs_in(fragment: str, text: str) -> bool:
    """Whether the words of ``fragment`` stand together in ``text``, case and accents aside."""
    return f" {' '.join(words(fragment))} " in f" {' '.join(words(text))} "


def missing_facts(sentence: str, source: CitedSource) -> list[str]:
    """Facts of the sentence that the source lacks, each as a few words for the reader."""
    gone: list[str] = []
    cited_numbers = find_numbers(source.quote)
    for value in sorted(find_numbers(sentence) - cited_numbers):
        gone.append(f"the number {value:g}")
    cited_dates = find_dates(source.quote)
    gone += [
        f"the date {_date_words(d.year, d.month, d.day)}"
        for d in sorted(find_dates(sentence), key=str)
        if not any(d.fits(c) for c in cited_dates)
    ]
    among = set(words(f"{source.quote} {source.around}"))
    gone += [f"the name “{n}”" for n in find_names(sentence) if not name_occurs(n, among)]
    folded_quote = " ".join(fold(source.quote).split())
    gone += [f"the quotation “{q}”" for q in find_quotations(sentence) if q not in folded_quote]
    return gone


def _date_words(year: int | None, month: int, day: int | None) -> str:
    return "-".join(f"{part:02d}" for part in (year, month, day) if part is not None)


def closest_words(sentence: str, quote: str, size: int = WINDOW_SENTENCES) -> str:
    """The ``size`` sentences of the quote, in a row, that share most with the sentence."""
    spans = sentences(quote)
    if len(spans) <= size:
        return quote
    claimed = content_words(sentence)
    span_stems = [stems(quote[a:b]) for a, b in spans]

    def shared(first: int) -> tuple[float, int]:
        among = set[str]().union(*span_stems[first : first + size])
        last = min(first + size, len(spans)) - 1
        return sum(soft_match(w, among) for w in claimed), spans[first][0] - spans[last][1]

    best = max(range(len(spans) - size + 1), key=shared)
    return quote[spans[best][0] : spans[best + size - 1][1]]


def share_of_new_words(sentence: str, text: str) -> float:
    """Share of the sentence's content words that the text does not meet; numbers aside."""
    # "3" and "three" are one number: ``missing_facts`` compares those.
    claimed = [w for w in content_words(sentence) if not find_numbers(w)]
    if not claimed:
        return 0.0
    among = stems(text)
    return sum(soft_match(w, among) == 0 for w in claimed) / len(claimed)


def verify_sentence(
    sentence: str,
    source: CitedSource,
    support: Sequence[float],
    question: ParsedQuestion = NO_QUESTION,
) -> Judgement:
    """The verdict on one sentence.

    ``support`` is the reader's (supported, contradicted, neither) for the sentence and the
    ``closest`` part of the quote, summing to 1. A sentence is ``partly`` supported, and shown as
    such, only if each of its words stands in the source or around it, and nothing hints at the
    opposite.
    """
    if is_quoted(sentence, source.quote):
        return Judgement(Verdict.QUOTED)
    sentence = with_dates_of(source.quote, sentence)
    gone = missing_facts(sentence, source)
    if gone:
        return Judgement(Verdict.UNSUPPORTED, "the source does not have " + ", ".join(gone[:3]))
    near = lexical_checks.spell_out_units(closest_words(sentence, source.quote))
    known = f"{near} {source.around}"
    if share_of_new_words(sentence, f"{known} {question}") > MOST_NEW_WORDS:
        return Judgement(Verdict.UNSUPPORTED, "the source does not speak of this")
    if _answers_with_other_words(sentence, source.quote, question):
        return Judgement(Verdict.UNSUPPORTED, "the cited words do not speak of this")
    objection = _objection(sentence, source, support, question)
    if objection:
        return Judgement(Verdict.UNSUPPORTED, objection, rests=True)
    if _is_proven(sentence, source, support):
        return Judgement(Verdict.SUPPORTED)
    if support[1] >= MAY_CONTRADICT or share_of_new_words(sentence, known):
        return Judgement(Verdict.UNSUPPORTED, UNSURE_REASON, rests=True)
    return Judgement(Verdict.PARTLY, "the source says only part of this")


def _answers_with_other_words(sentence: str, quote: str, question: ParsedQuestion) -> bool:
    """Whether what the sentence adds to the question is nowhere in the cited words: what stands
    around them may say who "he" is, but not what is answered."""
    asked, among = stems(question.text), stems(quote)
    added = [word for word in content_words(sentence) if soft_match(word, asked) == 0]
    return bool(added) and not any(soft_match(word, among) for word in added)


def _objection(
    sentence: str, source: CitedSource, support: Sequence[float], question: ParsedQuestion
) -> str:
    """What speaks against the sentence, in a few words; "" for nothing."""
    supported, contradicted, _ = support
    nearest, near = (
        lexical_checks.spell_out_units(closest_words(sentence, source.quote, n))
        for n in (1, WINDOW_SENTENCES)
    )
    restated = _is_restated(sentence, source)
    if contradicted >= (STILL_CONTRADICTED if restated else CONTRADICTION_PROBABILITY):
        return OTHERWISE_REASON
    if is_negated(sentence) != is_negated(nearest) and supported < 0.9:
        return "one of the two is negated"
    if lexical_checks.dropped_hedge(sentence, nearest):
        return "the source says so with a reservation"
    if lexical_checks.stronger_claim(sentence, nearest):
        return "the source does not go so far"
    if lexical_checks.changed_unit(sentence, near):
        return "the source counts something else"
    if lexical_checks.has_exchanged_name(sentence, nearest):
        return "the source says so of another"
    if lexical_checks.has_swapped(sentence, near):
        return "the source has it the other way round"
    # "The hall of the library seats 64" takes its first half from "How many does the hall of the
    # library seat?". A question to be answered with yes or no gives no such words.
    question_text = "" if question.answer_type is AnswerType.YES_NO else question.text
    if (
        not restated
        and lexical_checks.shared_neighbours(sentence, f"{near} {question_text}") < SAME_NEIGHBOURS
    ):
        return UNSURE_REASON
    return ""


def _is_proven(sentence: str, source: CitedSource, support: Sequence[float]) -> bool:
    """Whether the reader is sure enough, or the sentence only leaves words of the source out."""
    if _is_restated(sentence, source):
        return True
    supported, contradicted, _ = support
    nearest = lexical_checks.spell_out_units(closest_words(sentence, source.quote, 1))
    known = share_of_new_words(sentence, nearest) == 0 and contradicted < HARDLY_CONTRADICTED
    return supported >= (LIKELY_SUPPORT if known else SURE_SUPPORT)


def _is_restated(sentence: str, source: CitedSource) -> bool:
    nearest = lexical_checks.spell_out_units(closest_words(sentence, source.quote, 1))
    return lexical_checks.is_restated(sentence, nearest, source.headings, RESTATED_NEIGHBOURS)


def verify_sentences(
    judged: Sequence[str],
    sources: Sequence[CitedSource],
    reader: Reader,
    question: ParsedQuestion = NO_QUESTION,
) -> list[Judgement]:
    """One judgement a sentence, in order; the reader runs once for all."""
    near = [closest_words(text, source.quote) for text, source in zip(judged, sources, strict=True)]
    # The reader takes a date in another form for another date; facts are compared in any form.
    same = [with_dates_of(source, text) for source, text in zip(near, judged, strict=True)]
    support = reader.support(same, near)
    return [
        verify_sentence(text, source, row.tolist(), question)
        for text, source, row in zip(judged, sources, support, strict=True)
    ]
