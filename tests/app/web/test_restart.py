"""The server stops while a page is open, and starts again: nothing breaks, nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect

from ingest.document import Document
from store.embedding.embedder import Embedder
from store.library import Library
from tests.support.accessibility import violations
from tests.support.browser import PATIENCE_MS, ask, free_port
from tests.support.endpoint import endpoint
from tests.support.proxy import proxy

QUESTION = "When was the lighthouse at Skerrow Point built?"
STOPS_IN_S = 20
"""Two seconds on a quiet machine; this one may be busy."""


@contextmanager
def served(data: Path, port: int, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """``footnote chat`` as a process of its own; it is stopped at the end at the latest."""
    command = [sys.executable, "-m", "footnote", "chat", "--port", str(port)]
    environment = {**os.environ, "FOOTNOTE_DATA": str(data), "FOOTNOTE_MODEL": "none", **settings}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not _answers(port):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def two_behind_a_proxy(
    data: Path, browser: Browser, **settings: str
) -> Iterator[tuple[Page, subprocess.Popen[str]]]:
    """A page on the first of two chats behind a proxy, which turns to the second if that dies; and
    the first one's process."""
    ports = [free_port(), free_port()]
    with ExitStack() as opened:
        first, _ = [opened.enter_context(served(data, port, **settings)) for port in ports]
        targets = [f"http://127.0.0.1:{port}" for port in ports]
        address = opened.enter_context(proxy(targets, ""))
        page = opened.enter_context(browser.new_context()).new_page()
        page.goto(address)
        page.wait_for_selector(".welcome")
        yield page, first


def kill_between_looks(process: subprocess.Popen[str], page: Page) -> None:
    """Kill a chat while the page asks nothing of it: just after it has looked for changes."""
    with page.expect_response("**/run/predict*"):
        pass
    process.kill()
    process.wait()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
    except httpx.TransportError:
        return False


def test_an_open_page_neither_delays_the_end_nor_loses_its_conversation(
    tmp_path: Path, embedder: Embedder, sample: Document, chromium: Browser
) -> None:
    with Library.open(tmp_path, embedder) as library:
        library.add(sample)
    port = free_port()
    context = chromium.new_context()
    page = context.new_page()
    with served(tmp_path, port) as process:
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector(".welcome")
        expect(ask(page, QUESTION)).to_contain_text("1871")
        page.evaluate("window.before = true")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
        assert time.monotonic() - began < STOPS_IN_S
        assert "Traceback" not in said and "Error" not in said, said
        assert process.returncode == 130
    page.fill("#question textarea", "How high is the tower?")
    page.press("#question textarea", "Enter")
    notice = page.get_by_role("status").filter(has_text="Footnote does not answer.")
    expect(notice).to_be_visible()
    expect(notice).not_to_contain_text("Error", use_inner_text=True)
    assert violations(page) == []
    with served(tmp_path, port):
        # The page itself finds the server again, and is loaded anew.
        page.wait_for_function("!window.before")
        expect(page.locator(".turn .asked")).to_have_text(QUESTION)
        # What was typed meanwhile is still there.
        expect(page.locator("#question textarea")).to_have_value("How high is the tower?")
        page.press("#question textarea", "Enter")
        expect(page.locator(".turn:not(.live)").nth(1)).to_contain_text("38 metres")
        expect(page.locator("#question textarea")).to_have_value("")
        page.reload()
        expect(page.locator(".turn .asked")).to_have_count(2)
        expect(page.locator("#question textarea")).to_have_value("")
        expect(page.locator(".turn .asked").first).to_have_text(QUESTION)
    context.close()


def test_an_idle_page_keeps_its_conversation_when_another_process_answers_at_once(
    tmp_path: Path, embedder: Embedder, sample: Document, chromium: Browser
) -> None:
    with Library.open(tmp_path, embedder) as library:
        library.add(sample)
    with two_behind_a_proxy(tmp_path, chromium) as (page, process):
        expect(ask(page, QUESTION)).to_contain_text("1871")
        named = page.url
        page.evaluate(
            """() => {
              window.notices = [];
              new MutationObserver(() => {
                for (const one of document.querySelectorAll('#toasts .toast')) {
                  window.notices.push(one.innerText);
                }
              }).observe(document.querySelector('#toasts'), { childList: true, subtree: true });
            }"""
        )
        looks: list[str] = []
        page.on("request", lambda made: looks.append(made.url))
        kill_between_looks(process, page)
        looks.clear()
        # The page has looked for changes several times.
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while sum("/run/predict" in one for one in looks) < 4:
            assert time.monotonic() < deadline
            page.wait_for_timeout(200)
        expect(page.locator(".turn .asked")).to_have_text(QUESTION)
        assert page.evaluate("window.notices") == []
        page.fill("#question textarea", "How high is the tower?")
        page.press("#question textarea", "Enter")
        expect(page.locator(".turn:not(.live)").nth(1)).to_contain_text("38 metres")
        expect(page.locator("#conversations [data-do=open]")).to_have_count(1)
        assert page.url == named


def test_when_its_process_dies_an_open_page_goes_on_with_another(
    tmp_path: Path, embedder: Embedder, sample: Document, chromium: Browser
) -> None:
    with Library.open(tmp_path, embedder) as library:
        library.add(sample)
    with ExitStack() as opened:
        gate = threading.Event()
        model = opened.enter_context(endpoint(pieces=["It was built in 1871 [1]."], gate=gate))
        settings = {
            "FOOTNOTE_MODEL": "openai:m",
            "FOOTNOTE_BASE_URL": model.url,
            "OPENAI_API_KEY": "k",
        }
        page, process = opened.enter_context(two_behind_a_proxy(tmp_path, chromium, **settings))
        page.evaluate("window.before = true")
        page.fill("#question textarea", QUESTION)
        page.press("#question textarea", "Enter")
        page.wait_for_selector(".turn.live .state")
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not any(heard.get("stream") for heard in model.heard):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.kill()
        # The page comes back by itself; the other process knows what was being asked.
        page.wait_for_function("!window.before")
        expect(page.locator(".turn .asked")).to_have_text(QUESTION)
        gate.set()
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".turn")).to_contain_text("1871")
        expect(page.locator(".turn")).to_have_count(1)
