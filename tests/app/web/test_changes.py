"""In a real browser: stopping, stale answers asked again, differences, PDF pages, signing in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.service.access.users import Users
from app.service.ingest.uploads import add_bytes
from store.library import Library
from tests.support.browser import WIDE, Served, Watched, ask, start, wait_until, watch
from tests.support.made import pdf_file
from tests.support.scripted import endless

PASSWORD = "correct horse battery"
MILL = "The mill at Tarn has nine wheels.\n\nIt was built in 1790 by Ada Thornbury.\n"


@pytest.fixture
def mill(library: Library) -> Iterator[Served]:
    """A chat of its own about a short text."""
    chat = start(library)
    add_bytes(chat.engine, MILL.encode(), "mill.txt")
    yield chat
    chat.stop()


@pytest.fixture
def visit(mill: Served, chromium: Browser) -> Iterator[Page]:
    yield from visited(mill, chromium)


def visited(chat: Served, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    seen = watch(page, chat.address)
    page.goto(chat.address)
    yield page
    context.close()
    assert seen == Watched(), seen


def test_the_stop_button_stops_and_keeps_what_was_found(visit: Page, mill: Served) -> None:
    model, stopped = endless()
    mill.engine._use(model, mill.engine.settings)
    visit.fill("#question textarea", "How many wheels has the mill at Tarn?")
    visit.press("#question textarea", "Enter")
    expect(visit.locator(".live .prose")).to_contain_text("nine wheels")
    expect(visit.locator(".live .draft")).to_contain_text("and so on")
    expect(visit.locator(".live .elapsed")).to_contain_text(re.compile(r"· \d+ s"))
    visit.locator("#question button", has_text="Stop").click()
    expect(visit.locator(".turn:not(.live) .note")).to_contain_text("Stopped; these are quotes.")
    expect(visit.locator(".turn:not(.live) .prose")).to_contain_text("nine wheels")
    assert stopped.wait(60)
    mill.engine._use(None, mill.engine.settings)
    visit.get_by_role("button", name="Ask again").click()
    expect(visit.locator(".turn:not(.live) .note")).to_have_count(0)
    expect(visit.locator(".turn:not(.live) .prose")).to_contain_text("nine wheels")


def test_a_stale_answer_is_marked_and_asked_again(visit: Page, mill: Served) -> None:
    ask(visit, "How many wheels has the mill at Tarn?")
    add_bytes(mill.engine, MILL.replace("nine", "eleven").encode(), "mill.txt")
    visit.reload()
    visit.locator("#conversations button").first.click()
    stale = visit.locator(".turn .stale")
    expect(stale).to_contain_text("have changed since this answer")
    visit.locator(".turn .cite").first.click()
    expect(visit.locator(".pane .stale")).to_contain_text("no longer the current one")
    expect(visit.locator(".pane mark").first).to_contain_text("nine wheels")
    stale.get_by_role("button", name="Ask again").click()
    expect(visit.locator(".turn:not(.live) .prose")).to_contain_text("eleven wheels")
    expect(visit.locator(".turn .stale")).to_have_count(0)
    visit.locator(".before summary").click()
    expect(visit.locator(".before p")).to_contain_text("nine wheels")


def test_differences_are_shown_side_by_side(visit: Page, mill: Served) -> None:
    add_bytes(mill.engine, MILL.replace("nine", "eleven").encode(), "mill.txt")
    visit.get_by_role("tab", name="Documents").click()
    visit.get_by_role("button", name="What changed").click()
    pane = visit.locator(".pane:visible")
    expect(pane.locator(".path")).to_contain_text("Version 1 → 2")
    expect(pane.locator("del")).to_have_text(re.compile("nine"))
    expect(pane.locator("ins")).to_have_text(re.compile("eleven"))


def test_a_pdf_page_is_pictured_with_the_cited_words_marked(visit: Page, mill: Served) -> None:
    lines = [(60, 700, 12, "It is deep."), (60, 90, 12, "The harbour at Estwick was dug in 1834.")]
    add_bytes(mill.engine, pdf_file([lines]), "harbour.pdf")
    visit.set_viewport_size({"width": 1440, "height": 600})
    turn = ask(visit, "When was the harbour at Estwick dug?")
    turn.locator(".cite").first.click()
    picture = visit.locator(".pane .picture img")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("alt", re.compile("Page 1"))
    assert visit.evaluate("document.querySelector('.pane .picture img').naturalWidth") > 300
    assert visit.evaluate(YELLOW) > 50
    expect(visit.locator(".pane .path")).to_contain_text("page 1")
    # The marked words stand low on the page, and are in view.
    visit.wait_for_function(IN_VIEW)
    views = visit.locator(".pane .views")
    views.get_by_role("button", name="Text").click()
    expect(picture).to_be_hidden()
    expect(visit.locator(".pane mark").first).to_be_in_viewport()
    # What a reader chose stays so at the next footnote.
    visit.locator(".pane .close").click()
    turn.locator(".cite").first.click()
    expect(views.get_by_role("button", name="Text")).to_have_attribute("aria-pressed", "true")
    expect(visit.locator(".pane mark").first).to_be_in_viewport()
    views.get_by_role("button", name="Page").click()
    expect(picture).to_be_visible()


IN_VIEW = """() => {
  const figure = document.querySelector('.pane .picture');
  const image = figure.querySelector('img').getBoundingClientRect();
  const pages = document.querySelector('.pane .pages').getBoundingClientRect();
  const at = image.top + image.height * Number(figure.dataset.at);
  return at >= pages.top && at + 12 <= pages.bottom;
}"""
YELLOW = """() => {
  const image = document.querySelector('.pane .picture img');
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let at = 0; at < data.length; at += 4)
    if (data[at] > 200 && data[at + 1] > 170 && data[at + 2] < 190) found += 1;
  return found;
}"""


def signed_in(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector(".welcome")


def test_people_sign_in_choose_for_themselves_and_sign_out(
    library: Library, chromium: Browser
) -> None:
    for name in ("ada", "bob"):
        Users(library.folder).add(name, PASSWORD)
    chat = start(library, host="0.0.0.0")
    add_bytes(chat.engine, MILL.encode(), "mill.txt")
    contexts = [chromium.new_context(viewport=WIDE) for _ in range(2)]
    ada, bob = (context.new_page() for context in contexts)
    signed_in(ada, chat.address, "ada")
    signed_in(bob, chat.address, "bob")

    ask(ada, "How many wheels has the mill at Tarn?")
    expect(ada.locator("#conversations li")).to_have_count(1)
    bob.reload()
    expect(bob.locator("#conversations")).to_contain_text("Conversations are kept here")

    ada.get_by_role("tab", name="Settings").click()
    ada.locator("#strictness").get_by_label("Strict").check()
    expect(ada.locator("#replies")).to_have_count(0)  # no language model is offered here
    ada.get_by_role("button", name="Apply").click()
    wait_until(lambda: chat.engine.settings_of("ada").strictness == "strict")
    chat.engine.change(user="ada", replies="quotes")
    assert chat.engine.settings_of("ada").replies == "quotes"
    assert chat.engine.settings_of("bob").replies == "sentences"
    expect(ada.locator("#settings-problem")).to_have_text("Applied to your own questions.")
    # Who signs in is named, and not told where the server keeps what it has.
    expect(ada.locator("#standing .who")).to_have_text("ada")
    expect(ada.locator("#facts")).to_contain_text("Nothing leaves this server")
    expect(ada.locator("#facts")).not_to_contain_text(str(library.folder))
    assert chat.engine.settings_of("ada").strictness == "strict"
    assert chat.engine.settings_of("bob").strictness == "balanced"
    bob.get_by_role("tab", name="Settings").click()
    expect(bob.locator("#strictness").get_by_label("Balanced")).to_be_checked()

    ada.get_by_role("button", name="Sign out").click()
    expect(ada.get_by_role("button", name="Sign in")).to_be_visible()
    ada.goto(chat.address)
    expect(ada.get_by_label("Password")).to_be_visible()
    bob.reload()
    expect(bob.locator(".welcome")).to_be_visible()
    for context in contexts:
        context.close()
    chat.stop()


def test_what_changes_elsewhere_shows_without_a_reload(visit: Page, mill: Served) -> None:
    turn = ask(visit, "How many wheels has the mill at Tarn?")
    expect(visit.locator("#chosen")).not_to_contain_text("quay.txt")
    visit.get_by_label("mill.txt").check()
    add_bytes(mill.engine, b"The quay at Estwick is 90 metres long.\n", "quay.txt")
    expect(visit.locator("#chosen")).to_contain_text("quay.txt")
    expect(visit.get_by_label("mill.txt")).to_be_checked()
    expect(turn.locator(".stale")).to_have_count(0)
    add_bytes(mill.engine, MILL.replace("nine", "eleven").encode(), "mill.txt")
    expect(turn.locator(".stale")).to_contain_text("have changed since this answer")
    mill.library.remove("quay.txt")
    expect(visit.locator("#chosen")).not_to_contain_text("quay.txt")
    expect(turn.locator(".prose")).to_contain_text("nine wheels")
