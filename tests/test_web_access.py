"""No serious accessibility violation on any page, light and dark, wide and narrow; by axe-core."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import NARROW, WIDE, Served, Watched, ask, watch
from playwright.sync_api import Browser, Page, expect

from evals.case import Case
from evals.sets import write_set

BAD = ("serious", "critical")
# Colours that fade must have arrived.
SETTLED = """() => document.getAnimations().every(
    a => a.playState !== 'running' || a.effect.getComputedTiming().iterations === Infinity)"""
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


def violations(page: Page) -> list[str]:
    """What axe finds that is serious and stays: colours may still be fading in."""
    for _ in range(20):
        page.wait_for_function(SETTLED)
        found = serious(page)
        if not found:
            break
        page.wait_for_timeout(500)
    return found


def serious(page: Page) -> list[str]:
    """What axe finds now, each with where and why."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found
        if one["impact"] in BAD
        for node in one["nodes"]
    ]


def test_axe_finds_what_is_wrong(page: Page) -> None:
    page.evaluate("document.querySelector('.top').innerHTML = '<button></button>'")
    assert any("button-name" in one for one in serious(page))


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
    expect(sight.locator(".pane:visible")).to_be_visible()
    assert violations(sight) == []
    open_tab(sight, "Settings")
    expect(sight.locator("#facts dl")).to_be_visible()
    assert violations(sight) == []


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


def open_tab(page: Page, name: str) -> None:
    """Open a tab, out of the menu where the window is too narrow to show it."""
    tab = page.get_by_role("tab", name=name)
    if not tab.is_visible():
        page.locator("#tabs .overflow-menu > button").click()
        page.locator("#tabs .overflow-dropdown button", has_text=name).click()
    else:
        tab.click()
