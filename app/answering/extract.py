"""Extractive answers: the best one to three sentences, or the whole list, as quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from app.answer import DIRECT_ANSWER_WORDS, Answer, Sentence, Verdict
from app.answering.citations import CitationNumbering
from app.answering.headline import headline, is_sure, words_are_sure
from app.evidence.evidence import Evidence, ScoredEvidence
from app.evidence.score_evidence import span_with_antecedent
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion
from ingest.block_classifier import ends_with_colon, is_furniture
from ingest.document import Block, BlockKind
from ingest.language.sentences import sentences
from store.results import RevisionText

MAX_QUOTED_SENTENCES = 3
# A further sentence is quoted while it is at least this likely as the best one.
NEARLY_AS_LIKELY = 0.30
# Rows of a table that its lead-in brings along.
MAX_QUOTED_ROWS = 12
# Items of a list that are shown.
MAX_LIST_ITEMS = 20
_ROWS = (BlockKind.TABLE_ROW, BlockKind.LIST_ITEM)


@dataclass(frozen=True, slots=True)
class Quote:
    """What will be cited: ``lines`` are the spans of its sentences or list lines, in order.

    ``shown`` items ``of`` so many are among them if it is a list; both 0 if it is none.
    """

    evidence: Evidence
    start: int
    end: int
    lines: tuple[tuple[int, int], ...]
    shown: int = 0
    of: int = 0


def choose_quotes(
    scored: ScoredEvidence, most: int = MAX_QUOTED_SENTENCES, nearly: float = NEARLY_AS_LIKELY
) -> list[Quote]:
    """Quotes for a question, in reading order within a document, best document first.

    At most ``most`` of them, each at least ``nearly`` times as likely as the best.
    """
    if not scored.evidence:
        return []
    best = scored.evidence[0]
    chosen: list[Quote] = []
    for evidence in scored.evidence:
        if len(chosen) == most or chosen and evidence.score < nearly * best.score:
            break
        if any(_within(evidence, q) for q in chosen):
            continue
        whole = _list_quote(evidence, scored.question)
        if whole is None:
            start, end = span_with_antecedent(evidence)
            before = [(start, evidence.start)] if start < evidence.start else []
            lines = (*before, (evidence.start, end), *_led_to(evidence))
            whole = Quote(evidence, start, lines[-1][1], lines)
        chosen = [q for q in chosen if not _covers(whole, q)] + [whole]
    first = [q.evidence.hit.stored.revision for q in chosen]
    return sorted(chosen, key=lambda q: (first.index(q.evidence.hit.stored.revision), q.start))


def _within(evidence: Evidence, quote: Quote) -> bool:
    return (
        evidence.hit.stored.revision == quote.evidence.hit.stored.revision
        and quote.start <= evidence.start
        and evidence.end <= quote.end
    )


def _covers(quote: Quote, other: Quote) -> bool:
    return _within(other.evidence, quote)


def _list_quote(evidence: Evidence, question: ParsedQuestion) -> Quote | None:
    """The whole list if the sentence leads it in, or is an item and a list is asked for."""
    span = list_around(evidence.hit.source.blocks, evidence.start)
    if span is None:
        return None
    lead, items = span
    leading = evidence.start < items[0].start
    if not leading and question.answer_type is not AnswerType.LIST:
        return None
    shown = items[:MAX_LIST_ITEMS]
    lines = [(b.start, b.end) for b in ([lead] if lead else []) + shown]
    return Quote(evidence, lines[0][0], lines[-1][1], tuple(lines), len(shown), len(items))


def count_of_items(shown: int, of: int) -> str:
    """How much of a list is shown, for the reader."""
    return f"{shown} of {of} items." if shown == of else f"The first {shown} of {of:,} items."


def _led_to(evidence: Evidence) -> tuple[tuple[int, int], ...]:
    """What a sentence that ends with a colon leads to: the rest of its table, or one sentence."""
    if not ends_with_colon(evidence.text):
        return ()
    blocks, text = evidence.hit.source.blocks, evidence.hit.source.text
    after = [b for b in blocks if b.end > evidence.end and not is_furniture(b)]
    if not after or after[0].kind in (BlockKind.HEADING, BlockKind.QUESTION):
        return ()
    if after[0].kind is BlockKind.TABLE_ROW:
        rows = takewhile(lambda b: b.kind is BlockKind.TABLE_ROW, after[:MAX_QUOTED_ROWS])
        return tuple((b.start, b.end) for b in rows)
    start = max(after[0].start, evidence.end)
    first = next(iter(sentences(text[start : after[0].end])), None)
    return ((start + first[0], start + first[1]),) if first else ()


def list_around(blocks: Sequence[Block], at: int) -> tuple[Block | None, list[Block]] | None:
    """Lead-in (or None) and items of the list that holds character ``at``; None if none does."""
    here = next((i for i, b in enumerate(blocks) if b.start <= at < b.end), None)
    if here is None:
        return None
    item = BlockKind.LIST_ITEM
    if blocks[here].kind is not item:
        if here + 1 == len(blocks) or blocks[here + 1].kind is not item:
            return None
        here += 1
    first = last = here
    while first > 0 and blocks[first - 1].kind is item:
        first -= 1
    while last + 1 < len(blocks) and blocks[last + 1].kind is item:
        last += 1
    before = blocks[first - 1] if first > 0 else None
    leads = before is not None and before.kind in (BlockKind.PARAGRAPH, BlockKind.ANSWER)
    return (before if leads else None), list(blocks[first : last + 1])


def is_item(source: RevisionText, at: int) -> bool:
    """Whether character ``at`` stands in an item of a list."""
    return any(b.kind is BlockKind.LIST_ITEM for b in source.blocks if b.start <= at < b.end)


def quote_answer(result: ScoredEvidence, likely: float, nearly: float = NEARLY_AS_LIKELY) -> Answer:
    """The best sentences, word for word, the best first; items of a list as they stand."""
    question = result.question
    footnotes = CitationNumbering()
    sentences: list[Sentence] = []
    quotes = choose_quotes(result, nearly=nearly)
    best = next((q for q in quotes if _within(result.evidence[0], q)), None)
    # What is said in several passages is complete only with all of them, and in their order.
    listed = question.answer_type is AnswerType.LIST
    whole = listed and best is not None and best.of > 1
    single = best is not None and (whole or not listed)
    if single:
        quotes.sort(key=lambda quote: quote is not best)
    folds = whole or single and is_sure(result)
    several = sum(len(quote.lines) for quote in quotes) > 1
    for quote in quotes:
        source, text = quote.evidence.hit.source, quote.evidence.hit.source.text
        numbers = _cited(quote, footnotes)
        sentences += [
            Sentence(text[a:b].strip(), (n,), Verdict.QUOTED, several and is_item(source, a))
            for (a, b), n in zip(quote.lines, numbers, strict=True)
        ]
    return Answer(
        question.text,
        question.text,
        "answer",
        tuple(sentences),
        footnotes.citations,
        "",
        (),
        likely,
        "none",
        (*result.notes, *(count_of_items(q.shown, q.of) for q in quotes if q.of > 1)),
        headline=_headline(best, question) if best and single and words_are_sure(result) else "",
        further=sum(len(q.lines) for q in quotes[1:]) if folds else 0,
    )


def _cited(quote: Quote, footnotes: CitationNumbering) -> list[int]:
    """The number of the footnote of each line: items of a list have one each."""
    hit, key = quote.evidence.hit, quote.evidence.key
    if quote.of < 2:
        n = footnotes.cite(hit, quote.start, quote.end, key).n
        return [n] * len(quote.lines)
    inside = [key if key and a <= key[0] and key[1] <= b else None for a, b in quote.lines]
    return [footnotes.cite(hit, a, b, at).n for (a, b), at in zip(quote.lines, inside, strict=True)]


def _headline(quote: Quote, question: ParsedQuestion) -> str:
    """The words that answer, over a quote that is long; "" over a list or a row of a table."""
    best, text = quote.evidence, quote.evidence.hit.source.text
    words = sum(len(text[a:b].split()) for a, b in quote.lines)
    blocks = (b for b in best.hit.source.blocks if b.start <= best.start < b.end)
    in_rows = quote.of or any(b.kind in _ROWS for b in blocks)
    if best.key is None or in_rows or words <= DIRECT_ANSWER_WORDS:
        return ""
    key = (best.key[0] - best.start, best.key[1] - best.start)
    return headline(best.text, key, question)
