"""What a keyboard reaches, and what axe-core finds wrong, on an open page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

# Colours that fade must have arrived.
SETTLED = """() => document.getAnimations().every(
    a => a.playState !== 'running' || a.effect.getComputedTiming().iterations === Infinity)"""
MOST_TABS = 120
FOCUSED = "(element) => element === document.activeElement"


def violations(page: Page) -> list[str]:
    """What axe finds and stays: colours may still be fading in."""
    for _ in range(20):
        page.wait_for_function(SETTLED)
        found = findings(page)
        if not found:
            break
        page.wait_for_timeout(500)
    return found


def findings(page: Page) -> list[str]:
    """What axe finds now, each with where and why."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found
        for node in one["nodes"]
    ]


def tab_to(page: Page, wanted: Locator, *, back: bool = False) -> Locator:
    """Press Tab until this has the focus, as somebody without a mouse does."""
    wanted.wait_for()
    for _ in range(MOST_TABS):
        if wanted.evaluate(FOCUSED):
            return wanted
        page.keyboard.press("Shift+Tab" if back else "Tab")
    at = page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    raise AssertionError(f"{MOST_TABS} times Tab does not reach it; the focus is at {at}")
