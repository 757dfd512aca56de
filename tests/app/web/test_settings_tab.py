"""Choosing a model on the Settings tab: tried, used, refused; and how the page looks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.evidence.calibration import ANSWERABLE, load_logistic
from ingest.document import Document
from store.library import Library
from tests.support.browser import WIDE, Served, Watched, ask, start, watch
from tests.support.endpoint import endpoint

BUILT = "The lighthouse at Skerrow Point was built in 1871 by Ada Thornbury [1]."
QUESTION = "When was the lighthouse at Skerrow Point built?"
KEY = "sk-tested"


@pytest.fixture
def chat(library: Library, sample: Document, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A chat in quotes about the lighthouse; a key that it is given is forgotten afterwards."""
    monkeypatch.setenv("OPENAI_API_KEY", "")
    monkeypatch.delenv("OPENAI_API_KEY")
    library.add(sample)
    served = start(library, strictness="eager")
    yield served
    served.stop()


@pytest.fixture
def settings(chat: Served, chromium: Browser) -> Iterator[Page]:
    """The Settings tab, with what it was given by the server."""
    context = chromium.new_context(viewport=WIDE)
    page = context.new_page()
    seen = watch(page, chat.address)
    page.goto(chat.address)
    page.wait_for_selector(".welcome")
    page.get_by_role("tab", name="Settings").click()
    expect(page.locator("#use")).to_be_enabled()
    yield page
    context.close()
    assert seen == Watched(), seen


def choose(page: Page, model: str, address: str) -> None:
    page.locator("#model input").fill(model)
    page.locator("#model input").press("Enter")
    if ":" in model:
        page.get_by_label("Address").fill(address)
        page.locator("input[type=password]").fill(KEY)


def test_a_model_is_tried_and_then_answers(settings: Page, chat: Served) -> None:
    with endpoint(pieces=[BUILT], rejected="logprobs") as said:
        choose(settings, "openai:m", said.url.removesuffix("/v1"))
        settings.get_by_role("button", name="Test the model").click()
        told = settings.locator("#settings-problem")
        expect(told).to_contain_text("openai:m answered in")
        expect(told).to_contain_text("gives no probabilities")
        assert chat.engine.settings.model == "none"  # trying is not using
        settings.get_by_role("button", name="Apply").click()
        expect(settings.locator("#facts")).to_contain_text(f"sent to {said.url[:-3]}")
        expect(settings.locator("#facts")).to_contain_text("Answers are written by openai:m")
        settings.get_by_role("tab", name="Chat").click()
        turn = ask(settings, QUESTION)
        expect(turn).to_contain_text(BUILT.replace(" [1]", ""))
        assert said.heard[-1]["key"] == f"Bearer {KEY}"
        settings.get_by_role("tab", name="Settings").click()
        settings.locator("#replies").get_by_label("Quoted").check()
        settings.get_by_role("button", name="Apply").click()
        expect(settings.locator("#settings-problem")).to_have_text("Applied until Footnote stops.")
        assert chat.engine.settings.replies == "quotes"
    assert os.environ["OPENAI_API_KEY"] == KEY


def test_a_key_that_is_refused_says_so(settings: Page) -> None:
    with endpoint(failures=[401] * 3) as said:
        choose(settings, "openai:m", said.url)
        settings.get_by_role("button", name="Test the model").click()
        told = settings.locator("#settings-problem .problem")
        expect(told).to_contain_text("The key was refused: is OPENAI_API_KEY right?")


@pytest.mark.parametrize(
    ("model", "expected"),
    [("nonsense", "for example ollama:llama3.2"), ("missing:m", "missing:m")],
)
def test_what_cannot_be_opened_says_why(settings: Page, model: str, expected: str) -> None:
    choose(settings, model, "")
    settings.get_by_role("button", name="Test the model").click()
    expect(settings.locator("#settings-problem .problem")).to_contain_text(expected)


def test_known_names_are_offered(settings: Page) -> None:
    settings.locator("#model input").click()
    for name in ("Quoted, no language model", "The local language model", "ollama:llama3.2"):
        expect(settings.get_by_role("option", name=name)).to_be_visible()


def test_looks_are_chosen_and_kept_in_the_browser(settings: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = settings.evaluate(paper)
    settings.locator("#looks").get_by_label("Dark").check()
    settings.wait_for_function(f"{paper} !== {light!r}")
    settings.reload()
    settings.wait_for_selector(".welcome")
    settings.wait_for_function(f"{paper} !== {light!r}")
    settings.get_by_role("tab", name="Settings").click()
    expect(settings.locator("#looks").get_by_label("Dark")).to_be_checked()
    settings.locator("#looks").get_by_label("Light").check()
    settings.wait_for_function(f"{paper} === {light!r}")


def test_links_into_private_networks_can_be_allowed(settings: Page, chat: Served) -> None:
    settings.get_by_label("Links may lead into private networks").check()
    settings.get_by_role("button", name="Apply").click()
    expect(settings.locator("#facts dl")).to_be_visible()
    settings.wait_for_timeout(0)
    for _ in range(200):
        if chat.engine.settings.allow_private_links:
            break
        settings.wait_for_timeout(50)
    assert chat.engine.settings.allow_private_links


def test_only_what_the_model_needs_is_asked_for(settings: Page) -> None:
    test, replies = (
        settings.get_by_role("button", name="Test the model"),
        settings.locator("#replies"),
    )
    expect(settings.get_by_label("Address")).to_have_count(0)
    expect(test).to_have_count(0)
    expect(replies).to_have_count(0)
    settings.locator("#model input").fill("openai:m")
    settings.locator("#model input").press("Enter")
    expect(settings.get_by_label("Address")).to_be_visible()
    expect(settings.get_by_label("Key")).to_be_visible()
    expect(test).to_be_visible()
    expect(replies).to_be_visible()
    settings.locator("#model input").click()
    settings.get_by_role("option", name="The local language model").click()
    expect(settings.get_by_label("Address")).to_have_count(0)
    expect(replies).to_be_visible()


def test_a_strictness_says_what_it_means_and_what_is_applied_is_confirmed(
    settings: Page, chat: Served
) -> None:
    fit = load_logistic(ANSWERABLE)
    for strictness in ("strict", "balanced", "eager"):
        shares = fit.claimed_shares(strictness)
        assert shares is not None
        expect(settings.locator("#strictness")).to_contain_text(
            f"{strictness.capitalize()}: {shares.right:.0%} of its answers are right"
        )
    settings.locator("#strictness").get_by_label("Strict").check()
    settings.get_by_role("button", name="Apply").click()
    expect(settings.locator("#settings-problem")).to_have_text("Applied until Footnote stops.")
    assert chat.engine.settings.strictness == "strict"
