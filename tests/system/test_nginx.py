"""Two chats behind nginx, as ``.deploy/nginx.conf`` sets it up: who counts as one client, and what
becomes of an open page whose chat dies."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect

from app.service.access.users import Users
from ingest.document import Document
from store.embedding.embedder import Embedder
from store.library import Library
from tests.app.web.test_restart import QUESTION, kill_between_looks, served
from tests.support.browser import ask, free_port, start
from tests.support.nginx import nginx

PASSWORD = "correct horse battery"
AFRESH_MS = 6000
"""Some time longer than nginx's ``fail_timeout``: then it tries again a chat that died."""
TOO_MANY, ENTERED = 429, 303


def sign_in(address: str, password: str, *, source: str, **headers: str) -> int:
    """The status of signing in from ``source``, an address of this machine."""
    transport = httpx.HTTPTransport(local_address=source)
    with httpx.Client(transport=transport, timeout=60) as client:
        given = {"name": "mira", "password": password}
        sent = {"origin": address, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return client.post(f"{address}/sign-in", data=given, headers=sent).status_code


def test_wrong_passwords_keep_out_who_gave_them_and_nobody_else(
    library: Library, tmp_path: Path
) -> None:
    Users(library.folder).add("mira", PASSWORD)
    chat = start(library, host="0.0.0.0", trusted_proxies="127.0.0.1")
    with nginx([chat.engine.settings.port], tmp_path) as address:
        for number in range(6):  # its own header makes no new client of it
            said = sign_in(address, "wrong", source="127.0.0.2", x_forwarded_for=f"9.9.9.{number}")
        assert said == TOO_MANY
        assert sign_in(address, PASSWORD, source="127.0.0.2") == TOO_MANY
        assert sign_in(address, PASSWORD, source="127.0.0.3") == ENTERED
    for number in range(6):  # who is not a named proxy is not believed
        said = sign_in(chat.address, "wrong", source="127.0.0.4", x_forwarded_for=f"9.9.9.{number}")
    assert said == TOO_MANY
    chat.stop()


def test_an_open_page_goes_on_when_its_chat_dies(
    tmp_path: Path, embedder: Embedder, sample: Document, chromium: Browser
) -> None:
    with Library.open(tmp_path / "data", embedder) as library:
        library.add(sample)
    data, ports = tmp_path / "data", [free_port(), free_port()]
    with ExitStack() as opened:
        first, second = (opened.enter_context(served(data, port)) for port in ports)
        address = opened.enter_context(nginx(ports, tmp_path))
        page = opened.enter_context(chromium.new_context()).new_page()
        page.goto(address)
        page.wait_for_selector(".welcome")
        expect(ask(page, QUESTION)).to_contain_text("1871")
        # Which of the two the page talks to is nginx's choice: each dies once.
        kill_between_looks(first, page)
        goes_on(page, asked=2)
        opened.enter_context(served(data, ports[0]))
        page.wait_for_timeout(AFRESH_MS)
        kill_between_looks(second, page)
        goes_on(page, asked=3)


def goes_on(page: Page, asked: int) -> None:
    """Ask in the open conversation, which has so many questions then."""
    page.fill("#question textarea", "How high is the tower?")
    page.press("#question textarea", "Enter")
    expect(page.locator(".turn:not(.live)").nth(asked - 1)).to_contain_text("38 metres")
    expect(page.locator(".turn .asked").first).to_have_text(QUESTION)
    expect(page.locator("#conversations [data-do=open]")).to_have_count(1)
