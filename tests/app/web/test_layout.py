"""The frame of the page: header, columns, question box, and what stands where in an answer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.browser import NARROW, Served, Watched, ask, unfold, watch

LIST_QUESTION = "What are the mutual benefits?"
LONG_QUESTION = "Who led the Azerbaijani delegation to the Azerbaijan Cultural Days?"


def test_the_header_is_one_line_with_the_tabs(page: Page) -> None:
    name = page.locator(".top h1").bounding_box()
    tab = page.get_by_role("tab", name="Chat").bounding_box()
    assert name is not None
    assert tab is not None
    assert tab["y"] + tab["height"] <= 48
    assert tab["y"] <= name["y"] + name["height"] / 2 <= tab["y"] + tab["height"]
    assert tab["x"] > name["x"] + name["width"]
    page.get_by_role("tab", name="Settings").click()
    expect(page.get_by_text("What leaves this machine")).to_be_visible()


def test_the_header_says_what_is_asked_what_answers_and_that_nothing_leaves(page: Page) -> None:
    standing = page.locator("#standing")
    expect(standing.get_by_role("button", name="The document")).to_be_visible()
    expect(standing.get_by_role("button", name="Quoted")).to_be_visible()
    lock = standing.get_by_role("button", name="Nothing leaves this machine")
    box = standing.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 48
    tip = standing.locator(".tip")
    lock.hover()
    expect(tip).to_have_css("opacity", "1")
    expect(tip).to_be_in_viewport(ratio=1)
    lock.click()
    expect(page.get_by_text("What leaves this machine")).to_be_visible()


@pytest.mark.parametrize("size", [(1920, 1080), (1440, 900), (380, 800)])
def test_nothing_is_wider_than_the_page_and_the_desk_fills_it(
    served: Served, chromium: Browser, size: tuple[int, int]
) -> None:
    context = chromium.new_context(viewport=ViewportSize(width=size[0], height=size[1]))
    page = context.new_page()
    seen = watch(page, served.address)
    page.goto(served.address)
    page.wait_for_selector(".welcome")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    frame = page.locator(".gradio-container").bounding_box()
    assert frame is not None
    assert frame["width"] == size[0], "no stripes beside the page"
    talk = page.locator(".welcome").bounding_box()
    assert talk is not None
    assert talk["width"] <= 720
    # The question can be asked at once, also on a phone.
    expect(page.locator(".box")).to_be_in_viewport(ratio=1)
    for inside in ("#question textarea", "#attach", "#chips", "#question button"):
        expect(page.locator(f".box {inside}").first).to_be_in_viewport(ratio=1)
    context.close()
    assert seen == Watched(), seen


def test_the_source_is_there_only_while_it_is_read(page: Page) -> None:
    source = page.locator(".talk ~ .read")
    expect(source).to_be_hidden()
    turn = ask(page, LONG_QUESTION)
    expect(source).to_be_hidden()
    turn.locator(".cite").first.click()
    expect(page.locator(".pane mark").first).to_be_visible()
    page.locator(".pane .close").click()
    expect(source).to_be_hidden()


def test_the_source_of_each_new_answer_opens_by_itself_if_the_reader_wants_that(page: Page) -> None:
    page.get_by_role("tab", name="Settings").click()
    page.get_by_label("Open the source of each new answer").check()
    page.reload()
    page.wait_for_selector(".welcome")
    page.get_by_role("tab", name="Settings").click()
    expect(page.get_by_label("Open the source of each new answer")).to_be_checked()
    page.get_by_role("tab", name="Chat").click()
    turn = ask(page, LONG_QUESTION)
    expect(page.locator(".pane mark").first).to_be_visible()
    expect(turn.locator(".cite[aria-current]").first).to_be_visible()
    expect(page.locator("#question textarea")).to_be_focused()  # the next question can be typed
    page.locator(".pane .close").click()
    page.reload()  # what is not new stays closed
    page.wait_for_selector(".turn .cite")
    expect(page.locator(".talk ~ .read")).to_be_hidden()
    page.get_by_role("tab", name="Settings").click()
    page.get_by_label("Open the source of each new answer").uncheck()
    page.get_by_role("tab", name="Chat").click()
    ask(page, LIST_QUESTION)
    expect(page.locator(".talk ~ .read")).to_be_hidden()


def test_the_source_is_as_wide_as_the_reader_makes_it(page: Page) -> None:
    ask(page, LONG_QUESTION).locator(".cite").first.click()
    pane = page.locator(".read .pane")
    pane.wait_for()

    def width() -> float:
        box = pane.bounding_box()
        assert box is not None
        return box["width"]

    before = width()
    grip = page.get_by_role("separator", name="Width of the source")
    grip.press("ArrowRight")
    grip.press("ArrowRight")
    assert width() == pytest.approx(before - 80, abs=4)
    expect(page.locator(".steps .count, .pane .n").first).to_be_visible()  # still the same source
    edge = pane.bounding_box()
    assert edge is not None
    page.mouse.move(edge["x"] + 3, edge["y"] + 200)
    page.mouse.down()
    page.mouse.move(edge["x"] + 63, edge["y"] + 200)
    page.mouse.up()
    assert width() == pytest.approx(before - 140, abs=6)
    page.reload()
    page.wait_for_selector(".turn")
    page.locator(".cite").first.click()
    pane.wait_for()
    assert width() == pytest.approx(before - 140, abs=6)


def test_the_question_stands_at_the_top_from_the_moment_it_is_asked(page: Page) -> None:
    for question in (LIST_QUESTION, LONG_QUESTION):
        ask(page, question)
    page.evaluate(
        """() => {
          window.places = [];
          const look = () => {
            const turns = document.querySelectorAll('.turn');
            const log = document.querySelector('#log').getBoundingClientRect();
            if (turns.length > 2) window.places.push(
              Math.round(turns[turns.length - 1].getBoundingClientRect().top - log.top));
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    ask(page, "How many weekly flights are there between Baku and Dushanbe?")
    page.wait_for_timeout(300)
    places = page.evaluate("window.places")
    # A frame or two may pass before the script hears of a new turn; after that nothing moves.
    assert all(abs(place) <= 4 for place in places[3:]), places


def test_items_are_a_list_and_its_places_are_folded(page: Page) -> None:
    turn = ask(page, LIST_QUESTION)
    items = turn.locator(".prose .items li")
    assert items.count() >= 5
    summary = turn.locator(".sources > summary")
    expect(summary).to_contain_text("places")
    expect(turn.locator(".sources .quote").first).to_be_hidden()
    unfold(turn)
    turn.locator(".sources .quote").nth(1).click()
    expect(page.locator(".pane mark").first).to_be_visible()


def test_a_number_stays_on_the_line_of_its_last_word(page: Page) -> None:
    ask(page, LIST_QUESTION)
    apart = page.evaluate(
        """() => [...document.querySelectorAll('.prose .said')].filter((said) => {
          const cite = said.nextElementSibling.querySelector('.cite').getBoundingClientRect();
          const lines = said.getClientRects();
          const last = lines[lines.length - 1];
          return cite.top > last.bottom || cite.bottom < last.top;
        }).length"""
    )
    assert apart == 0


def test_what_can_be_done_is_named_and_confirms_itself(page: Page) -> None:
    turn = ask(page, LONG_QUESTION)
    buttons = turn.locator(".actions button")
    rows = {round(box["y"]) for b in buttons.all() if (box := b.bounding_box())}
    assert len(rows) == 1
    for name in ("Right", "Wrong", "Incomplete", "Ask again", "Copy", "Link"):
        expect(turn.get_by_role("button", name=name, exact=True)).to_have_count(1)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy = turn.get_by_role("button", name="Copy", exact=True)
    copy.hover()
    expect(copy.locator(".tip")).to_have_css("opacity", "1")
    copy.click()
    expect(turn.locator("[data-do=copy] .tip")).to_have_text("Copied")
    expect(turn.locator(".meta")).to_have_text("Quoted")
    assert (turn.locator(".meta").get_attribute("title") or "").endswith(" s")


def test_on_a_touch_screen_targets_are_large(served: Served, chromium: Browser) -> None:
    context = chromium.new_context(viewport=NARROW, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(served.address)
    page.wait_for_selector(".welcome")
    turn = ask(page, LONG_QUESTION)
    for button in turn.locator(".actions button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    context.close()
