"""The documents in a real browser: taken in, found, sorted, removed; what changed elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.service.access.document_choice import (
    collection_choices,
    documents_in,
    documents_of_folder,
    folder_choices,
)
from app.service.conversations.conversations import Conversations
from app.service.ingest.uploads import add_bytes
from app.web import document_list
from ingest.load import load
from store.library import Library
from store.results import Revision
from tests.support.browser import WIDE, Served, Watched, ask, sample_file, start, watch
from tests.support.commands import Footnote

MILL = "The mill at Tarn has nine wheels.\n\nIt was built in 1790 by Ada Thornbury.\n"
QUARRY = "Granite from the quarry at Skell was shipped until 1911. " * 9
REVISION = Revision("r", "d", "a.txt", 1, "A", "", "text/plain", "", "", 1, 1, True)
WHEELS = "How many wheels has the mill at Tarn?"


@pytest.fixture
def mill(library: Library) -> Iterator[Served]:
    """A chat of its own about three short texts."""
    chat = start(library)
    add_bytes(chat.engine, b"Wool from Ansey was sold in Tarn.\n", "wool.txt")
    add_bytes(chat.engine, MILL.encode(), "mill.txt")
    add_bytes(chat.engine, QUARRY.encode(), "quarry.txt")
    yield chat
    chat.stop()


@pytest.fixture
def visit(mill: Served, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    seen = watch(page, mill.address)
    page.goto(mill.address)
    page.wait_for_selector(".welcome")
    yield page
    context.close()
    assert seen == Watched(), seen


def documents(page: Page) -> None:
    page.get_by_role("tab", name="Documents").click()
    expect(page.locator(".documents > li").first).to_be_visible()


def test_documents_are_found_and_sorted(visit: Page) -> None:
    documents(visit)
    names = visit.locator(".documents .name bdi")
    expect(names).to_have_text(["mill.txt", "quarry.txt", "wool.txt"])
    visit.locator("#sort-documents input").click()
    visit.get_by_role("option", name="Longest first").click()
    expect(names).to_have_text(["quarry.txt", "mill.txt", "wool.txt"])
    visit.locator("#sort-documents input").click()
    visit.get_by_role("option", name="Newest first").click()
    expect(names).to_have_text(["quarry.txt", "mill.txt", "wool.txt"])
    visit.get_by_label("Find a document").fill("WOOL")
    expect(names).to_have_text(["wool.txt"])
    visit.get_by_label("Find a document").fill("zebra")
    expect(visit.locator("#library")).to_contain_text("No document has these words")


def test_a_row_says_kind_length_date_and_state_and_twelve_fit_the_screen(
    visit: Page, mill: Served
) -> None:
    for number in range(9):
        add_bytes(mill.engine, f"Note {number} on the mill.\n".encode(), f"note-{number}.md")
    documents(visit)
    rows = visit.locator(".documents > li")
    expect(rows).to_have_count(12)
    row = rows.filter(has_text="note-0.md")
    today = mill.library.documents()[0].created[:10]
    expect(row.locator(".kind")).to_have_text("MD")
    expect(row.locator(".length")).to_have_text("1 page")
    expect(row.locator("time")).to_have_text(today)
    expect(row.locator(".readiness")).to_have_text("Ready")
    expect(rows.last).to_be_in_viewport(ratio=1)
    # The reader stays beside the list.
    rows.last.locator(".name").click()
    pane = visit.locator(".pane:visible")
    expect(pane).to_be_visible()
    visit.mouse.wheel(0, 4000)
    expect(pane.locator(".pane-head")).to_be_in_viewport(ratio=1)


def test_what_was_said_of_files_goes_when_it_is_outdated(visit: Page, tmp_path: Path) -> None:
    visit.get_by_role("tab", name="Documents").click()
    path = sample_file(tmp_path, "slate.txt", "Slate from Skell roofed the mill.\n")
    upload, told = visit.locator("#files input[type=file]"), visit.locator("#intake .done")
    upload.set_input_files(path)
    expect(told).to_have_text("slate.txt: Ready. 1 page of text")
    visit.get_by_role("button", name="Dismiss").click()
    expect(told).to_be_hidden()
    upload.set_input_files(path)
    expect(told).to_have_text("slate.txt: Unchanged. 1 page of text")
    row = visit.locator(".documents > li", has_text="slate.txt")
    row.get_by_role("button", name="Remove…").click()
    keep = row.get_by_role("button", name="Keep")
    remove = row.get_by_role("button", name="Remove", exact=True)
    colour = "button => getComputedStyle(button).color"
    assert keep.evaluate(colour) != remove.evaluate(colour), "only what removes is red"
    remove.click()
    expect(row).to_have_count(0)
    expect(told).to_have_count(0)


def test_a_long_list_is_shown_in_parts(
    visit: Page, mill: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("documents_shown", "documents_tab"):
        monkeypatch.setattr(f"app.web.{module}.MAX_LISTED_DOCUMENTS", 2)
    documents(visit)
    visit.get_by_label("Find a document").fill("txt")
    expect(visit.locator("#library")).to_contain_text("2 of 3 documents are shown")
    visit.get_by_role("button", name="Show more").click()
    expect(visit.locator(".documents > li")).to_have_count(3)


def test_one_document_is_asked_from_the_list(visit: Page) -> None:
    documents(visit)
    row = visit.locator(".documents > li", has_text="quarry.txt")
    row.get_by_role("button", name="Ask about this").click()
    expect(visit.get_by_label("quarry.txt")).to_be_checked()
    expect(visit.locator("#question textarea")).to_be_focused()
    expect(visit.locator("#chips")).to_contain_text("1 of 3 documents")
    expect(ask(visit, WHEELS)).not_to_contain_text("nine wheels")


def test_a_folder_is_asked_as_one(visit: Page, mill: Served, tmp_path: Path) -> None:
    (tmp_path / "harbours").mkdir()
    for name, depth in (("estwick", "nine"), ("skell", "four")):
        text = f"The harbour at {name.title()} is {depth} metres deep.\n"
        mill.library.add(load(sample_file(tmp_path / "harbours", f"{name}.txt", text)))
    visit.get_by_label("harbours (2 documents)").check()
    expect(visit.locator("#chips")).to_contain_text("2 of 5 documents")
    expect(ask(visit, "How deep is the harbour at Skell?")).to_contain_text("four metres")
    expect(ask(visit, WHEELS)).not_to_contain_text("nine wheels")
    visit.get_by_label("mill.txt").check()
    expect(ask(visit, WHEELS)).to_contain_text("nine wheels")


def test_folders_of_one_name_are_told_apart() -> None:
    def revision(source: str) -> Revision:
        return replace(REVISION, document_id=source, source=source)

    held = [revision(f"/archive/{year}/minutes/{n}.md") for year in (2024, 2025) for n in range(2)]
    held += [revision("upload:a.txt"), revision("https://example.org/a")]
    held += [revision("https://example.org/b")]
    assert [name for name, _ in folder_choices(held)] == [
        "2024/minutes/ (2 documents)",
        "2025/minutes/ (2 documents)",
        "example.org/ (2 documents)",
    ]
    (_, old), _, (_, site) = folder_choices(held)
    assert documents_in(held, [old, "upload:a.txt"]) == [
        "/archive/2024/minutes/0.md", "/archive/2024/minutes/1.md", "upload:a.txt",
    ]  # fmt: skip
    assert len(documents_in(held, [site])) == 2
    assert folder_choices(held[:2]) == []
    # What the widget is given is a folder by its path or the end of it, or a collection.
    held[4] = replace(held[4], collection="handbook")
    assert len(documents_of_folder(held, "2024/minutes")) == 2
    assert documents_of_folder(held, "handbook") == ["upload:a.txt"]
    assert documents_of_folder(held, "book") == []


def test_collections_and_what_is_not_just_one_of_them() -> None:
    def revision(source: str, collection: str) -> Revision:
        return replace(REVISION, document_id=source, source=source, collection=collection)

    held = [revision(f"/archive/{n}.md", "archive") for n in range(2)]
    held += [revision(f"/archive/old/{n}.md", "archive") for n in range(2)]
    held += [revision(f"/letters/{n}.md", "letters") for n in range(2)]
    held += [revision("upload:ada/a.txt", "@ada"), revision("upload:bob/b.txt", "@bob")]
    assert [name for name, _ in collection_choices(held, "ada")] == [
        "Your uploads (1 document)", "Uploads of bob (1 document)",
        "archive (4 documents)", "letters (2 documents)",
    ]  # fmt: skip
    assert [name for name, _ in folder_choices(held)] == [
        "archive/ (2 documents)", "old/ (2 documents)",
    ]  # fmt: skip
    (_, mine), *_, (_, letters) = collection_choices(held, "ada")
    assert documents_in(held, [mine, letters]) == [
        "/letters/0.md", "/letters/1.md", "upload:ada/a.txt",
    ]  # fmt: skip
    assert collection_choices(held[:4], "ada") == []


def test_out_of_date_answers_stand_at_their_document(visit: Page, mill: Served) -> None:
    ask(visit, WHEELS)
    visit.locator("#fresh").click()
    add_bytes(mill.engine, MILL.replace("nine", "eleven").encode(), "mill.txt")
    toast = visit.locator(".toast")
    expect(toast).to_contain_text("mill” has changed")
    expect(toast).to_contain_text("1 answer is out of date.")
    documents(visit)
    row = visit.locator(".documents > li", has_text="mill.txt")
    row.locator(".out-of-date summary").click()
    visit.get_by_role("link", name=WHEELS).click()
    expect(visit.locator(".turn .stale")).to_contain_text("have changed since this answer")


def test_a_list_drawn_earlier_never_replaces_a_later_one(
    visit: Page, mill: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing, drawn, render = Event(), Event(), document_list.render

    def slowly(template: str, **values: Any) -> Any:
        html = render(template, **values)
        if not values["removing"] and not drawing.is_set():
            drawing.set()
            time.sleep(2)  # until the reader has pressed a button, and its list was drawn
            drawn.set()
        return html

    documents(visit)
    monkeypatch.setattr(document_list, "render", slowly)
    add_bytes(mill.engine, b"Slate from Skell roofed the mill.\n", "slate.txt")
    assert drawing.wait(30)
    row = visit.locator(".documents > li", has_text="mill.txt")
    row.get_by_role("button", name="Remove…").click()
    assert drawn.wait(30)
    expect(visit.locator(".documents > li")).to_have_count(4)
    row.get_by_role("button", name="Remove", exact=True).click()
    expect(visit.locator(".documents > li")).to_have_count(3)


def test_what_changes_elsewhere_is_told_and_what_is_done_here_is_not(
    visit: Page, mill: Served, tmp_path: Path
) -> None:
    toast = visit.locator(".toast")
    documents(visit)  # it is seen on every page
    mill.library.add(load(sample_file(tmp_path, "ferry.txt", "The ferry crosses at noon.\n")))
    expect(toast).to_contain_text("ferry” was added")
    expect(toast).to_be_in_viewport()
    visit.get_by_role("tab", name="Chat").click()
    visit.locator(".talk input[type=file]").set_input_files(
        sample_file(tmp_path, "harbour.txt", "The harbour at Estwick was dug in 1834.\n")
    )
    expect(visit.get_by_label("harbour.txt")).to_be_visible()
    mill.library.remove("wool.txt")
    expect(toast).to_contain_text("wool” was removed")
    expect(toast).not_to_contain_text("harbour")
    for number in range(4):
        add_bytes(mill.engine, f"Pier {number} is closed.".encode(), f"pier-{number}.txt")
    expect(toast).to_contain_text("documents were added, changed or removed")


def test_what_is_deleted_for_good_is_gone_from_the_answers_too(visit: Page, mill: Served) -> None:
    ask(visit, WHEELS)
    documents(visit)
    row = visit.locator(".documents > li", has_text="mill.txt")
    row.get_by_role("button", name="Remove…").click()
    expect(row.locator(".sure")).to_contain_text("every answer that quotes it")
    row.get_by_role("button", name="Delete for good").click()
    expect(row).to_have_count(0)
    visit.get_by_role("tab", name="Chat").click()
    turn = visit.locator(".turn:not(.live)")
    expect(turn).to_contain_text("deleted for good")
    expect(turn).not_to_contain_text("nine wheels")
    expect(turn.locator(".asked")).to_have_text(WHEELS)


def test_a_purge_on_the_command_line_reaches_conversations(
    footnote: Footnote, tmp_path: Path
) -> None:
    footnote("ingest", str(sample_file(tmp_path, "mill.txt", MILL)))
    footnote("ingest", str(sample_file(tmp_path, "quarry.txt", QUARRY)))
    kept = Conversations(footnote.data)
    conversation = kept.start("", "Mills")
    for question in (WHEELS, "Until when was granite shipped?"):
        kept.add(conversation, question, json.loads(footnote("ask", question, "--json").out))
    assert footnote("remove", "mill.txt", "--purge", "--yes").code == 0
    gone, stays = kept.exchanges(conversation)
    assert gone.answer is None
    assert "deleted for good" in gone.problem
    assert stays.answer is not None
    # Chroma's index files have room for more vectors, with whatever memory held there before.
    files = [p for p in footnote.data.rglob("*") if p.is_file() and p.suffix != ".bin"]
    assert [p.name for p in files if b"nine wheels" in p.read_bytes()] == []


def test_files_are_taken_in_asked_about_changed_and_removed(
    page: Page, served: Served, tmp_path: Path
) -> None:
    page.get_by_role("tab", name="Documents").click()
    upload = page.locator("#files input[type=file]")
    good = sample_file(tmp_path, "harbour.txt", "The harbour at Estwick was dug in 1834.\n")
    bad = tmp_path / "broken.pdf"
    bad.write_bytes(b"%PDF-1.4 nothing more")
    upload.set_input_files([good, bad])
    expect(page.locator(".intake .done")).to_contain_text("harbour.txt")
    expect(page.locator(".intake .failed")).to_contain_text("broken.pdf")
    row = page.locator(".documents > li", has_text="harbour.txt")
    row.get_by_role("button", name="Read").click()
    expect(page.locator(".pane:visible .pages")).to_contain_text("dug in 1834")

    page.get_by_role("tab", name="Chat").click()
    turn = ask(page, "When was the harbour at Estwick dug?")
    expect(turn.locator(".prose")).to_contain_text("1834")

    page.get_by_role("tab", name="Documents").click()
    row.get_by_role("button", name="Remove…").click()
    row.get_by_role("button", name="Remove", exact=True).click()
    expect(row).to_have_count(0)
    undo = page.locator("#library .undo button")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(row).to_have_count(1)
    expect(row.get_by_role("button", name="Ask about this")).to_be_focused()
    row.get_by_role("button", name="Remove…").click()
    expect(row.get_by_role("button", name="Remove", exact=True)).to_be_focused()
    row.get_by_role("button", name="Remove", exact=True).press("Enter")
    expect(row).to_have_count(0)
    page.get_by_role("tab", name="Chat").click()
    turn.locator(".quote").first.click()
    expect(page.locator(".pane:visible, .pane-empty:visible").first).to_be_visible()


def test_only_the_chosen_documents_are_asked(served: Served, page: Page, tmp_path: Path) -> None:
    path = sample_file(tmp_path, "mill.txt", "The mill at Tarn has nine wheels.\n")
    served.library.add(load(path))
    page.reload()
    page.get_by_label("mill.txt").check()
    refused = ask(page, "How many times has President Rahmon visited Azerbaijan?")
    assert "13 times" not in (refused.text_content() or "")
    found = ask(page, "How many wheels has the mill at Tarn?")
    expect(found.locator(".prose")).to_contain_text("nine wheels")
    served.library.remove("mill.txt")
