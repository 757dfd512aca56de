"""Collections in the browser, where people sign in: one's own, shared, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from app.service.access.users import Users
from store.library import Library
from tests.support.accessibility import violations
from tests.support.browser import WIDE, Served, Watched, ask, start, watch
from tests.support.documents import document_of

PASSWORD = "correct horse battery"
MILL = "The mill at Tarn has nine wheels. Its keeper is Odo Brandt."
PLAN = "The merger of the two mills is planned for May. Its director is Ilse Quorn."


@pytest.fixture
def chat(library: Library) -> Iterator[Served]:
    """A chat with a document that everybody reads and nobody changes."""
    for name in ("ada", "bob"):
        Users(library.folder).add(name, PASSWORD)
    library.add(replace(document_of(MILL, name="mill.txt"), collection="handbook"))
    served = start(library, host="0.0.0.0")
    yield served
    served.stop()


@pytest.fixture
def people(chat: Served, chromium: Browser) -> Iterator[tuple[Page, Page]]:
    """Ada's page and Bob's."""
    contexts = [chromium.new_context(viewport=WIDE) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page, name in zip(pages, ("ada", "bob"), strict=True):
        page.goto(chat.address)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_selector(".welcome")
    seen = [watch(page, chat.address) for page in pages]
    yield pages[0], pages[1]
    for context in contexts:
        context.close()
    assert seen == [Watched(), Watched()]


def open_documents(page: Page) -> None:
    page.get_by_role("tab", name="Documents").click()
    page.wait_for_selector(".documents > li:visible")


def upload(page: Page, name: str, text: str) -> None:
    page.locator("#files input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
    )
    expect(page.locator("#intake .done")).to_have_text(f"{name}: Ready. 1 page of text")


def test_an_upload_is_ones_own_until_it_is_shared(chat: Served, people: tuple[Page, Page]) -> None:
    ada, bob = people
    open_documents(ada)
    upload(ada, "plan.txt", PLAN)
    row = ada.locator(".documents > li", has_text="plan.txt")
    expect(row).to_contain_text("in Your uploads")
    open_documents(bob)
    expect(bob.locator(".documents > li")).to_have_count(1)
    bob.get_by_role("tab", name="Chat").click()
    expect(bob.locator("#chips")).to_contain_text("The document")
    refusal = ask(bob, "Who is the director of the merger?")
    expect(refusal).not_to_contain_text("Quorn")
    expect(refusal).not_to_contain_text("plan.txt")

    ada.get_by_role("button", name="Share").click()
    ada.get_by_label("With", exact=True).fill("bob")
    ada.get_by_role("button", name="Apply").click()
    expect(ada.locator("#members")).to_contain_text("bob may read it")
    assert violations(ada) == []
    open_documents(bob)
    shared = bob.locator(".documents > li", has_text="plan.txt")
    expect(shared).to_contain_text("in Uploads of ada")
    expect(shared.get_by_role("button", name="Remove…")).to_have_count(0)
    bob.get_by_role("tab", name="Chat").click()
    answer = ask(bob, "When is the merger of the two mills planned?")
    expect(answer).to_contain_text("May")
    expect(bob.locator("#chosen")).to_contain_text("plan.txt")
    answer.locator(".cite").first.click()
    expect(bob.locator(".pane mark").first).to_be_visible()

    ada.get_by_label("No longer").check()
    ada.get_by_label("With", exact=True).fill("bob")
    ada.get_by_role("button", name="Apply").click()
    expect(ada.locator("#members")).to_contain_text("shared with nobody")
    expect(bob.locator("#chosen")).not_to_contain_text("plan.txt")
    expect(answer.locator(".stale")).to_be_visible()
    answer.locator(".cite").first.click()
    expect(bob.get_by_role("alert").filter(has_text="cannot be shown")).to_be_visible()


def test_a_member_is_taken_off_by_a_press(chat: Served, people: tuple[Page, Page]) -> None:
    ada, _ = people
    open_documents(ada)
    upload(ada, "plan.txt", PLAN)
    ada.get_by_role("button", name="Share").click()
    ada.get_by_label("With", exact=True).fill("bob")
    ada.get_by_role("button", name="Apply").click()
    expect(ada.locator("#members")).to_contain_text("bob may read it")
    ada.get_by_role("button", name="Stop sharing with bob").click()
    expect(ada.locator("#members")).to_contain_text("shared with nobody")
    assert chat.engine.access.permissions.members("@ada") == []


def test_editors_add_to_a_collection_and_change_it(chat: Served, people: tuple[Page, Page]) -> None:
    ada, bob = people
    open_documents(bob)
    kept = bob.locator(".documents > li", has_text="mill.txt")
    expect(kept.get_by_role("button", name="Read")).to_be_visible()
    expect(kept.get_by_role("button", name="Remove…")).to_have_count(0)
    chat.engine.access.permissions.share("handbook", "bob", "editor")
    chat.engine.access.permissions.share("handbook", "*", "reader")
    bob.get_by_role("tab", name="Chat").click()
    open_documents(bob)
    bob.get_by_label("Add to").click()
    bob.get_by_role("option", name="handbook").click()
    upload(bob, "wheel.txt", "A wheel of the mill lasts thirty years.")
    expect(kept.get_by_role("button", name="Remove…")).to_be_visible()
    open_documents(ada)
    expect(ada.locator(".documents > li")).to_have_count(2)
    kept.get_by_role("button", name="Remove…").click()
    kept.get_by_role("button", name="Remove", exact=True).click()
    expect(ada.locator(".documents > li")).to_have_count(1)
