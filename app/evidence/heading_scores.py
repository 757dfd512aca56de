"""Headings and questions are no answers: their score goes to what follows them.

A question is often met best by the heading or the interview question that asks the same. It shows
where the answer stands and says nothing itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from app.evidence.evidence import Evidence
from ingest.block_classifier import is_furniture, is_question
from ingest.document import Block, BlockKind
from ingest.language.sentences import sentences
from store.results import Hit

# How far below a heading or question its answer is looked for, in characters.
MAX_DISTANCE_CHARS = 2500
# What the sentences below get of the score: the two best, and the first.
LEVEL_SHARES = (1.0, 0.9)
FIRST_SHARE = 0.95
_EMPHASISED = re.compile(r"(?P<mark>[*_]{1,3})[^*_\n]+[^.!*_\n](?P=mark)$")


def propagate_heading_scores(scored: Sequence[Evidence]) -> list[Evidence]:
    """``scored`` without headings and questions; sentences below those have their scores.

    Not sorted. A heading or question with nothing below it is left out, and so is a table's header:
    it names columns, and which row is meant the rows say.
    """
    scored = [e for e in scored if not _names_columns(e)]
    telling = {e.place: e for e in scored if not _only_asks(e)}
    for asking in (e for e in scored if _only_asks(e)):
        below = _below(asking)
        if not below:
            continue
        revision = asking.hit.stored.revision
        first = telling.get((revision, below[0][0])) or _sentence_of(asking.hit, below[0], asking)
        followers = [telling[(revision, a)] for a, _ in below[1:] if (revision, a) in telling]
        best = sorted(followers, key=lambda e: -e.score)
        for evidence, share in ((first, FIRST_SHARE), *zip(best, LEVEL_SHARES, strict=False)):
            telling[evidence.place] = _raised(evidence, asking, share)
    return list(telling.values())


def _raised(evidence: Evidence, asking: Evidence, share: float) -> Evidence:
    """The evidence with the score, and what the score was made of, of the question above it."""
    score = asking.score * share
    if score <= evidence.score:
        return evidence
    return replace(evidence, score=score, features=asking.features)


def _sentence_of(hit: Hit, span: tuple[int, int], asking: Evidence) -> Evidence:
    """A sentence that no passage of the hits holds, as evidence."""
    text = hit.source.text[slice(*span)]
    return Evidence(hit, *span, text, 0.0, None, asking.features)


def _names_columns(evidence: Evidence) -> bool:
    block = _block_at(evidence.hit.source.blocks, evidence.start)
    return block is not None and _is_header(block)


def _is_header(block: Block) -> bool:
    return block.kind is BlockKind.TABLE_ROW and block.level > 0


def _only_asks(evidence: Evidence) -> bool:
    block = _block_at(evidence.hit.source.blocks, evidence.start)
    if block is None:
        return is_question(evidence.text)
    whole = evidence.hit.source.text[block.start : block.end]
    # An interviewer may state something before asking: that sentence is evidence like others.
    heads = block.kind is BlockKind.HEADING or _EMPHASISED.match(whole)
    return bool(heads) or is_question(evidence.text)


def _block_at(blocks: Sequence[Block], at: int) -> Block | None:
    index = bisect_right(blocks, at, key=_start) - 1
    return blocks[index] if index >= 0 and at < blocks[index].end else None


def _start(block: Block) -> int:
    return block.start


def _below(asking: Evidence) -> list[tuple[int, int]]:
    """Spans of the sentences under a heading, or after a question, up to the next of its kind."""
    blocks = asking.hit.source.blocks
    text = asking.hit.source.text
    here = _block_at(blocks, asking.start)
    places_below: list[tuple[int, int]] = []
    for block in blocks[max(0, bisect_right(blocks, asking.start, key=_start) - 1) :]:
        if block.end <= asking.end or is_furniture(block):
            continue
        if (
            block.start > asking.start
            and _ends(block, here)
            or block.start > asking.end + MAX_DISTANCE_CHARS
        ):
            break
        if block.kind is BlockKind.HEADING or _is_header(block):
            continue
        start = max(block.start, asking.end)
        spans = sentences(text[start : block.end])
        places_below += [
            (start + a, start + b) for a, b in spans if not is_question(text[start + a : start + b])
        ]
    return places_below


def _ends(block: Block, opening: Block | None) -> bool:
    """Whether ``block`` opens something else than what ``opening`` opened."""
    if block.kind is BlockKind.QUESTION:
        return opening is None or opening.kind is not BlockKind.HEADING
    if block.kind is not BlockKind.HEADING:
        return False
    return opening is None or opening.kind is not BlockKind.HEADING or block.level <= opening.level
