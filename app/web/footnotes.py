"""Footnotes of an answer as HTML: the numbered buttons, and the list of quotes under it."""

from __future__ import annotations

from collections.abc import Container, Sequence

from app.answer import Citation
from app.formats.answer_text import citation_place
from app.formats.html_escape import clip, markup
from app.formats.inline_markdown import plain, render_inline


def quoted(citation: Citation) -> str:
    """The quote as HTML with its key words emphasised."""
    if citation.key is None:
        return render_inline(citation.quote)
    start, end = (offset - citation.start for offset in citation.key)
    text = citation.quote
    if not 0 <= start < end <= len(text):
        return render_inline(text)
    before, key, after = map(render_inline, (text[:start], text[start:end], text[end:]))
    return f"{before}<b>{key}</b>{after}"


def render_footnote(exchange: str, citation: Citation, verdict: str) -> str:
    """The small numbered button in a sentence. ``chat.js`` shows a card of its quote, its place and
    what the verdict means."""
    label = markup(f"Footnote {citation.n}: {clip(plain(citation.quote), 160)}")
    quote = markup(clip(plain(citation.quote), 400))
    return (
        f'<button type="button" class="cite" data-do="cite" data-exchange="{markup(exchange)}" '
        f'data-part="citations" data-n="{citation.n}" data-quote="{quote}" '
        f'data-place="{markup(citation_place(citation))}" data-verdict="{markup(verdict)}" '
        f'aria-label="{label}">{citation.n}</button>'
    )


def render_evidence(
    exchange: str, citations: Sequence[Citation], part: str = "citations",
    repeated: Container[int] = (),
) -> str:  # fmt: skip
    """The numbered quotes under an answer; each opens its source.

    Of citations in ``repeated``, by number, the answer shows the words: only the place is given.
    """
    rows = "".join(
        f'<li><button type="button" class="quote" data-do="cite" data-part="{part}" '
        f'data-exchange="{markup(exchange)}" data-n="{c.n}"><span class="n">{c.n}</span>'
        + ("" if c.n in repeated else f'<span class="words" dir="auto">{quoted(c)}</span>')
        + f'<span class="where">{markup(citation_place(c))}</span></button></li>'
        for c in citations
    )
    return f'<ol class="evidence">{rows}</ol>' if rows else ""
