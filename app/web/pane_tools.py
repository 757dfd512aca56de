"""The source pane's tools: page or text, turning and enlarging pages, finding words."""

from __future__ import annotations

from app.formats.html_escape import markup
from app.web.source_view import View


def render_tools(view: View) -> str:
    """Page or text, the pages, their size, and a search: what a reader does with a source."""
    looks = "".join(
        f'<button type="button" data-do="view" data-view="{name}">{label}</button>'
        for name, label in (("page", "Page"), ("text", "Text"))
    )
    shown = f'<div class="views" role="group" aria-label="Shown as">{looks}</div>'
    page = shown + (_pages(view) if view.pages > 1 else "") + _zoom() if view.picture else ""
    return f'<div class="tools">{page}{_find(view)}</div>'


def _pages(view: View) -> str:
    cite = view.citation if view.part != "found" else None
    here = view.page or 1

    def button(step: int, label: str, sign: str) -> str:
        there = here + step
        off = "" if 1 <= there <= view.pages else " disabled"
        return (
            f'<button type="button" data-do="turn" data-step="{step}" data-page="{there}" '
            f'data-revision="{markup(view.revision.id)}" data-exchange="{markup(view.exchange)}" '
            f'data-part="{view.part}" data-n="{cite.n if cite else ""}" aria-label="{label}" '
            f'title="{label}"{off}>{sign}</button>'
        )

    return (
        f'<div class="turning" role="group" aria-label="Pages">{button(-1, "Previous page", "‹")}'
        f'<span class="count">page {here} of {view.pages}</span>'
        f"{button(1, 'Next page', '›')}</div>"
    )


def _zoom() -> str:
    return (
        '<div class="zoom" role="group" aria-label="Size of the page">'
        '<button type="button" data-do="zoom" data-step="-1" aria-label="Smaller">−</button>'
        '<button type="button" data-do="zoom" data-step="1" aria-label="Larger">+</button></div>'
    )


def _find(view: View) -> str:
    which, of = view.found
    none = "" if not view.sought else f"{which} of {of}" if of else "not found"
    after = view.citation.start if view.citation else -1
    same = f'data-do="find" data-revision="{markup(view.revision.id)}" data-after="{after}"'
    return (
        '<div class="find" role="search"><input type="search" aria-label="Find in this document" '
        f'placeholder="Find" value="{markup(view.sought)}" dir="auto">'
        f'<span class="count" role="status">{none}</span>'
        f'<button type="button" {same} data-step="-1" aria-label="Found before">‹</button>'
        f'<button type="button" {same} data-step="1" aria-label="Found next">›</button></div>'
    )
