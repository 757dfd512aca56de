"""Conversations as files: Markdown with footnotes, and the answers' payloads as evidence."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import gradio as gr

from app.conversations import Kept
from app.payload import answer_payload
from app.web.show import copied


def as_markdown(kept: list[Kept]) -> str:
    """A conversation as Markdown; footnotes are numbered through, so that they stay apart."""
    parts: list[str] = []
    for number, item in enumerate(kept, 1):
        parts.append(f"## {' '.join(item.question.split())}")
        if item.answer:
            parts.append(re.sub(r"\[\^(\d+)\]", rf"[^{number}-\1]", copied(item.answer)))
        elif item.problem:
            parts.append(f"*{item.problem}*")
    return "\n\n".join(parts) + "\n"


def as_json(kept: list[Kept]) -> str:
    """The payload of every answer of a conversation."""
    answers = [answer_payload(item.answer) for item in kept if item.answer]
    return json.dumps({"answers": answers}, ensure_ascii=False, indent=2) + "\n"


def _file(text: str, name: str) -> str:
    folder = Path(tempfile.mkdtemp(prefix="footnote-"))
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def wire(chat: Any, shelf: Any, current: Any) -> None:
    """Make the two download buttons write what is open."""
    from app.web.page import owner_of

    def items(conversation: str, request: gr.Request) -> list[Kept]:
        if not chat.kept.owns(owner_of(request), conversation):
            return []
        found: list[Kept] = chat.kept.exchanges(conversation)
        return found

    def markdown(conversation: str, request: gr.Request) -> str:
        return _file(as_markdown(items(conversation, request)), "conversation.md")

    def bundle(conversation: str, request: gr.Request) -> str:
        return _file(as_json(items(conversation, request)), "evidence.json")

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    shelf.export.click(markdown, current, shelf.export, **quiet)
    shelf.bundle.click(bundle, current, shelf.bundle, **quiet)
