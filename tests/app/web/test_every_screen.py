"""Every screen, in four widths, light and dark: as its reference picture, still, and reachable.

``python -m tests.support.screens`` takes the references again.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from ingest.load import load
from ingest.samples import sample_path
from store.embedding.embedder import Embedder
from store.library import Library
from tests.support import screens
from tests.support.accessibility import violations
from tests.support.browser import Served, Watched, start, watch

MOST_SHIFT = 0.05
"""Half of what web.dev/articles/cls calls good."""
SMALLEST_TARGET = 44
"""CSS pixels: WCAG 2.2, target size (enhanced)."""
SMALL_TARGETS = """(least) => [...document.querySelectorAll(
    'button, a[href], input, textarea, summary, [role=tab], label:has(input)')]
  .filter((e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .filter((e) => !e.disabled && !e.matches('.cite'))
  .map((e) => [e, e.getBoundingClientRect(),
    (e.closest('label, .wrap:has(> .wrap-inner)') || e).getBoundingClientRect()])
  .filter(([, own]) => own.width > 2 && own.height > 2)
  .filter(([, own, around]) => Math.max(own.width, around.width) < least
    || Math.max(own.height, around.height) < least)
  .map(([e]) => e.outerHTML.slice(0, 160))"""
PLACES = """() => [...document.querySelectorAll(
    'button, a[href], summary, [role=tab], p, li, h2, h3')]
  .filter((e) => e.checkVisibility() && !e.closest('.card'))
  .map((e) => e.getBoundingClientRect())
  .map((r) => [r.x, r.y, r.width, r.height].map(Math.round).join()).join('\\n')"""


@pytest.fixture(scope="module")
def chat(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, chromium: Browser
) -> Iterator[Served]:
    """A chat about the sample document, with one run of an evaluation."""
    with Library.open(tmp_path_factory.mktemp("screens"), embedder) as library:
        library.add(load(sample_path()))
        served = start(library)
        screens.evaluated(chromium, served)
        yield served
        served.stop()


@pytest.fixture
def has_the_fonts() -> bool:
    """Whether this machine draws with the fonts of the references."""
    return screens.FONTS.read_text(encoding="utf-8") == screens.fonts()


def test_the_references_can_be_compared(has_the_fonts: bool) -> None:
    if not has_the_fonts:
        pytest.skip("This machine has other fonts than those of the reference pictures.")
    expected = {
        screens.reference(size, scheme, name)
        for size in screens.SIZES
        for scheme in screens.SCHEMES
        for name in screens.NAMES
    }
    assert set(screens.REFERENCES.glob("*.webp")) == expected


@pytest.mark.parametrize("scheme", screens.SCHEMES)
@pytest.mark.parametrize("size", screens.SIZES, ids=lambda size: str(size[0]))
def test_every_screen_is_as_its_reference_and_nothing_is_wrong_with_it(
    size: tuple[int, int], scheme: str, chat: Served, chromium: Browser, has_the_fonts: bool
) -> None:
    screens.forget_conversations(chat)
    page = screens.opened(chromium, size, scheme)
    seen = watch(page, chat.address)
    wrong, names = [], []
    for name in screens.screens(page, chat):
        names.append(name)
        if (moved := screens.shift(page)) >= MOST_SHIFT:
            wrong.append(f"{name} shifts by {moved:.3f}")
        if (width := page.evaluate("document.documentElement.scrollWidth")) > size[0]:
            wrong.append(f"{name} is {width} px wide")
        wrong += [f"{name}: {finding}" for finding in violations(page)]
        if has_the_fonts:
            with Image.open(screens.reference(size, scheme, name)) as reference:
                share = screens.difference(reference, screens.picture(page))
            if share > screens.MOST_DIFFERENT:
                wrong.append(f"{name} differs from its reference in {share:.3f} of its cells")
    page.context.close()
    assert tuple(names) == screens.NAMES
    assert wrong == []
    assert seen == Watched(), seen


def test_a_moved_block_or_another_colour_is_seen(chat: Served, chromium: Browser) -> None:
    page = screens.opened(chromium, (1440, 900), "light")
    assert next(screens.screens(page, chat)) == "welcome"
    before = screens.picture(page)
    assert screens.difference(before, screens.picture(page)) <= screens.MOST_DIFFERENT / 4
    for style in (
        ".welcome { padding-top: 130px !important }",
        ".welcome { background: #dde !important }",
    ):
        added = page.add_style_tag(content=style)
        assert screens.difference(before, screens.picture(page)) > screens.MOST_DIFFERENT, style
        added.evaluate("(element) => element.remove()")
    page.context.close()


def test_on_a_touch_screen_every_target_is_large(chat: Served, chromium: Browser) -> None:
    screens.forget_conversations(chat)
    page = screens.opened(chromium, (380, 760), "light", touch=True)
    small = {}
    for name in screens.screens(page, chat):
        if found := page.evaluate(SMALL_TARGETS, SMALLEST_TARGET):
            small[name] = found
        if name == "chat":
            assert touched_around(page) == [True] * 4
    page.context.close()
    assert small == {}


def touched_around(page: Page) -> list[bool]:
    """Whether 20 px left, right, above and below its middle the first footnote is touched."""
    cite = page.locator(".cite").first
    cite.evaluate("(cite) => cite.scrollIntoView({ block: 'center' })")
    around: list[bool] = cite.evaluate(
        """(cite) => {
          const { x, y, width, height } = cite.getBoundingClientRect();
          return [[-20, 0], [20, 0], [0, -20], [0, 20]].map(([dx, dy]) => cite ===
            document.elementFromPoint(x + width / 2 + dx, y + height / 2 + dy)?.closest('.cite'));
        }"""
    )
    return around


def test_nothing_moves_under_the_pointer(chat: Served, chromium: Browser) -> None:
    screens.forget_conversations(chat)
    page = screens.opened(chromium, (1440, 900), "light")
    moved, hovered = [], 0
    for name in screens.screens(page, chat):
        for button in page.locator("button:visible, a[href]:visible, summary:visible").all():
            box = button.bounding_box()
            if box is None or not 0 <= box["y"] <= 900 - box["height"]:
                continue
            before = page.evaluate(PLACES)
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            hovered += 1
            if page.evaluate(PLACES) != before:
                moved.append(f"{name}: {button.evaluate('(e) => e.outerHTML.slice(0, 120)')}")
    page.context.close()
    assert hovered > 100
    assert moved == []
