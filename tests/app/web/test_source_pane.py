"""Reading in the source pane, in a real browser: pages are turned, enlarged, and words found."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Locator, Page, expect

from app.service.ingest.uploads import add_bytes
from app.web.open_source import found_in
from store.library import Library
from tests.support.browser import WIDE, Served, Watched, ask, start, watch
from tests.support.made import pdf_file

PAGES = (
    "The harbour at Estwick was dug in 1834. Its quay is of oak.",
    "The lighthouse was built in 1871 by Ada Thornbury.",
    "A second quay was added in 1902, of stone from Bergen.",
)
MILL = "The mill at Tarn has nine\nwheels.\n\nIt was built in 1790.\n\nNine  wheels are few.\n"


@pytest.fixture
def reading(library: Library, chromium: Browser) -> Iterator[Page]:
    """A page on a chat about a PDF of three pages and a short text."""
    chat: Served = start(library)
    add_bytes(chat.engine, pdf_file([[(60, 700, 12, text)] for text in PAGES]), "estwick.pdf")
    add_bytes(chat.engine, MILL.encode(), "mill.txt")
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    seen = watch(page, chat.address)
    page.goto(chat.address)
    page.wait_for_selector(".welcome")
    yield page
    context.close()
    chat.stop()
    assert seen == Watched(), seen


def shown_page(pane: Locator, number: int) -> None:
    expect(pane.locator(".picture img")).to_have_attribute("alt", re.compile(f"Page {number} "))
    expect(pane.locator(".picture img")).to_be_visible()
    expect(pane.locator(".turning .count")).to_have_text(f"page {number} of 3")


def test_pages_are_turned_from_the_cited_one(reading: Page) -> None:
    turn = ask(reading, "Who built the lighthouse?")
    turn.locator(".cite").first.click()
    pane = reading.locator(".pane")
    shown_page(pane, 2)
    onward = pane.get_by_role("button", name="Next page")
    onward.press("Enter")
    shown_page(pane, 3)
    expect(onward).to_be_disabled()
    back = pane.get_by_role("button", name="Previous page")
    back.click()
    shown_page(pane, 2)
    expect(back).to_be_focused()
    back.press("Enter")
    shown_page(pane, 1)
    # It is still that footnote's source.
    expect(turn.locator(".cite[aria-current=true]")).to_have_count(1)
    pane.get_by_role("button", name="Text").click()
    expect(pane.locator("mark").first).to_be_in_viewport()
    expect(pane.locator(".turning")).to_be_hidden()


def test_a_page_is_enlarged(reading: Page) -> None:
    ask(reading, "Who built the lighthouse?").locator(".cite").first.click()
    pane = reading.locator(".pane")
    shown_page(pane, 2)
    wide = "document.querySelector('.pane .picture').clientWidth"
    before = reading.evaluate(wide)
    pane.get_by_role("button", name="Larger").click()
    assert reading.evaluate(wide) > before * 1.3
    pane.get_by_role("button", name="Next page").click()
    shown_page(pane, 3)
    assert reading.evaluate(wide) > before * 1.3, "the size stays when the page is turned"
    smaller = pane.get_by_role("button", name="Smaller")
    smaller.click()
    expect(smaller).to_be_disabled()
    assert reading.evaluate(wide) == before


def test_words_are_found_one_after_the_other(reading: Page) -> None:
    reading.get_by_role("tab", name="Documents").click()
    row = reading.locator(".documents > li", has_text="estwick.pdf")
    row.get_by_role("button", name="Read").click()
    pane = reading.locator(".pane:visible")
    field = pane.get_by_label("Find in this document")
    field.fill("QUAY")
    field.press("Enter")
    expect(pane.locator(".find .count")).to_have_text("1 of 2")
    shown_page(pane, 1)
    expect(field).to_be_focused()
    field.press("Enter")
    expect(pane.locator(".find .count")).to_have_text("2 of 2")
    shown_page(pane, 3)
    field.press("Shift+Enter")
    expect(pane.locator(".find .count")).to_have_text("1 of 2")
    pane.get_by_role("button", name="Found before").click()
    expect(pane.locator(".find .count")).to_have_text("2 of 2")
    expect(pane.get_by_role("button", name="Found before")).to_be_focused()
    field.fill("nowhere")
    field.press("Enter")
    expect(pane.locator(".find .count")).to_have_text("not found")
    expect(field).to_have_value("nowhere")


def test_words_are_found_in_text_across_lines(reading: Page) -> None:
    reading.get_by_role("tab", name="Documents").click()
    row = reading.locator(".documents > li", has_text="mill.txt")
    row.get_by_role("button", name="Read").click()
    pane = reading.locator(".pane:visible")
    expect(pane.locator(".views")).to_have_count(0)
    field = pane.get_by_label("Find in this document")
    field.fill("nine wheels")
    field.press("Enter")
    expect(pane.locator(".find .count")).to_have_text("1 of 2")
    expect(pane.locator("mark")).to_contain_text(re.compile(r"nine\s+wheels"))
    field.press("ArrowLeft")
    expect(field).to_be_focused()


@given(st.text(max_size=40), st.text(max_size=8))
def test_what_is_found_says_the_words(text: str, words: str) -> None:
    for begin, end in found_in(text, words):
        assert "".join(text[begin:end].split()).casefold() == "".join(words.split()).casefold()
    if words.split():
        around = f"{text} {words} {text}"
        assert found_in(around, words)


def test_a_source_that_opens_late_takes_no_focus_from_who_types(page: Page) -> None:
    cite = ask(page, "Which country hosted the fourth meeting?").locator(".cite").first
    page.evaluate("() => { window.box = document.querySelector('#question textarea'); }")
    cite.evaluate("cite => { cite.focus(); cite.click(); window.box.focus(); }")
    expect(page.locator(".pane:visible mark").first).to_be_visible()
    page.wait_for_timeout(300)
    expect(page.locator("#question textarea")).to_be_focused()


def test_what_was_asked_is_not_kept_as_typed_however_quick_the_answer(page: Page) -> None:
    # Frames so rare that none shows the draft.
    page.evaluate("window.requestAnimationFrame = (draw) => setTimeout(draw, 2000)")
    page.locator("#question textarea").press_sequentially("Which country hosted the summit?")
    assert page.evaluate("sessionStorage.getItem('footnote-typed')")
    page.press("#question textarea", "Enter")
    page.locator(".turn:not(.live)").wait_for()
    page.wait_for_function("!sessionStorage.getItem('footnote-typed')")
    expect(page.locator("#question textarea")).to_have_value("")
