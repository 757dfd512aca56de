"""Renders the differences of two revisions side by side."""

from __future__ import annotations

from markupsafe import Markup

from app.web.rendering import render
from store.results import Diff


def render_diff(diff: Diff) -> Markup:
    """The changed, added, removed and moved passages of a document, old left and new right."""
    return render("diff", diff=diff)
