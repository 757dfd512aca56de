"""HTML from Jinja templates: every value is escaped, and what cannot be seen is made visible.

A template is laid out over lines for its readers; a line break and the blanks around it are nothing
next to a tag or a Jinja sign, and one space elsewhere, because a space within text counts in HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from app.formats.answer_text import citation_place, with_footnotes
from app.formats.html_escape import clip, markup
from app.formats.inline_markdown import plain, render_inline

_BESIDE_A_SIGN = re.compile(r"(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])")
_LINE_BREAK = re.compile(r"\s*\n\s*")


class _Joined(Extension):
    """Joins the lines of a template."""

    def preprocess(self, source: str, *_: object) -> str:
        return _LINE_BREAK.sub(" ", _BESIDE_A_SIGN.sub("", source.strip()))


def _escaped(value: Any) -> Markup:
    """What stands for a value: ``Markup`` as it is, any other escaped."""
    return value if isinstance(value, Markup) else markup(str(value))


class Templates:
    """The templates of a folder, with further filters by name."""

    def __init__(self, folder: Path, **filters: Callable[..., object]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder), extensions=[_Joined], autoescape=True,
            finalize=_escaped, undefined=StrictUndefined,
        )  # fmt: skip
        self._environment.filters |= {
            "clip": clip,
            "inline": render_inline,
            "place": citation_place,
            "plain": plain,
            "with_footnotes": with_footnotes,
            **filters,
        }

    def render(self, name: str, /, **values: Any) -> Markup:
        """The template ``name``.html with these values. Raises ``jinja2.UndefinedError`` for a
        value that it needs and does not get."""
        return Markup(self._environment.get_template(f"{name}.html").render(values))
