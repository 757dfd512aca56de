"""Answers "Tell me more": what the document says after the last answer, without what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.answer import Answer, Sentence, Turn, Verdict
from app.answering.citations import CitationNumbering
from app.answering.extract import MAX_QUOTED_SENTENCES
from app.evidence.evidence import ScoredEvidence
from app.question.parsed_question import ParsedQuestion
from ingest.block_classifier import is_furniture
from ingest.document import Block, BlockKind
from ingest.language.sentences import sentences
from store.library import Library
from store.results import Hit

NOTHING_MORE = "“{document}” says nothing more after that."
_GOES_ON = re.compile(
    r"(?:please |can you |could you )?(?:tell|give|show) (?:me|us) (?:some )?more"
    r"(?: (?:details?|information|of it|about (?:it|this|that|them)))?"
    r"|(?:some )?more(?: (?:details?|information))?|go on|continue|keep going|and then"
    r"|what else(?: (?:is there|does (?:it|the document|the text) say))?|anything else"
    r"|(?:erzähl(?:e|en sie)? mir )?(?:noch )?mehr(?: dazu)?|weiter|und weiter"
    r"|(?:dis-m'en )?plus(?: de détails)?|continue[rz]?|(?:cuéntame )?más|sigue|continúa"
    r"|(?:расскажи )?(?:ещё|еще|больше|подробнее)|продолжай(?:те)?|дальше|devam(?: et)?|daha fazla",
    re.IGNORECASE,
)


def goes_on(question: ParsedQuestion) -> bool:
    """Whether a question asks for nothing but more."""
    plain = " ".join(re.sub(r"[^\w\s'-]", " ", question.text).split())
    plain = re.sub(r",? please$", "", plain, flags=re.IGNORECASE)
    return _GOES_ON.fullmatch(plain) is not None


def continued_question(history: Sequence[Turn]) -> str:
    """The last question that asked for something; "" if there is none."""
    asked = [t.question for t in history if not goes_on(ParsedQuestion(t.question))]
    return asked[-1] if asked else ""


def continue_answer(
    library: Library, question: str, result: ScoredEvidence, history: Sequence[Turn]
) -> Answer | None:
    """The next sentences of the document after what the answers in ``history`` say, quoted; None if
    nothing was found for the question that they answer."""
    if not result.evidence:
        return None
    best = result.evidence[0].hit
    hits = library.passages_as_hits(best.stored.revision)
    if not hits:
        return None
    text = hits[0].source.text
    said = _plain(" ".join(turn.answer for turn in history))
    spans = list(_spans(text, hits[0].source.blocks))
    known = [at for at, span in enumerate(spans) if _plain(text[slice(*span)]) in said]
    after = max(known, default=-1) if known else _place(spans, result.evidence[0].start) - 1
    following = [s for at, s in enumerate(spans) if at > after and at not in known]
    following = _of_one_section(following, hits[0].source.blocks)
    footnotes = CitationNumbering()
    shown = []
    for start, end in following[:MAX_QUOTED_SENTENCES]:
        citation = footnotes.cite(_holding(hits, start), start, end)
        shown.append(Sentence(citation.quote, (citation.n,), Verdict.QUOTED))
    reason = "" if shown else NOTHING_MORE.format(document=best.stored.document)
    return Answer(
        question,
        question,
        "answer" if shown else "unclear",
        tuple(shown),
        footnotes.citations,
        reason,
        (),
        1.0,
        "none",
    )


def _spans(text: str, blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """The sentences and lines of a document, without headings and furniture."""
    for block in blocks:
        if is_furniture(block) or block.kind is BlockKind.HEADING:
            continue
        if block.kind in (BlockKind.TABLE_ROW, BlockKind.LIST_ITEM):
            yield block.start, block.end
        else:
            inside = sentences(text[block.start : block.end])
            yield from ((block.start + a, block.start + b) for a, b in inside)


def _of_one_section(
    spans: Sequence[tuple[int, int]], blocks: Sequence[Block]
) -> list[tuple[int, int]]:
    """The spans before the next heading or interview question."""
    opens = (BlockKind.HEADING, BlockKind.QUESTION)
    start = spans[0][0] if spans else 0
    stop = next((b.start for b in blocks if b.start > start and b.kind in opens), None)
    return [span for span in spans if stop is None or span[0] < stop]


def _place(spans: Sequence[tuple[int, int]], at: int) -> int:
    return next((i for i, (_, end) in enumerate(spans) if end > at), len(spans))


def _holding(hits: Sequence[Hit], at: int) -> Hit:
    return [hit for hit in hits if hit.stored.passage.start <= at][-1]


def _plain(text: str) -> str:
    """The words alone: an answer may show a sentence without its Markdown."""
    return " ".join(re.findall(r"\w+", text.casefold()))
