"""Classifies blocks by their shape: captions, page furniture, interview turns, lists.

Works on the blocks of any loader, because a photograph's caption or an interviewer's dash looks
the same in plain text, a web page or a Word file. Nothing here knows a particular document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from ingest.document import Block, BlockKind
from ingest.language.sentences import sentences

MAX_CAPTION = 160
MAX_FURNITURE = 90
MAX_FIRST_ITEM = 200
MIN_ITEM_REACH = 80
MIN_ANSWER = 25

# Precision and recall on pages that it was not written from: evals/FIGURES.md, "Page furniture".
_CAPTION = re.compile(
    r"[\[(*_]*(?:photo(?:graph)?s?|images?|pictures?|pic|foto|фото|illustrations?)"
    r"(?: (?:credits?|source|courtesy(?: of)?|by))?\s*[:©]\s*\S[^.!?\n]*[\])*_.]*$"
    r"|(?:©|\(c\)\s*(?=\d{4}\b))\s*[^.!?]{2,60}$",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"(?:please )?(?:share|tweet|pin)"
    r"(?: (?:this|on|via)(?: (?:on|via|article|post|page|story|social|media|\w+\.com|"
    r"facebook|twitter|x|linkedin|whatsapp|email|e-mail))*)?$"
    r"|(?:follow|like|find) us(?: on (?:\w+,? ?(?:and )?){1,4})?$"
    r"|(?:subscribe|sign up|log in|sign in|register)"
    r"(?: (?:now|here|today|for free|to (?:our|the) (?:\w+ )?(?:newsletter|channel|list)))?[.!]?$"
    r"|(?:read|see|watch|listen) (?:more|also|next)(?:\s*[:»›→].*)?$"
    r"|(?:related|recommended|popular|trending)"
    r"(?: (?:articles?|stories|posts?|news|content|topics?))?:?$|advertisements?$|sponsored$"
    r"|print(?: this)?(?: (?:page|article))?$|(?:skip|back|jump) to (?:main |the )?(?:content|top)$"
    r"|all rights reserved\W*$|(?:copyright|©).{0,60}all rights reserved\W*$"
    r"|(?:we use|this site uses) cookies\b.*|accept (?:all )?cookies$|copy link$|leave a comment$",
    re.IGNORECASE,
)
_TURN = re.compile(r"[-–—]\s*(?=\S)")
_ASKED = re.compile(r"[*_]*(?:Q|Question|Interviewer)\s*\d{0,3}\s*[:.][*_]*\s*\S", re.IGNORECASE)
# A semicolon asks in Greek only.
_ASKS = re.compile(r"(?:[?？؟\u037e՞⸮]|(?<=[\u0370-\u03ff\u1f00-\u1fff]);)['\"”’»)*_]*$")


def classify_blocks(text: str, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """``blocks`` with captions, furniture, interview turns and bare lists recognised.

    Only paragraphs and list items change their kind; spans never change.
    """
    marked = [_mark_furniture(text, block) for block in blocks]
    return tuple(_mark_lists(text, _mark_turns(text, marked)))


def _mark_furniture(text: str, block: Block) -> Block:
    if block.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
        return block
    words = text[block.start : block.end]
    if len(words) <= MAX_CAPTION and _CAPTION.match(words):
        return replace(block, kind=BlockKind.CAPTION, level=0)
    if len(words) <= MAX_FURNITURE and _FURNITURE.match(words.strip(" *_-–—•|")):
        return replace(block, kind=BlockKind.BOILERPLATE, level=0)
    return block


def is_furniture(block: Block) -> bool:
    """Whether the block is a caption or page furniture: found like all text, but ranked lower."""
    return block.kind in (BlockKind.CAPTION, BlockKind.BOILERPLATE)


def _mark_turns(text: str, blocks: Sequence[Block]) -> list[Block]:
    """Questions and answers of an interview: a dash that asks, a dash (or none) that answers."""
    text_blocks = [b for b in blocks if not is_furniture(b)]
    asking = {
        block.start
        for block, following in zip(text_blocks, text_blocks[1:], strict=False)
        if _is_asked(text, block, following)
    }
    if not asking:
        return list(blocks)
    marked: list[Block] = []
    answering = dashed = False
    for block in blocks:
        kind = block.kind
        if block.start in asking:
            answering, kind = True, BlockKind.QUESTION
            dashed = _TURN.match(text, block.start) is not None
        elif kind is BlockKind.HEADING:
            answering = False
        elif answering and _is_told(text, block, dashed):
            kind = BlockKind.ANSWER
            dashed = False
        marked.append(block if kind is block.kind else replace(block, kind=kind, level=0))
    return marked


def _is_asked(text: str, block: Block, following: Block) -> bool:
    if block.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
        return False
    words, reply = text[block.start : block.end], text[following.start : following.end]
    if following.kind is BlockKind.HEADING or not words:
        return False
    if _ASKED.match(words):
        return True
    asking = is_question(words)
    if _TURN.match(words) and asking:
        dashed = _TURN.match(reply) is not None
        return dashed and len(reply) >= MIN_ANSWER and not is_question(reply)
    whole_bold = re.fullmatch(r"(\*\*|__)(?!\s).+?\1", words, re.DOTALL) is not None
    return whole_bold and asking and following.kind is BlockKind.PARAGRAPH


def _is_told(text: str, block: Block, dashed: bool) -> bool:
    """``dashed``: the question had a dash and its reply, which has one too, is still to come."""
    if block.kind is BlockKind.PARAGRAPH:
        return True
    return block.kind is BlockKind.LIST_ITEM and dashed and bool(_TURN.match(text, block.start))


def _mark_lists(text: str, blocks: Sequence[Block]) -> list[Block]:
    """Lines without bullets after a line that ends with a colon are its items.

    An item is one sentence; a line much longer than the items before it ends the list.
    """
    marked = list(blocks)
    index = 0
    while index < len(marked):
        items = _bare_items(text, marked, index + 1) if _leads_in(text, marked[index]) else []
        if len(items) > 1:
            for at in items:
                marked[at] = replace(marked[at], kind=BlockKind.LIST_ITEM, level=1)
        index += 1 + (len(items) if len(items) > 1 else 0)
    return marked


def _leads_in(text: str, block: Block) -> bool:
    return block.kind in (BlockKind.PARAGRAPH, BlockKind.ANSWER) and ends_with_colon(
        text[block.start : block.end]
    )


def is_question(text: str) -> bool:
    """Whether ``text`` ends as a question does, in any script."""
    return bool(_ASKS.search(text.rstrip()))


def ends_with_colon(words: str) -> bool:
    """Whether ``words`` introduce what comes next."""
    return words.rstrip(' *_"”').endswith((":", "："))


def _bare_items(text: str, blocks: Sequence[Block], first: int) -> list[int]:
    places: list[int] = []
    lengths: list[int] = []
    for at in range(first, len(blocks)):
        block = blocks[at]
        words = text[block.start : block.end]
        reach = max(MIN_ITEM_REACH, 2 * median(lengths)) if lengths else MAX_FIRST_ITEM
        if (
            block.kind not in (BlockKind.PARAGRAPH, BlockKind.ANSWER)
            or len(words) > min(reach, MAX_FIRST_ITEM)
            or ends_with_colon(words)
            or words[0] in '"“«'
            or len(sentences(words)) > 1
        ):
            break
        places.append(at)
        lengths.append(len(words))
    return places
