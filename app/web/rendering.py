"""Renders the page's HTML from the templates in ``templates/``."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from app.formats.templates import Templates
from app.question.rewrite import understood_as

render = Templates(Path(__file__).parent / "templates", understood_as=understood_as).render


def problem(message: object, exchange: str = "") -> Markup:
    """Something that went wrong, in words; offers another try if there is a question."""
    return render("problem", message=message, exchange=exchange)


def note(message: str) -> Markup:
    """A line that says what is going on, or how it went."""
    return render("note", message=message)
