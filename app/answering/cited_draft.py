"""The answer of a draft: its supported sentences, or the source's own in their place, cited."""

from __future__ import annotations

from collections.abc import Sequence

from app.answer import DIRECT_ANSWER_WORDS, Answer, Sentence, Verdict
from app.answering.checked_draft import CheckedSentence, matching_span
from app.answering.citations import CitationNumbering
from app.answering.drafted_words import is_fragment, line_with_marks, nearest_line
from app.answering.extract import choose_quotes, is_item
from app.evidence.evidence import Evidence, ScoredEvidence
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion


def cited_draft(
    result: ScoredEvidence, supported: Sequence[CheckedSentence], likely: float, model: str
) -> Answer:
    """The answer of the ``supported`` sentences, and what the reader finds besides."""
    footnotes = CitationNumbering()
    sentences: dict[str, Sentence] = {}
    for checked in supported:
        for sentence in _shown(checked, footnotes, result.question):
            sentences.setdefault(sentence.text, sentence)
    own = len(sentences)
    for best in _best_sentences(result):
        _add_sentence(best, footnotes, sentences)
    return Answer(
        result.question.text,
        result.question.text,
        "answer",
        tuple(sentences.values()),
        footnotes.citations,
        "",
        (),
        likely,
        model,
        headline=_headline(supported[0], next(iter(sentences.values()))),
        further=len(sentences) - own,
    )


def _shown(
    checked: CheckedSentence, footnotes: CitationNumbering, question: ParsedQuestion
) -> list[Sentence]:
    """The drafted sentence, or the source's lines that serve better."""
    source, hit = checked.source, checked.source.evidence.hit
    # The words that matter in the source: the fragment itself, or the reader's span.
    key = matching_span(checked) or source.evidence.key
    cited = (footnotes.cite(hit, source.start, source.end, key).n,)
    text, lines = hit.source.text, _verbatim_lines(checked, question)
    return [
        Sentence(
            text[a:b].strip(), cited, Verdict.QUOTED, len(lines) > 1 and is_item(hit.source, a)
        )
        for a, b in lines
    ] or [Sentence(checked.drafted.text, cited, checked.judgement.verdict)]


def _verbatim_lines(
    checked: CheckedSentence, question: ParsedQuestion
) -> tuple[tuple[int, int], ...]:
    """The source's own lines, if they serve better than the model's words.

    A list that was asked for is shown whole; a fragment is shown as the sentence around it.
    """
    source = checked.source
    copied = line_with_marks(checked.drafted, source)
    if copied:
        return (copied,)
    if len(source.lines) > 2 and question.answer_type is AnswerType.LIST:
        return source.lines
    if not checked.is_supported:
        return (nearest_line(checked.drafted.text, source),)
    return source.lines if is_fragment(checked.drafted, source) else ()


def _headline(checked: CheckedSentence, first: Sentence) -> str:
    """A few words that the model gave, over the long sentence that they were taken from."""
    long = first.verdict is Verdict.QUOTED and len(first.text.split()) > DIRECT_ANSWER_WORDS
    if not long or len(checked.drafted.text.split()) > DIRECT_ANSWER_WORDS:
        return ""
    span = matching_span(checked)
    return checked.source.evidence.hit.source.text[slice(*span)] if span else ""


def _add_sentence(
    best: Evidence, footnotes: CitationNumbering, sentences: dict[str, Sentence]
) -> None:
    """A sentence that the reader finds, quoted too if the model answered from other words."""
    revision = best.hit.stored.revision
    cited = footnotes.citations
    if any(c.revision == revision and c.start <= best.start and best.end <= c.end for c in cited):
        return
    text = best.hit.source.text[best.start : best.end]
    citation = footnotes.cite(best.hit, best.start, best.end, best.key)
    sentences.setdefault(text, Sentence(text, (citation.n,), Verdict.QUOTED))


def _best_sentences(result: ScoredEvidence) -> list[Evidence]:
    """The reader's best sentence; all it would quote if a second thing is asked for.

    A small model may answer only half of "Who built it, and in which year?".
    """
    several = choose_quotes(result) if result.question.asks_several else []
    return [result.evidence[0], *(quote.evidence for quote in several)]
