"""The chat behind a proxy: under a path that is taken off or not, with TLS ended in front."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from app.http.public_path import public_host, public_path
from app.service.access.users import Users
from app.settings import SettingsError, load_settings
from ingest.load import load
from ingest.samples import sample_path
from store.embedding.embedder import Embedder
from store.library import Library
from tests.support.browser import Served, ask, start, watch
from tests.support.proxy import proxy

PATH = "/footnote"
QUESTION = "How many times did President Aliyev visit Central Asian countries?"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Served]:
    """A chat that is told its path."""
    with Library.open(tmp_path_factory.mktemp("proxied"), embedder) as library:
        library.add(load(sample_path()))
        served = start(library, root_path=PATH)
        yield served
        served.stop()


@pytest.mark.parametrize(
    "options",
    [
        {"strip": True},
        {"strip": False},
        {"strip": True, "tls": True},
        {"strip": False, "passes": "x-forwarded-host"},
    ],
    ids=["stripped", "not stripped", "TLS in front", "host forwarded"],
)
def test_page_stream_footnote_upload_and_download(
    options: dict[str, Any], chat: Served, chromium: Browser, tmp_path: Path
) -> None:
    if options.pop("tls", False):
        options["tls"] = tmp_path
    with proxy(chat.address, PATH, **options) as address:
        context = chromium.new_context(ignore_https_errors=True)
        page = context.new_page()
        seen = watch(page, address.removesuffix(PATH))
        page.goto(f"{address}/")
        page.wait_for_selector(".welcome")
        turn = ask(page, QUESTION)
        turn.locator(".cite").first.click()
        expect(page.locator(".pane mark").first).to_be_visible()
        with page.expect_download() as downloaded:
            page.locator("#conversations .files a").first.dispatch_event("click")
        assert QUESTION in Path(downloaded.value.path()).read_text(encoding="utf-8")
        ferry = tmp_path / "ferry.txt"
        ferry.write_text("The ferry Marigold leaves at noon.", encoding="utf-8")
        page.locator(".talk input[type=file]").set_input_files(ferry)
        expect(page.locator("#chosen")).to_contain_text("ferry.txt")
        chat.library.remove("upload:ferry.txt", purge=True)
        context.close()
    assert seen.elsewhere == [] and seen.dialogs == []


@pytest.mark.parametrize("strip", [True, False])
def test_the_api_and_its_stream(chat: Served, strip: bool) -> None:
    with proxy(chat.address, PATH, strip=strip) as address:
        made = httpx.post(f"{address}/api/v1/ask", json={"question": QUESTION}, timeout=120)
        assert "13" in made.json()["answer"]
        told = {"question": QUESTION}
        stream = httpx.post(f"{address}/api/v1/ask/stream", json=told, timeout=120)
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.text.rstrip().splitlines()[-2] == "event: answer"


def test_the_path_without_its_slash_leads_to_the_page(chat: Served) -> None:
    found = httpx.get(f"{chat.address}{PATH}?answer=a")
    assert found.status_code == 307
    assert found.headers["location"] == f"{PATH}/?answer=a"


def test_signing_in_stays_under_the_path(library: Library, tmp_path: Path) -> None:
    Users(library.folder).add("mira", PASSWORD)
    chat = start(library, root_path=PATH, host="0.0.0.0", trusted_proxies="127.0.0.1")
    with (
        proxy(chat.address, PATH, tls=tmp_path) as address,
        httpx.Client(verify=False, headers={"accept": "text/html"}) as client,
    ):
        asked = client.get(f"{address}/")
        assert asked.headers["location"] == f"{PATH}/sign-in"
        given = {"name": "mira", "password": PASSWORD}
        entered = client.post(
            f"{address}/sign-in", data=given, headers={"origin": address.removesuffix(PATH)}
        )
        assert entered.headers["location"] == f"{PATH}/"
        cookie = entered.headers["set-cookie"]
        assert f"Path={PATH};" in cookie and "Secure" in cookie
        assert client.get(f"{address}/").status_code == 200
    chat.stop()


class TestOtherSites:
    """What a page of another site could send is refused, with and without a proxy."""

    def asked(self, chat: Served, **headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(f"{chat.address}/api/v1/documents", headers=named).status_code

    def test_a_foreign_origin(self, chat: Served) -> None:
        assert self.asked(chat, origin="http://evil.example") == 403
        assert self.asked(chat, origin="null") == 403
        crossed = {"origin": "http://evil.example", "sec_fetch_site": "cross-site"}
        assert self.asked(chat, **crossed) == 403

    def test_a_name_that_was_rebound(self, chat: Served) -> None:
        rebound = {"host": "evil.example", "origin": "http://evil.example"}
        assert self.asked(chat, **rebound, sec_fetch_site="same-origin") == 403
        assert self.asked(chat, **rebound, x_forwarded_host="evil.example") == 403

    def test_the_public_address_is_ours(self, library: Library) -> None:
        chat = start(library, root_path="https://docs.example.org/footnote")
        host = "docs.example.org"
        assert self.asked(chat, host=host, origin=f"https://{host}") == 200
        assert self.asked(chat, origin=f"https://{host}") == 200
        assert self.asked(chat, host="evil.example") == 403
        chat.stop()


@pytest.mark.parametrize(
    ("given", "path", "host"),
    [
        ("", "", None),
        ("/footnote/", "/footnote", None),
        ("/a/b", "/a/b", None),
        ("https://docs.example.org", "", "docs.example.org"),
        ("https://docs.example.org:8443/a/", "/a", "docs.example.org:8443"),
    ],
)
def test_what_a_root_path_stands_for(given: str, path: str, host: str | None) -> None:
    root = load_settings(root_path=given).root_path
    assert (public_path(root), public_host(root)) == (path, host)


@pytest.mark.parametrize("given", ["footnote", "/a b", "ftp://a", "//a.example", '/"><script>'])
def test_what_cannot_be_a_root_path(given: str) -> None:
    with pytest.raises(SettingsError, match="root_path"):
        load_settings(root_path=given)
