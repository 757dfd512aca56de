"""Exports answers as Markdown and as a page of HTML."""

from __future__ import annotations

from collections.abc import Sequence

from app.formats.html_escape import markup
from app.formats.inline_markdown import without_html
from app.service.export.exported import ExportedAnswer, ExportedSentence, paragraphs

CSS = (
    ":root{color-scheme:light dark}body{font:17px/1.6 Charter,Georgia,'Noto Serif',serif;"
    "max-width:720px;margin:48px auto;padding:0 18px}h1{font-size:1.6rem}h2{font-size:1.2rem;"
    "margin:34px 0 8px}sup a{text-decoration:none}ol{font-size:.9rem;padding-inline-start:1.6em}"
    ".problem,.print{opacity:.75}@media print{body{margin:0;max-width:none}.print{display:none}"
    "h2{break-after:avoid}li{break-inside:avoid}}"
)


def as_markdown(title: str, items: Sequence[ExportedAnswer]) -> bytes:
    """Markdown with footnotes (``[^1]``); what documents have of HTML is shown, not carried out."""
    parts = [f"# {without_html(title)}"] if title else []
    for one in items:
        parts.append(f"## {without_html(one.question)}")
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
    body = "".join(_section(one) for one in items)
    return (
        '<!doctype html><html lang=""><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{markup(title)}</title>'
        f'<style>{CSS}</style></head><body><main><h1 dir="auto">{markup(title)}</h1>{body}</main>'
        "</body></html>\n"
    ).encode()


def _section(one: ExportedAnswer) -> str:
    reason = f'<p class="problem" dir="auto">{markup(one.reason)}</p>' if one.reason else ""
    text = "".join(
        f'<p dir="auto">{" ".join(map(_sentence, line))}</p>' for line in paragraphs(one)
    )
    notes = "".join(
        f'<li id="note-{n}" value="{n}" dir="auto">{markup(note)} '
        f'<a href="#mark-{n}" aria-label="Back to the answer">↩</a></li>'
        for n, note in one.footnotes
    )
    notes = f"<ol>{notes}</ol>" if notes else ""
    return f'<section><h2 dir="auto">{markup(one.question)}</h2>{reason}{text}{notes}</section>'


def _sentence(sentence: ExportedSentence) -> str:
    marks = "".join(
        f'<sup id="mark-{n}"><a href="#note-{n}">{n}</a></sup>' for n in sentence.footnotes
    )
    return markup(sentence.text) + marks
