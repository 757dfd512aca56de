"""No accessibility violation on any page, light and dark, wide and narrow; by axe-core."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from evals.datasets.case import Case
from evals.datasets.question_sets import write_set
from tests.support.accessibility import findings, tab_to, violations
from tests.support.browser import NARROW, WIDE, Served, Watched, ask, open_tab, watch

SIGHTS = [("light", WIDE), ("dark", WIDE), ("light", NARROW)]


@pytest.fixture(params=SIGHTS, ids=["light", "dark", "narrow"])
def sight(request: pytest.FixtureRequest, served: Served, chromium: Browser) -> Iterator[Page]:
    """A page in this colour scheme and size."""
    scheme, size = request.param
    context = chromium.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    seen = watch(page, served.address)
    page.goto(served.address)
    page.wait_for_selector(".welcome")
    yield page
    context.close()
    assert seen == Watched(), seen


def test_axe_finds_what_is_wrong(page: Page) -> None:
    page.evaluate("document.querySelector('.top').innerHTML = '<button></button>'")
    assert any("button-name" in one for one in findings(page))


def test_welcome_answer_correction_and_source(sight: Page) -> None:
    assert violations(sight) == []
    turn = ask(sight, "How many times did President Aliyev visit Central Asian countries?")
    assert violations(sight) == []
    turn.get_by_role("button", name="Wrong").click()
    expect(turn.locator(".correct")).to_be_visible()
    assert violations(sight) == []
    turn.locator(".cite").first.click()
    expect(sight.locator(".pane mark").first).to_be_visible()
    assert violations(sight) == []
    ask(sight, "How deep is the Mariana Trench?")
    assert violations(sight) == []
    turn.get_by_role("button", name="Wrong").click()


def test_the_menu_of_a_conversation_and_its_deletion(sight: Page) -> None:
    ask(sight, "Which country hosted the fourth meeting?")
    toggle = sight.locator(".shelf-toggle")
    if toggle.is_visible():
        toggle.click()
    row = sight.locator("#conversations li", has=sight.locator("[aria-current]"))
    row.locator("summary").press("Enter")
    expect(row.get_by_label("Name", exact=True)).to_be_visible()
    assert violations(sight) == []
    row.get_by_role("button", name="Delete").press("Enter")
    expect(sight.locator("#conversations .undo button")).to_be_focused()
    assert violations(sight) == []


def test_documents_and_settings(sight: Page) -> None:
    sight.get_by_role("tab", name="Documents").click()
    sight.locator(".documents").get_by_role("button", name="Read").first.click()
    pane = sight.locator(".pane:visible")
    pane.locator(".find input").fill("Caspian")
    pane.locator(".find input").press("Enter")
    expect(pane.locator(".count").last).to_contain_text("1 of")
    assert violations(sight) == []
    pane.get_by_role("button", name="Back to the answer").click()
    sight.locator(".documents").get_by_role("button", name="Remove…").first.click()
    expect(sight.locator(".documents .sure")).to_be_visible()
    assert violations(sight) == []
    sight.locator(".documents .sure").get_by_role("button", name="Keep").click()
    open_tab(sight, "Settings")
    expect(sight.locator("#facts dl")).to_be_visible()
    assert violations(sight) == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everything_is_reached_without_a_mouse(
    size: ViewportSize, served: Served, chromium: Browser
) -> None:
    context = chromium.new_context(viewport=size)
    page = context.new_page()
    page.goto(served.address)
    keys = page.keyboard
    # Ask an example; read the card of a footnote, open it, find words in the source, come back.
    tab_to(page, page.locator(".welcome .examples button").first)
    keys.press("Enter")
    cite = tab_to(page, page.locator(".turn:not(.live) .cite").first)
    expect(page.locator(".card .quote")).to_be_visible()
    keys.press("Enter")
    pane = page.locator(".pane:visible")
    expect(pane).to_be_focused()
    tab_to(page, pane.locator(".find input"))
    keys.type("Caspian")
    keys.press("Enter")
    expect(pane.locator(".find .count")).to_contain_text("of 6")
    keys.press("Escape")
    expect(cite).to_be_focused()
    # Type a question; mark its answer.
    tab_to(page, page.locator("#question textarea"))
    keys.type("Which country hosted the fourth meeting?")
    keys.press("Enter")
    asked = page.locator(".turn:not(.live)").nth(1)
    asked.wait_for()
    page.locator("#question button", has_text="Ask").wait_for()
    right = asked.get_by_role("button", name="Right")
    tab_to(page, right, back=True)
    keys.press("Enter")
    expect(right).to_have_attribute("aria-pressed", "true")
    # The shelf, on a narrow window a drawer: open the menu of a conversation, and close it.
    if size is NARROW:
        tab_to(page, page.locator(".shelf-toggle"))
        keys.press("Enter")
    tab_to(page, page.locator("#conversations summary").first)
    keys.press("Enter")
    tab_to(page, page.locator("#conversations").get_by_label("Name", exact=True).first)
    keys.press("Escape")
    # Find a document, be asked whether to remove it, keep it.
    tab_to(page, page.get_by_role("tab", name="Documents"))
    keys.press("Enter")
    tab_to(page, page.get_by_label("Find a document"))
    keys.type("briefing")
    row = page.locator(".documents > li", has_text="briefing.md")
    tab_to(page, row.get_by_role("button", name="Remove…"))
    keys.press("Enter")
    tab_to(page, row.get_by_role("button", name="Keep"))
    keys.press("Enter")
    tab_to(page, row.get_by_role("button", name="Ask about this"), back=True)
    keys.press("Enter")
    expect(page.locator("#question textarea")).to_be_focused()
    context.close()


def test_evaluate(sight: Page, served: Served) -> None:
    mine = served.library.folder / "sets" / "mine.jsonl"
    questions = ("Who proposed the Consultative Meetings?", "How deep is the Mariana Trench?")
    write_set(mine, [Case(f"axe{n}", q, answers=(("nobody",),)) for n, q in enumerate(questions)])
    shutil.rmtree(served.library.folder / "runs", ignore_errors=True)  # the page without a run
    open_tab(sight, "Evaluate")
    expect(sight.locator("#set input")).to_have_value("Your own set (2 questions)")
    assert violations(sight) == []
    sight.click("#run")
    expect(sight.locator(".result .failure")).to_have_count(2)
    sight.locator(".failure summary").first.click()
    sight.locator(".figures summary").click()
    assert violations(sight) == []
