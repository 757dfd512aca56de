"""Example questions from the headings and questions of the documents."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.block_classifier import is_furniture
from ingest.document import Block, BlockKind

MAX_QUESTION_CHARS = 110
# Words that lean on what was said before; the question would not make sense on its own.
_LEANING = re.compile(
    r"^(and|but|or|so|then)\b"
    r"|\b(this|that|these|those|they|them|it|he|she|him|her|its|his|their|so|ones?)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^[\s\-–—*#>•·]*(\*\*)?(Q(uestion)?\s*[:.]\s*)?", re.IGNORECASE)
_NUMBER = re.compile(r"^\d+(?:\.\d+)*[.)]\s+")


def _asked(text: str) -> str | None:
    """The first question of an interview's turn that stands alone, without dash and "Q:"."""
    line = _LEADING.sub("", " ".join(text.split())).strip("* ")
    parts = re.split(r"(?<=[.!?])\s+", line)
    questions = [p for p in parts if p.endswith("?") and 15 <= len(p) <= MAX_QUESTION_CHARS]
    return next((q for q in questions if not _LEANING.search(q)), None)


def _heading(text: str) -> str | None:
    line = _NUMBER.sub("", _LEADING.sub("", " ".join(text.split())).strip("*# "))
    if line.endswith("?"):
        return line if len(line) <= MAX_QUESTION_CHARS else None
    return f"What is said about “{line}”?" if 4 <= len(line) <= 60 else None


def _is_headed(blocks: Sequence[Block], at: int) -> bool:
    """Whether the heading is not the title, and has text below it."""
    below = next((b for b in blocks[at + 1 :] if not is_furniture(b)), None)
    return blocks[at].level > 1 and below is not None and below.kind is not BlockKind.HEADING


def example_questions(text: str, blocks: Sequence[Block], count: int = 4) -> list[str]:
    """Up to ``count`` questions that this document answers: those it asks itself, then headings."""
    questions: list[str] = []
    for kind, reader in ((BlockKind.QUESTION, _asked), (BlockKind.HEADING, _heading)):
        for at, block in enumerate(blocks):
            if block.kind is not kind or kind is BlockKind.HEADING and not _is_headed(blocks, at):
                continue
            question = reader(text[block.start : block.end])
            if question and question not in questions:
                questions.append(question)
    return questions[:count]
