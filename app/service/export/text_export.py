"""Exports answers as Markdown and as a page of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.formats.inline_markdown import without_html
from app.formats.templates import Templates
from app.service.export.exported import (
    ExportedAnswer,
    ExportedSentence,
    byline,
    paragraphs,
)


def as_markdown(title: str, items: Sequence[ExportedAnswer]) -> bytes:
    """Markdown with footnotes (``[^1]``); what documents have of HTML is shown, not carried out."""
    parts = [f"# {without_html(title)}"] if title else []
    parts.append(without_html(byline(items)))
    for one in items:
        parts += [f"## {without_html(one.question)}"] if one.question else []
        if one.reason:
            parts.append(f"*{without_html(one.reason)}*")
        lines = [
            " ".join(
                _marked(sentence, "".join(f"[^{n}]" for n in sentence.footnotes))
                for sentence in line
            )
            for line in paragraphs(one)
        ]
        notes = [f"[^{n}]: {without_html(note)}" for n, note in one.footnotes]
        parts += ["\n".join(lines), "\n".join(notes)] if lines else []
    return ("\n\n".join(parts) + "\n").encode()


def _marked(sentence: ExportedSentence, marks: str) -> str:
    return without_html(sentence.text) + marks


def as_html(title: str, items: Sequence[ExportedAnswer]) -> bytes:
    """One page that loads nothing; printed, it is a PDF."""
    templates = Templates(Path(__file__).parent / "templates", paragraphs=paragraphs)
    page = templates.render(
        "conversation", title=title, byline=byline(items),
        answers=items,
    )  # fmt: skip
    return f"{page}\n".encode()
