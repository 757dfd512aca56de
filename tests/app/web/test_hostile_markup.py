"""Markup, scripts and control characters from anywhere: none runs, none fetches, none misleads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.answer import Answer, Citation, Sentence, Verdict
from app.formats.html_escape import markup, show_controls
from app.formats.json_forms import answer_payload
from app.service.ingest.uploads import add_bytes
from store.embedding.embedder import Embedder
from store.library import Library
from tests.support.browser import WIDE, Served, Watched, ask, start, unfold, watch

FAR = "http://outside.invalid/x"
ALARM = "window.harmed=1"
TAGS = [
    f"<script>{ALARM}</script>",
    f"<SCRIPT>{ALARM}</SCRIPT>",
    f"<scr<script>ipt>{ALARM}</script>",
    f'<script src="{FAR}"></script>',
    f"<img src=x onerror={ALARM}>",
    f'<img src="{FAR}.png">',
    f"<IMG SRC={FAR}.png>",
    f'<img srcset="{FAR} 2x">',
    f"<svg onload={ALARM}>",
    f"<svg><script>{ALARM}</script></svg>",
    f'<svg><image href="{FAR}"/></svg>',
    f'<svg><use href="{FAR}#a"/></svg>',
    f"<svg><animate onbegin={ALARM} attributeName=x dur=1s>",
    f"<body onload={ALARM}>",
    f"<iframe srcdoc='<script>parent.{ALARM}</script>'></iframe>",
    f'<iframe src="{FAR}"></iframe>',
    f'<object data="{FAR}"></object>',
    f'<embed src="{FAR}">',
    f'<link rel=stylesheet href="{FAR}">',
    f'<link rel=preload as=image href="{FAR}">',
    f'<meta http-equiv=refresh content="0;url={FAR}">',
    f'<base href="{FAR}">',
    f"<style>@import '{FAR}';</style>",
    f"<style>body{{background:url({FAR})}}</style>",
    f'<div style="background:url({FAR})">x</div>',
    f'<a href="javascript:{ALARM}">x</a>',
    f"<a onmouseover={ALARM}>x</a>",
    f"<details open ontoggle={ALARM}>x</details>",
    f"<input autofocus onfocus={ALARM}>",
    f"<select autofocus onfocus={ALARM}>",
    f"<textarea autofocus onfocus={ALARM}></textarea>",
    f"<video><source onerror={ALARM}></video>",
    f'<video poster="{FAR}"></video>',
    f'<audio src="{FAR}" autoplay></audio>',
    f"<marquee onstart={ALARM}>x</marquee>",
    f'<form action="{FAR}"><button autofocus>x</button></form>',
    f"<math><mtext><img src=x onerror={ALARM}></mtext></math>",
    f"<template><img src=x onerror={ALARM}></template>",
    f"<noscript><p title='</noscript><img src=x onerror={ALARM}>'>",
    f"<!--><img src=x onerror={ALARM}>-->",
    f"<![CDATA[<img src=x onerror={ALARM}>]]>",
    f"<xss contenteditable onfocus={ALARM} autofocus tabindex=1>x</xss>",
]
BREAKOUTS = [
    f"' onmouseover={ALARM} '",
    f'" onfocus={ALARM} autofocus="',
    f'"><img src=x onerror={ALARM}>',
    f"'><script>{ALARM}</script>",
    f"</button><img src=x onerror={ALARM}>",
    f"</mark></p></section><script>{ALARM}</script>",
    f"</textarea><script>{ALARM}</script>",
    f"</title><script>{ALARM}</script>",
    f"&lt;img src=x onerror={ALARM}&gt;",
    f"&#60;img src=x onerror={ALARM}&#62;",
    f"\\u003cimg src=x onerror={ALARM}\\u003e",
    f"${{{ALARM}}}",
    f"`+({ALARM})+`",
    f"{{{{#with this}}}}{{{{{ALARM}}}}}{{{{/with}}}}",
    "{{constructor.constructor('window.harmed=1')()}}",
    f"javascript:{ALARM}",
    f"![x]({FAR}.png)",
    f"[x](javascript:{ALARM})",
    f"[![x]({FAR}.png)]({FAR})",
    f"<{FAR}>",
]
CONTROLS = [
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;http://outside.invalid\x07link\x1b]8;;\x07",
    "user\u202egnp.exe",
    "\u2066isolated\u2069 \u202bwords\u202c",
    "a\u0008\u0007b",
]  # fmt: skip
HOSTILE = TAGS + BREAKOUTS + CONTROLS
CLEAN = "() => window.harmed === undefined"


def test_there_are_enough_cases() -> None:
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_has_no_markup_and_no_hidden_controls(text: str) -> None:
    escaped = markup(text)
    assert not set(escaped) & set("<>\"'`${}")
    assert not any(c in show_controls(text) for c in "\x1b\x07\x08\u202e\u202b\u2066\u2069")
    assert len(show_controls(text)) == len(text)


def _answer(library: Library) -> Answer:
    """An answer such as a hostile model would write: every string in every place."""
    revision = library.documents()[0]
    text = library.text(revision.id)
    cited = Citation(1, HOSTILE[0], revision.id, 0, 40, text[:40], (0, 10), tuple(HOSTILE[:3]))
    said = tuple(Sentence(line, (1,), Verdict.SUPPORTED) for line in HOSTILE)
    return Answer(
        HOSTILE[4], " ".join(HOSTILE), "answer", said, (cited,), "", (), 0.9, HOSTILE[1],
        tuple(HOSTILE),
    )  # fmt: skip


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Served]:
    """A chat whose documents, names, conversations and stored answers are all hostile."""
    with Library.open(tmp_path_factory.mktemp("hostile"), embedder) as library:
        chat = start(library)
        text = "# Gate <b>one</b>\n\n" + "\n\n".join(
            f"The gate number {n} of Thornfield says {line} to all who pass it."
            for n, line in enumerate(HOSTILE)
        )
        add_bytes(chat.engine, text.encode(), "<img src=x onerror=window.harmed=1>.md")
        for n, line in enumerate(HOSTILE[::12]):
            name = line.replace("/", "∕").replace("\\", "∖") + f"{n}.txt"
            add_bytes(chat.engine, f"Note {n} of the warden: {line}".encode(), name)
        yield chat
        chat.stop()


@pytest.fixture
def siege(besieged: Served, chromium: Browser) -> Iterator[Page]:
    """A page on it; fails when anything ran, was fetched or was shown by the browser itself."""
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    seen = watch(page, besieged.address)
    page.goto(besieged.address)
    page.wait_for_selector(".welcome")
    yield page
    page.wait_for_timeout(300)
    assert page.evaluate(CLEAN)
    context.close()
    assert seen == Watched(), seen


def test_document_text_and_names_stay_text(siege: Page) -> None:
    siege.get_by_role("tab", name="Documents").click()
    rows = siege.locator(".documents > li")
    expect(rows.first).to_be_visible()
    assert rows.count() == 7
    rows.filter(has_text="Gate").first.get_by_role("button", name="Read").click()
    pages = siege.locator(".pane:visible .pages")
    expect(pages).to_contain_text("<script>window.harmed=1</script>")
    shown = pages.text_content() or ""
    for line in HOSTILE:
        assert show_controls(line).strip() in shown
    assert pages.locator("img, script, iframe, svg, object, a, style, link").count() == 0


@pytest.mark.parametrize("batch", range(4))
def test_questions_and_quotes_stay_text(siege: Page, batch: int) -> None:
    for number in range(batch * 4, batch * 4 + 4):
        question = f"What does gate number {number} of Thornfield say? {HOSTILE[number * 4]}"
        turn = ask(siege, question)
        assert turn.locator("img, script, iframe, svg, object, style").count() == 0
        unfold(turn)
        for button in turn.locator("button.quote").all()[:1]:
            button.hover()
            button.click()
            expect(siege.locator(".pane mark").first).to_be_visible()
    listed = siege.locator("#conversations")
    assert listed.locator("img, script, iframe, svg").count() == 0


def test_model_output_and_stored_answers_stay_text(
    besieged: Served, siege: Page, tmp_path: Path
) -> None:
    from app.service.conversations.conversations import Conversations

    del tmp_path
    kept = Conversations(besieged.engine.settings.data)
    conversation = kept.start("", HOSTILE[4])
    name = kept.add(conversation, HOSTILE[0], answer_payload(_answer(besieged.library)))
    kept.add(conversation, HOSTILE[5], None, " ".join(HOSTILE))
    siege.goto(f"{besieged.address}/?answer={name}")
    turn = siege.locator(f"#x-{name}")
    expect(turn).to_contain_text("window.harmed")
    assert siege.locator(".log img, .log script, .log iframe, .log svg, .log a").count() == 0
    turn.locator(".cite").first.hover()
    turn.locator(".cite").first.click()
    expect(siege.locator(".pane mark").first).to_be_visible()
    turn.locator(".understood button").click()
    expect(siege.locator("#question textarea")).not_to_have_value("")


def test_the_browser_itself_would_refuse_another_host(besieged: Served, siege: Page) -> None:
    del besieged
    policy = siege.request.get(siege.url).headers["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "img-src 'self' data: blob:" in policy
    assert "http" not in policy
