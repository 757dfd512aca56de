"""Draws Markdown inside a line as what it is: bold, emphasis, code, the words of a link.

The signs stay in the text, so that offsets and copies hold, but are not drawn. No link leads
anywhere and nothing loads: only our own elements are made, around escaped text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup

from app.formats.html_escape import markup

# CommonMark's code spans, strong emphasis, inline links and images, and emphasis: of one line and
# of bounded length, so that no text takes long. An address has a sign of one in it.
_CODE = r"(?<!`)(?P<ticks>`{1,3})(?!`)(?P<code>[^`\n]{1,600})(?P=ticks)(?!`)"
_STRONG = r"(?P<bold>\*\*)(?=[^\s*])(?P<strong>[^\n]{1,600}?)(?<=\S)\*\*"
_ADDRESS = r"\]\((?=[^()\s]{0,400}[/.#:])[^()\s]{1,400}(?:\s\"[^\"\n]{0,200}\")?\)"
_LINK = rf"(?P<open>!?\[)(?P<link>[^\[\]\n]{{1,600}})(?P<address>{_ADDRESS})"
_EMPHASIS = r"(?<![\w*])(?P<star>\*)(?=[^\s*])(?P<em>[^*\n]{1,600}?)(?<=\S)\*(?![\w*])"
_PAIRED = re.compile("|".join((_CODE, _STRONG, _LINK, _EMPHASIS)))
# A sign whose other half lies beyond what is drawn, and what a heading or quotation begins with.
_ALONE = re.compile(
    r"(^#{1,6} +|\*\*|(?<!\w)\*(?=\w)|(?<=[\w.!?])\*(?!\w)|^ *>(?= ))", re.MULTILINE
)
# What begins an element, an entity, a picture (after its "!") or a footnote.
_ACTIVE = re.compile(r"<(?=[A-Za-z/!?])|&(?=#?\w+;)|(?<=!)\[|\[(?=\^)")
_ELEMENTS = {"code": "code", "strong": "strong", "em": "em", "link": "span"}


def render_inline(text: str) -> Markup:
    """The text as HTML."""
    return Markup("".join(html for html, _ in _pieces(text)))


def plain(text: str) -> str:
    """The text as a reader sees it."""
    return "".join(seen for _, seen in _pieces(text))


def without_html(text: str) -> str:
    """The text as Markdown that shows the same, with no element of HTML, no picture that a reader's
    program would load from elsewhere, and no footnote but ours."""
    return _ACTIVE.sub(r"\\\g<0>", text)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Each piece as HTML and as it is seen."""
    at = 0
    for match in _PAIRED.finditer(text):
        yield from _alone(text[at : match.start()])
        kind = next(name for name in _ELEMENTS if match[name] is not None)
        start, end = match.span(kind)
        inner = [(markup(match[kind]),) * 2] if kind == "code" else list(_pieces(match[kind]))
        seen = match[kind] if kind == "code" else "".join(s for _, s in inner)
        element = _ELEMENTS[kind]
        words = "".join(html for html, _ in inner)
        yield _sign(text[match.start() : start]), ""
        yield f"<{element}>{words}</{element}>", seen
        yield _sign(text[end : match.end()]), ""
        at = match.end()
    yield from _alone(text[at:])


def _alone(text: str) -> Iterator[tuple[str, str]]:
    for at, part in enumerate(_ALONE.split(text)):
        yield (_sign(part), "") if at % 2 else (markup(part), part)


def _sign(text: str) -> str:
    return f'<span class="sign">{markup(text)}</span>'
