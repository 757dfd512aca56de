"""Parses a file of questions: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.answer import Turn
from ingest.errors import FootnoteError

KEYS = ("id", "question", "turns", "documents", "document")
"""What a line may have."""


class QuestionLineError(FootnoteError):
    """A line is no question; the message says what is missing."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """One line: its ``id`` as given, the question, what went before, and where to look."""

    id: Any
    question: str
    history: tuple[Turn, ...] = ()
    documents: tuple[str, ...] | None = None


def parse_line(line: str) -> BatchQuestion:
    """The question in a line of ``{"id", "question"}`` or ``{"id", "turns"}``.

    ``turns`` ends in the question. Each turn is ``{"question", "answer"}``, ``{"role", "content"}``
    or text; texts are questions and answers in turn, or questions alone if all are questions
    or their number is even. ``documents`` or ``document`` (a name or a list) restricts. Raises
    QuestionLineError, also for a key that means nothing: it may be a slip of the pen.
    """
    try:
        row = json.loads(line)
    except ValueError as error:
        raise QuestionLineError(f"This is not JSON: {error}.") from error
    if not isinstance(row, dict):
        raise QuestionLineError('A line is an object such as {"id": 1, "question": "…"}.')
    unknown = [key for key in row if key not in KEYS]
    if unknown:
        raise QuestionLineError(
            f"Unknown key “{unknown[0]}”: a line may have {', '.join(KEYS[:-1])} and {KEYS[-1]}."
        )
    if "document" in row and "documents" in row:
        raise QuestionLineError('Give "documents" or "document", not both: they mean the same.')
    names = row.get("documents", row.get("document"))
    listed = [names] if isinstance(names, str) else names or []
    if not (isinstance(listed, list) and all(isinstance(name, str) for name in listed)):
        raise QuestionLineError('"documents" must be a name or a list of names.')
    documents = tuple(listed) or None
    if "turns" in row and row.get("question") is None:
        history, question = _conversation(row["turns"])
    else:
        question = row.get("question")
        history = _exchanges(_messages(row.get("turns") or []))
    if not isinstance(question, str):
        raise QuestionLineError('There is no "question" (text), nor "turns" that end in one.')
    return BatchQuestion(row.get("id"), question, history, documents)


def _conversation(turns: Any) -> tuple[tuple[Turn, ...], str | None]:
    """What went before, and the question that the turns end in."""
    messages = _messages(turns)
    if not messages or messages[-1][0] != "question":
        raise QuestionLineError('"turns" must end in the question to be answered.')
    return _exchanges(messages[:-1]), messages[-1][1]


def _messages(turns: Any) -> list[tuple[str, str]]:
    """Every turn as (``question`` or ``answer``, text), in order."""
    if not isinstance(turns, list):
        raise QuestionLineError('"turns" must be a list that ends in the question.')
    if turns and all(isinstance(turn, str) for turn in turns):
        return _alternating(turns)
    messages: list[tuple[str, str]] = []
    for turn in turns:
        if isinstance(turn, str):
            messages.append(("question", turn))
            continue
        if not isinstance(turn, dict):
            raise QuestionLineError("A turn is text or an object, not a number or a list.")
        messages += [(key, turn[key]) for key in ("question", "answer") if turn.get(key)]
        message_text = turn.get("content", turn.get("text"))
        if message_text and "question" not in turn:
            who = str(turn.get("role", turn.get("speaker", "user"))).lower()
            messages.append(("question" if who in {"user", "human"} else "answer", message_text))
    if not all(isinstance(text, str) for _, text in messages):
        raise QuestionLineError("What is said in a turn must be text.")
    return messages


def _alternating(turns: Sequence[str]) -> list[tuple[str, str]]:
    only_questions = len(turns) % 2 == 0 or all(t.rstrip().endswith(("?", "？")) for t in turns)
    kinds = ["question"] if only_questions else ["question", "answer"]
    return [(kinds[i % len(kinds)], text) for i, text in enumerate(turns)]


def _exchanges(messages: Sequence[tuple[str, str]]) -> tuple[Turn, ...]:
    """Questions with the answers that followed them ("" if none did)."""
    turns: list[Turn] = []
    for kind, text in messages:
        if kind == "question":
            turns.append(Turn(text, ""))
        elif turns:
            turns[-1] = Turn(turns[-1].question, f"{turns[-1].answer} {text}".strip())
    return tuple(turns)
