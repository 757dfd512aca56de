"""The context of each block: headings above it, interview question, lead-in line, table header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.block_classifier import ends_with_colon, is_furniture
from ingest.document import Block, BlockKind

_TELLS = (BlockKind.PARAGRAPH, BlockKind.ANSWER, BlockKind.LIST_ITEM)


@dataclass(frozen=True, slots=True)
class BlockContext:
    """The blocks before a block that say what it is about; ``headings`` outermost first."""

    headings: tuple[Block, ...] = ()
    question: Block | None = None
    lead: Block | None = None
    header: Block | None = None


def block_contexts(text: str, blocks: Sequence[Block]) -> list[BlockContext]:
    """The frame of each block, made of blocks before it only."""
    contexts: list[BlockContext] = []
    frame = BlockContext()
    previous: Block | None = None
    for block in blocks:
        if not is_furniture(block):
            frame = _at(frame, block, previous)
        contexts.append(BlockContext() if is_furniture(block) else frame)
        if not is_furniture(block):
            frame = _after(text, frame, block)
            previous = block
    return contexts


def leads_in(text: str, block: Block) -> bool:
    """Whether the block introduces the one after it."""
    return block.kind in _TELLS and ends_with_colon(
        text[max(block.start, block.end - 8) : block.end]
    )


def _at(frame: BlockContext, block: Block, previous: Block | None) -> BlockContext:
    """The frame as it holds for this block: a lead for what it leads to, a header for its table."""
    if block.kind is BlockKind.HEADING:
        return BlockContext(tuple(h for h in frame.headings if h.level < block.level))
    if block.kind is BlockKind.QUESTION:
        return BlockContext(frame.headings)
    led = block.kind is BlockKind.LIST_ITEM or frame.lead is previous
    in_table = block.kind is BlockKind.TABLE_ROW and not block.level
    return replace(
        frame, lead=frame.lead if led else None, header=frame.header if in_table else None
    )


def _after(text: str, frame: BlockContext, block: Block) -> BlockContext:
    """The frame that holds after this block."""
    if block.kind is BlockKind.HEADING:
        return BlockContext((*frame.headings, block))
    if block.kind is BlockKind.QUESTION:
        return replace(frame, question=block)
    if block.kind is BlockKind.TABLE_ROW and block.level:
        return replace(frame, header=block)
    return replace(frame, lead=block) if leads_in(text, block) else frame
