"""Takes the README's four pictures again, of the sample document: ``python -m
tests.support.take_pictures``. Needs Chromium; takes two minutes."""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

import app.web
from ingest.load import load
from ingest.samples import sample_path
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.library import Library
from tests.support.browser import ARGUMENTS, BROWSERS, PATIENCE_MS, Served, ask, start

SIZE = (1200, 720)
OFTEN = "How often does Azerbaijan Airlines fly to Dushanbe?"
NOT_THERE = "Where was the ambassador born?"
FLIGHTS = "When did Azerbaijan Airlines start flights to Dushanbe?"
OLD, NEW = "since May 30, 2023, Azerbaijan", "since June 2, 2023, Azerbaijan"


def main() -> None:
    """Serve the sample, walk through the page, and write the pictures."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise SystemExit("Install chromium-headless-shell first.")
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder), SentenceTransformerEmbedder()) as library,
        sync_playwright() as playwright,
    ):
        sample = Path(folder) / Path(sample_path()).name
        shutil.copy(sample_path(), sample)
        library.add(load(sample))
        served = start(library)
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        viewport = {"width": SIZE[0], "height": SIZE[1]}
        page = browser.new_page(viewport=viewport)  # type: ignore[arg-type]
        page.set_default_timeout(PATIENCE_MS)
        _walk(page, served, sample)
        browser.close()
        served.stop()


def _walk(page: Page, served: Served, sample: Path) -> None:
    page.goto(served.address)
    page.wait_for_selector(".welcome")
    ask(page, OFTEN).locator(".cite").first.click()
    page.locator(".pane mark").first.wait_for()
    _keep(page, "answer")
    page.locator(".pane .close").click()
    page.locator("#fresh").click()
    page.wait_for_selector(".welcome")
    ask(page, NOT_THERE)
    _keep(page, "refusal")
    page.locator("#fresh").click()
    page.wait_for_selector(".welcome")
    turn = ask(page, FLIGHTS)
    text = sample.read_text(encoding="utf-8")
    assert OLD in text
    sample.write_text(text.replace(OLD, NEW), encoding="utf-8")
    served.library.add(load(sample))
    page.locator(".turn .stale").wait_for()
    turn.locator(".cite").first.click()
    page.locator(".pane mark").first.wait_for()
    page.wait_for_timeout(9500)  # until the notice of the change is gone
    _keep(page, "changed")
    page.get_by_role("tab", name="Evaluate").click()
    page.locator("#run").click()
    page.locator("#run-result .lead").wait_for()
    _keep(page, "evaluate")


def _keep(page: Page, name: str) -> None:
    page.mouse.move(0, SIZE[1] - 1)
    page.wait_for_timeout(1500)
    picture = Image.open(io.BytesIO(page.screenshot()))
    place = Path(app.web.__path__[0]) / "pictures" / f"{name}.webp"
    picture.convert("RGB").save(place, quality=86, method=6)


if __name__ == "__main__":
    main()
