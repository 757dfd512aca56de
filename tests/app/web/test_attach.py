"""From a page without documents to the first footnote: the sample, a file chosen, files dropped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from store.embedding.embedder import Embedder
from store.library import Library
from tests.support.accessibility import violations
from tests.support.browser import WIDE, Served, Watched, ask, sample_file, start, watch
from tests.support.made import pdf_file

HARBOUR = "The harbour at Estwick was dug in 1834.\n\nIt is nine metres deep.\n"
DROP = """([name, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name, { type: 'text/plain' }));
  const over = (kind) => document.querySelector('.log').dispatchEvent(
    new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }));
  over('dragenter');
  const hinted = document.querySelector('.gradio-container').classList.contains('dropping');
  over('drop');
  return [hinted, document.querySelector('.gradio-container').classList.contains('dropping')];
}"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Served]:
    with Library.open(tmp_path_factory.mktemp("empty"), embedder) as library:
        chat = start(library)
        yield chat
        chat.stop()


@pytest.fixture
def visit(empty: Served, chromium: Browser) -> Iterator[Page]:
    for revision in empty.library.documents():
        empty.library.remove(revision.document_id)
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    seen = watch(page, empty.address)
    page.goto(empty.address)
    page.wait_for_selector(".welcome")
    yield page
    context.close()
    assert seen == Watched(), seen


def test_the_sample_is_one_press_away(visit: Page) -> None:
    expect(visit.locator(".welcome")).to_contain_text("Drop files here")
    assert violations(visit) == []
    visit.get_by_role("button", name="Try the sample document").click()
    expect(visit.locator("#attached .ask-about")).to_contain_text("briefing.md")
    assert visit.locator("#attached .examples button").count() == 3
    # One offer of questions, not two.
    expect(visit.locator(".welcome .examples")).to_be_attached()
    expect(visit.locator(".welcome .examples")).to_be_hidden()


def test_ones_own_pdf_is_answered_from_in_three_actions(visit: Page, tmp_path: Path) -> None:
    path = tmp_path / "harbour.pdf"
    path.write_bytes(pdf_file([[(60, 700, 12, "The harbour at Estwick was dug in 1834.")]]))
    visit.locator(".talk input[type=file]").set_input_files(path)
    example = visit.locator("#attached .examples button").first
    words = (example.text_content() or "").strip()
    example.click()
    turn = visit.locator(".turn:not(.live)")
    expect(turn.locator(".asked")).to_have_text(words)  # as it was shown
    turn.locator(".cite").first.click()
    expect(visit.locator(".pane .picture img")).to_be_visible()
    expect(turn.locator(".prose")).to_contain_text("1834")
    expect(visit.locator("#attached .examples")).to_have_count(0)


def test_the_drop_area_opens_the_choice_of_files(visit: Page, tmp_path: Path) -> None:
    with visit.expect_file_chooser() as opened:
        visit.get_by_role("button", name="Drop files here").press("Enter")
    opened.value.set_files(sample_file(tmp_path, "harbour.txt", HARBOUR))
    expect(visit.locator("#attached .done")).to_contain_text("harbour.txt")


def test_a_link_is_added_where_one_arrives(visit: Page, empty: Served, site: str) -> None:
    link, told = visit.get_by_label("Link to a document"), visit.locator("#attached")
    link.fill("page")
    link.press("Enter")
    expect(told).to_contain_text("A link starts with http")
    link.fill(f"{site}/page")
    visit.get_by_role("button", name="Add link").click()
    expect(told.locator(".failed")).to_contain_text("private")
    empty.engine.change(allow_private_links=True)
    visit.get_by_role("button", name="Add link").click()
    expect(told.locator(".done")).to_contain_text(f"{site}/page")
    expect(told.locator(".ask-about")).to_contain_text("/page")


def test_files_dropped_anywhere_are_added(visit: Page) -> None:
    assert visit.evaluate(DROP, ["harbour.txt", HARBOUR]) == [True, False]
    expect(visit.locator("#attached .done")).to_contain_text("harbour.txt")
    expect(visit.locator("#chosen")).to_contain_text("harbour.txt")
    turn = ask(visit, "How deep is the harbour?")
    expect(turn.locator(".prose")).to_contain_text("nine metres")


def test_a_file_that_cannot_be_read_is_told_by_its_name_once(visit: Page, tmp_path: Path) -> None:
    bad = tmp_path / "broken.pdf"
    bad.write_bytes(b"%PDF-1.4 nothing more")
    good = sample_file(tmp_path, "harbour.txt", HARBOUR)
    visit.locator(".talk input[type=file]").set_input_files([bad, good])
    failed = visit.locator("#attached .failed")
    expect(failed).to_be_visible()
    assert failed.inner_text().count("broken.pdf") == 1
    expect(visit.locator("#attached .ask-about")).to_contain_text("harbour.txt")
