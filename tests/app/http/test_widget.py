"""The widget on another site's page: asks one folder, framed only where the settings allow it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from app.service.access.users import Users
from app.settings import SettingsError, load_settings
from ingest.load import load
from store.library import Library
from tests.support.accessibility import findings
from tests.support.browser import NARROW, Served, free_port, sample_file, start

WHEELS = "How many wheels has the mill at Tarn?"
SECRET = "What is the safe's number?"


@contextmanager
def site(port: int, script: str) -> Iterator[str]:
    """Somebody's own page with the widget's script on it; its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                '<!doctype html><html lang="en"><title>Mills</title>'
                f"<main><h1>Our mills</h1></main>{script}"
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def own_port() -> int:
    return free_port()


@pytest.fixture
def chat(library: Library, tmp_path: Path, own_port: int) -> Iterator[Served]:
    """A chat where people sign in, about a public folder and one that is not."""
    for folder, name, text in (
        ("public", "mill.md", "The **mill** at Tarn has <b>nine</b> wheels, *all* of oak.\n"),
        ("private", "safe.txt", "The safe's number is 4711.\n"),
    ):
        (tmp_path / folder).mkdir()
        library.add(load(sample_file(tmp_path / folder, name, text)))
    Users(library.folder).add("ada", "correct horse battery")
    served = start(
        library,
        host="0.0.0.0",
        widget_origins=f"http://127.0.0.1:{own_port}, https://example.org/",
        widget_folder="public",
    )
    yield served
    served.stop()


def asked(frame: FrameLocator, question: str) -> None:
    frame.get_by_label("Question").fill(question)
    frame.get_by_role("button", name="Ask", exact=True).click()


def test_a_visitor_asks_the_public_folder_and_no_other(
    chat: Served, own_port: int, chromium: Browser
) -> None:
    script = f'<script src="{chat.address}/widget.js" data-title="Ask about mills"></script>'
    with site(own_port, script) as origin:
        page = chromium.new_page(viewport=NARROW)
        page.goto(origin)
        button = page.get_by_role("button", name="Ask about mills")
        button.click()
        frame = page.frame_locator("iframe")
        expect(frame.locator("h1")).to_have_text("Ask about mills")
        asked(frame, WHEELS)
        answer = frame.locator(".answer").last
        expect(answer).to_contain_text("The mill at Tarn has <b>nine</b> wheels, all of oak.")
        answer.get_by_role("button", name="Footnote 1").click()
        quote = answer.locator("blockquote")
        expect(quote).to_contain_text("The mill at Tarn has <b>nine</b> wheels, all of oak.")
        expect(quote).to_contain_text("mill.md")
        expect(quote.locator("mark")).to_contain_text("nine")
        assert findings(page) == []
        asked(frame, SECRET)
        expect(frame.locator("article .state")).to_have_count(0)
        expect(frame.locator(".answer")).to_have_count(2)
        assert "4711" not in frame.locator("body").inner_text()
        frame.get_by_label("Question").press("Escape")
        expect(page.locator("iframe")).to_be_hidden()
        expect(button).to_be_focused()
        page.close()
    assert chat.library.answers() == [], "a visitor's questions are not kept"


def test_other_sites_may_not_show_it(chat: Served, chromium: Browser) -> None:
    with site(free_port(), f'<script src="{chat.address}/widget.js"></script>') as origin:
        page = chromium.new_page()
        page.goto(origin)
        refused: list[str] = []
        page.on("console", lambda line: refused.append(line.text))
        page.get_by_role("button", name="Ask the documents").click()
        expect_refusal(page, refused)
        page.close()


def expect_refusal(page: Page, said: list[str]) -> None:
    page.wait_for_timeout(200)
    while not any("frame-ancestors" in line for line in said):
        page.wait_for_timeout(100)
    assert page.frame_locator("iframe").locator("form").count() == 0


def test_only_the_widget_needs_no_sign_in(chat: Served) -> None:
    with httpx.Client(base_url=chat.address) as client:
        assert client.get("/widget").status_code == client.get("/widget.js").status_code == 200
        for path in ("/api/v1/documents", "/api/v1/search?q=safe", "/widget/ask/more"):
            assert client.get(path).status_code == 401
        policy = client.get("/widget").headers["Content-Security-Policy"]
        assert "frame-ancestors http://127.0.0.1:" in policy and "https://example.org" in policy
        body = {"question": WHEELS, "documents": ["safe.txt"]}
        assert client.post("/widget/ask", json=body).status_code == 422
        elsewhere = {"Origin": "https://evil.example"}
        said = client.post("/widget/ask", json={"question": WHEELS}, headers=elsewhere)
        assert said.status_code == 403


def test_without_origins_there_is_no_widget(served: Served) -> None:
    assert httpx.get(f"{served.address}/widget").status_code == 404
    assert httpx.get(f"{served.address}/widget.js").status_code == 404


@pytest.mark.parametrize("origins", ["*", "www.example.org", "https://a.example/path", "'self'"])
def test_origins_that_are_none_are_told(origins: str) -> None:
    with pytest.raises(SettingsError, match="give origins"):
        load_settings(widget_origins=origins)
