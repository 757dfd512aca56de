"""The shelf beside the chat, in a real browser: many conversations, one open, readable names."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from app.service.conversations.conversations import Conversations
from app.service.ingest.uploads import add_bytes
from tests.support.browser import Served, ask, watch

HASH = "000_3b5fe8322cc342b4.txt"


def boxes_apart(page: Page, names: list[str]) -> None:
    """Each of these is seen at its full height, one below the other."""
    bottom = 0.0
    for name in names:
        box = page.locator(name).bounding_box()
        assert box is not None and box["height"] >= 22, name
        assert box["y"] >= bottom - 1, f"{name} overlaps what is above it"
        bottom = box["y"] + box["height"]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1100, 760)])
def test_many_conversations_leave_the_shelf_whole(
    served: Served, chromium: Browser, width: int, height: int
) -> None:
    kept = Conversations(served.library.folder)
    for number in range(25):
        kept.start("", f"Conversation {number} about the harbour and its many quays")
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    seen = watch(page, served.address)
    page.goto(served.address)
    page.locator("#conversations button").first.wait_for()
    assert page.locator("#conversations button").count() >= 25
    page.locator("#conversations summary").first.click()
    page.get_by_role("button", name="Rename").first.wait_for()
    boxes_apart(page, ["#fresh", "#find", "#conversations", "#chosen"])
    context.close()
    assert not seen.errors


def test_what_was_half_done_stays_with_its_conversation(page: Page) -> None:
    ask(page, "Who proposed the Consultative Meetings?")
    page.locator("#fresh").click()
    page.locator(".welcome").wait_for()
    ask(page, "Which country hosted the third meeting?")
    rows = page.locator("#conversations li")
    second = rows.filter(has_text="Which country").first
    second.locator("summary").click()
    expect(second.get_by_label("Name", exact=True)).to_have_value(
        "Which country hosted the third meeting?"
    )
    first = rows.filter(has_text="Who proposed").first
    first.locator("summary").click()
    expect(second.get_by_label("Name", exact=True)).to_be_hidden()  # one menu is open at a time
    first.get_by_role("button", name="Delete").click()
    expect(rows.filter(has_text="Who proposed")).to_have_count(0)
    expect(page.locator("#conversations .undo")).to_contain_text("Who proposed")
    expect(page.locator(".turn .asked").last).to_have_text(
        "Which country hosted the third meeting?"
    )


def test_a_link_opens_its_answer_and_not_the_last(page: Page, served: Served) -> None:
    first = ask(page, "Who proposed the Consultative Meetings?")
    name = (first.get_attribute("id") or "").removeprefix("x-")
    for question in ("Where was the third meeting?", "What is said about transport and ports?"):
        ask(page, question)
    page.goto(f"{served.address}/?answer={name}")
    expect(page.locator(f"#x-{name} .asked")).to_be_in_viewport(ratio=1)


def test_a_document_whose_name_says_nothing_is_shown_by_its_opening_words(
    page: Page, served: Served
) -> None:
    text = "The mill at Tarn has nine wheels.\n\nIts miller is Odd Berg.\n"
    add_bytes(served.engine, text.encode(), HASH)
    page.reload()
    try:
        expect(page.locator("#chosen")).to_contain_text("The mill at Tarn has nine wheels.")
        turn = ask(page, "How many wheels has the mill at Tarn?")
        expect(turn.locator(".where").first).to_contain_text("The mill at Tarn has nine wheels.")
        turn.locator(".cite").first.click()
        expect(page.locator(".pane h2")).to_contain_text("The mill at Tarn has nine wheels.")
        expect(
            ask(page, "Who painted the ceiling of the opera?").locator(".refusal")
        ).to_contain_text("“The mill at Tarn has nine wheels.”")
        assert HASH not in page.locator(".desk").first.inner_text()
    finally:
        served.library.remove(HASH)
