"""Every screen of the page in each size and colour scheme, how far it shifts while it is drawn, and
how it differs from its reference picture.

``python -m tests.support.screens`` takes the references again; look at them before they are
committed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from app.service.conversations.conversations import Conversations
from ingest.load import load
from ingest.samples import sample_path
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.library import Library
from tests.support.browser import ARGUMENTS, BROWSERS, Served, ask, open_tab, start

REFERENCES = Path(__file__).parents[1] / "app" / "web" / "screens"
FONTS = REFERENCES / "fonts.txt"
"""The fonts that the references were drawn with; with others every line breaks elsewhere."""
SIZES = ((380, 760), (1100, 760), (1440, 900), (1920, 1080))
SCHEMES = ("light", "dark")
NAMES = ("welcome", "chat", "source", "documents", "reader", "evaluate", "settings")
REDUCED = 4
"""A reference is kept at a quarter of its size: enough for where things stand and their colours."""
CELL = 4
"""Pixels of a reduced picture on each side of a cell, of which the mean colours are compared."""
SEEN_DIFFERENCE = 14
"""Levels of 255 in any colour by which a cell differs that people would see."""
MOST_DIFFERENT = 0.006
"""Share of the cells that may differ: a duration does; a moved block does more."""
QUESTIONS = (
    "How often does Azerbaijan Airlines fly to Dushanbe?",
    "Who led the Azerbaijani delegation to the Azerbaijan Cultural Days?",
    "Where was the ambassador born?",
)
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (!entry.hadRecentInput) window.shifted += entry.value;
  })).observe({ type: 'layout-shift', buffered: true });
}"""
"""Sums layout shifts (web.dev/articles/cls) that follow no input, from the page's beginning."""


def opened(browser: Browser, size: tuple[int, int], scheme: str, *, touch: bool = False) -> Page:
    """A page in this size and scheme that has not gone to the chat yet."""
    context = browser.new_context(
        viewport=ViewportSize(width=size[0], height=size[1]),
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=touch,
        is_mobile=touch,
    )
    page = context.new_page()
    page.add_init_script(f"({SHIFTS})()")
    return page


def screens(page: Page, served: Served) -> Iterator[str]:
    """Bring up one screen after the other, as a reader does; the name of each once it is drawn."""
    page.goto(served.address)
    page.wait_for_selector(".welcome")
    yield "welcome"
    for question in QUESTIONS:
        ask(page, question)
    yield "chat"
    page.locator(".turn .cite").first.click()
    page.locator(".pane:visible mark").first.wait_for()
    yield "source"
    page.locator(".pane:visible .close").click()
    open_tab(page, "Documents")
    page.locator(".documents .entry").first.wait_for()
    yield "documents"
    page.locator(".documents").get_by_role("button", name="Read").first.click()
    page.locator(".pane:visible .pages").wait_for()
    yield "reader"
    page.locator(".pane:visible .close").click()
    open_tab(page, "Evaluate")
    page.locator("#run-result .lead").wait_for()
    yield "evaluate"
    open_tab(page, "Settings")
    page.locator("#facts dl").wait_for()
    yield "settings"


def evaluated(browser: Browser, served: Served) -> None:
    """Make the run that the Evaluate page shows."""
    page = browser.new_context().new_page()
    page.goto(served.address)
    page.wait_for_selector(".welcome")
    open_tab(page, "Evaluate")
    page.locator("#set-size input").fill("20")
    page.locator("#run").click()
    page.locator("#run-result .lead").wait_for()
    page.context.close()


def forget_conversations(served: Served) -> None:
    """Begin again: no earlier conversation is listed."""
    kept = Conversations(served.library.folder)
    for conversation in kept.find("", ""):
        kept.delete("", conversation.id)


def shift(page: Page) -> float:
    """How far the page has shifted by itself since this was asked last (0: not at all)."""
    return float(page.evaluate("() => { const s = window.shifted; window.shifted = 0; return s; }"))


ALIKE = """() => {
  document.querySelectorAll('.documents time').forEach((e) => { e.textContent = '2026-01-01'; });
  document.querySelectorAll('#facts code').forEach((e) => {
    if (e.textContent.includes('/')) e.textContent = '/home/ada/footnote';
  });
}"""
"""What differs by day and by machine is made alike."""


def picture(page: Page) -> Image.Image:
    """What is seen, reduced."""
    page.mouse.move(1, 1)
    page.wait_for_timeout(300)
    page.evaluate("document.activeElement?.blur()")
    page.evaluate(ALIKE)
    seen = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
    return seen.convert("RGB").reduce(REDUCED)


def reference(size: tuple[int, int], scheme: str, name: str) -> Path:
    """Where the picture of a screen is kept."""
    return REFERENCES / f"{size[0]}-{scheme}-{name}.webp"


def difference(before: Image.Image, now: Image.Image) -> float:
    """The share of cells whose mean colours differ visibly; 1 if the sizes do."""
    if before.size != now.size:
        return 1.0
    cells = [np.asarray(p.convert("RGB").reduce(CELL), np.int16) for p in (before, now)]
    return float((np.abs(cells[0] - cells[1]).max(axis=2) > SEEN_DIFFERENCE).mean())


def fonts() -> str:
    """The fonts that this machine has for the page's families."""
    names = ("system-ui", "serif", "monospace")
    asked = ["fc-match", "--format", "%{family} %{fontversion}\n"]
    return "".join(
        subprocess.run([*asked, name], capture_output=True, text=True, check=True).stdout
        for name in names
    )


def main() -> None:
    """Take every reference again."""
    REFERENCES.mkdir(exist_ok=True)
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder), SentenceTransformerEmbedder()) as library,
        sync_playwright() as playwright,
    ):
        library.add(load(sample_path()))
        served = start(library)
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        evaluated(browser, served)
        for size in SIZES:
            for scheme in SCHEMES:
                forget_conversations(served)
                page = opened(browser, size, scheme)
                for name in screens(page, served):
                    moved = shift(page)
                    place, now = reference(size, scheme, name), picture(page)
                    was = difference(Image.open(place), now) if place.exists() else 1.0
                    print(f"{place.name}: shifts by {moved:.3f}, {was:.3f} differs")
                    now.save(place, quality=90, method=6)
                page.context.close()
        FONTS.write_text(fonts(), encoding="utf-8")
        browser.close()
        served.stop()


if __name__ == "__main__":
    main()
