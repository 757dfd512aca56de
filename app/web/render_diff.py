"""Renders the differences of two revisions side by side."""

from __future__ import annotations

from app.formats.html_escape import markup
from store.results import Change, Diff


def render_diff(diff: Diff) -> str:
    """The changed, added, removed and moved passages of a document, old left and new right."""
    rows = "".join(_change(change) for change in diff.changes)
    head = (
        f'<header class="pane-head"><div class="title"><h2 dir="auto">{markup(diff.document)}</h2>'
        f'<button type="button" class="close" data-do="close" aria-label="Close">×</button></div>'
        f'<p class="path">Revision {diff.a.number} → {diff.b.number}; '
        f"{diff.unchanged} passages unchanged</p></header>"
    )
    body = rows or "<p>The passages are the same.</p>"
    return (
        f'<section class="pane" tabindex="-1" aria-label="What changed">{head}'
        f'<div class="pages diff" tabindex="0" role="region" aria-label="Differences">{body}'
        "</div></section>"
    )


def _change(change: Change) -> str:
    return (
        f'<article><h3>{change.kind.capitalize()}</h3><div class="two">'
        f'<p class="old" dir="auto">{_side(change, old=True)}</p>'
        f'<p class="new" dir="auto">{_side(change, old=False)}</p></div></article>'
    )


def _side(change: Change, *, old: bool) -> str:
    stored = change.before if old else change.after
    if not change.words:
        return markup(stored.passage.text) if stored else ""
    tag = "del" if old else "ins"
    parts = []
    for run in change.words:
        words = markup(run.old if old else run.new)
        parts.append(words if run.same or not words else f"<{tag}>{words}</{tag}>")
    return "".join(parts)
