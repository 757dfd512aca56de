"""Markdown inside a line is drawn as what it is, and nothing in it runs, loads or leads away."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.inline_markdown import plain, render_inline


@pytest.mark.parametrize(
    ("text", "shown", "html"),
    [
        ("The **north** mill", "The north mill", "<strong>north</strong>"),
        ("An *old* rope", "An old rope", "<em>old</em>"),
        ("Run `make test`", "Run make test", "<code>make test</code>"),
        ("Use `**raw**` stars", "Use **raw** stars", "<code>**raw**</code>"),
        ("See [the plan](https://a.example/x).", "See the plan.", "<span>the plan</span>"),
        ("![A quay](q.png) at noon", "A quay at noon", "<span>A quay</span>"),
        ("**A [bold](x.md) link**", "A bold link", "<strong>A "),
        ("2 * 3 * 4 metres", "2 * 3 * 4 metres", "2 * 3 * 4"),
        ("an_under_scored name", "an_under_scored name", "an_under_scored"),
        ("half of **a pair", "half of a pair", "half of "),
        ("## Rope", "Rope", "Rope"),
        ("array[1](2) stays", "array[1](2) stays", "array[1](2)"),
    ],
)
def test_what_is_drawn(text: str, shown: str, html: str) -> None:
    assert plain(text) == shown
    assert html in render_inline(text)


def test_nothing_runs_or_leads_away() -> None:
    page = render_inline(
        "[x](javascript:alert(1)) ![y](https://a.example/p.png) <img src=x> `<script>`"
    )
    assert not re.search(r"<(?:a|img|script)\b|href|src=[^x]", page)


@pytest.mark.parametrize("crumb", ["`", "**a ", "*a ", "[a](b", "[", "![a](", "**", "# "])
def test_no_text_takes_long(crumb: str) -> None:
    assert plain(crumb * (60_000 // len(crumb))) is not None


SIGNS = re.compile('<span class="sign">(.*?)</span>', re.S)
TAGS = re.compile(r"</?(?:strong|em|code|span)[^>]*>")


@given(st.text(alphabet="ab *`[]()!>#<&\n", max_size=40))
def test_no_character_is_lost(text: str) -> None:
    assert unescape(TAGS.sub("", render_inline(text))) == text
    assert unescape(TAGS.sub("", SIGNS.sub("", render_inline(text)))) == plain(text)
