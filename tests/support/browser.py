"""A real chat, served from a thread, and a real browser that tolerates no request elsewhere."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from app.service.engine import Engine
from app.settings import Settings
from app.web import application
from evals.page import build as evaluate
from ingest.load import load
from ingest.samples import sample_path
from store.embedding.embedder import Embedder
from store.library import Library

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first of these that is installed; the headless shell draws no windows of its own."""
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PAGES = [("Evaluate", evaluate)]
WIDE = {"width": 1440, "height": 900}
PATIENCE_MS = 90_000
CUT_OFF = re.compile(
    r"Failed to fetch|ERR_ABORTED|AbortError|was aborted|network error|Connection errored out"
)
"""What the browser says of a request that a reload or closing the page cut off."""
NARROW = {"width": 380, "height": 760}


@dataclass
class Served:
    """A chat that is being served: its address and what is behind it."""

    address: str
    engine: Engine
    server: uvicorn.Server
    thread: threading.Thread

    @property
    def library(self) -> Library:
        return self.engine.access.library

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(library: Library, **changes: Any) -> Served:
    """Serve a library in quotes mode, warm."""
    settings = Settings(**{"model": "none", **changes}, data=library.folder, port=free_port())
    engine = Engine(settings, library)
    engine.warm(fetch=False)
    config = uvicorn.Config(
        application(settings, engine, PAGES),
        host="127.0.0.1",
        port=settings.port,
        log_level="warning",
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 180
    while not server.started or engine.status.phase == "starting":
        assert time.monotonic() < deadline, "the chat did not start"
        time.sleep(0.05)
    return Served(f"http://127.0.0.1:{settings.port}", engine, server, thread)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Served]:
    """A chat about the sample document."""
    with Library.open(tmp_path_factory.mktemp("chat"), embedder) as library:
        library.add(load(sample_path()))
        chat = start(library)
        yield chat
        chat.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, headless, and patient: a busy machine takes its time.

    It ends with its module: Playwright keeps an event loop running in this thread, and a test of
    another module may want one of its own.
    """
    expect.set_options(timeout=PATIENCE_MS)
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert executable, "The browser tests need Chromium: install chromium-headless-shell."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        new_context = browser.new_context

        def new_patient_context(**options: Any) -> BrowserContext:
            context = new_context(**options)
            context.set_default_timeout(PATIENCE_MS)
            return context

        browser.new_context = new_patient_context  # type: ignore[method-assign]
        yield browser
        browser.close()


@dataclass
class Watched:
    """What a page did that it must not do."""

    elsewhere: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def watch(page: Page, address: str) -> Watched:
    """Record requests to other hosts, dialogs and errors."""
    seen = Watched()

    def request(made: Any) -> None:
        if not made.url.startswith((address, "data:", "blob:")):
            seen.elsewhere.append(made.url)

    def dialog(opened: Any) -> None:
        seen.dialogs.append(opened.message)
        opened.dismiss()

    page.on("request", request)
    page.on("dialog", dialog)

    def error(text: str) -> None:
        if not CUT_OFF.search(text):
            seen.errors.append(text)

    page.on("pageerror", lambda raised: error(str(raised)))
    page.on("console", lambda line: error(line.text) if line.type == "error" else None)
    return seen


@pytest.fixture
def page(served: Served, chromium: Browser) -> Iterator[Page]:
    """A wide page on the served chat; fails on any request elsewhere, dialog or script error."""
    context = chromium.new_context(viewport=WIDE)
    opened = context.new_page()
    seen = watch(opened, served.address)
    opened.goto(served.address)
    opened.wait_for_selector(".welcome")
    yield opened
    context.close()
    assert seen == Watched(), seen


def open_tab(page: Page, name: str) -> None:
    """Open a tab, out of the menu where the window is too narrow to show it."""
    tab = page.get_by_role("tab", name=name)
    if not tab.is_visible():
        page.locator("#tabs .overflow-menu > button").click()
        page.locator("#tabs .overflow-dropdown button", has_text=name).click()
    else:
        tab.click()


def unfold(turn: Locator) -> None:
    """Open what is folded under an answer: several places of one document, further passages."""
    for summary in turn.locator("details:not([open]) > summary").all():
        summary.click()


def ask(page: Page, question: str) -> Any:
    """Ask and wait for the finished answer; its element."""
    before = page.locator(".turn:not(.live)").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    turn = page.locator(".turn:not(.live)").nth(before)
    turn.wait_for()
    page.locator("#question button", has_text="Ask").wait_for()
    return turn


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something that the page sets off in the server."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def sample_file(folder: Path, name: str, text: str) -> Path:
    """A small file to ingest."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
