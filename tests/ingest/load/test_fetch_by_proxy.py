"""Links followed through an HTTP proxy, which knows names that this machine does not."""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest

from app.service.ingest.ingestion import Ingester
from app.settings import Settings, SettingsError, load_settings
from ingest.errors import UnreadableDocument
from ingest.load.web.fetch import Fetched, fetch
from store.library import Library
from tests.support.linked_site import PAGE, Handler

PASSWORD = base64.b64encode(b"ada:s3:cret").decode()


class Forwarder(BaseHTTPRequestHandler):
    """Sends every request for ``http://…`` to the site of the tests; opens no tunnel."""

    site = ""
    seen: list[str] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        if "closed" in self.path and self.headers["Proxy-Authorization"] != f"Basic {PASSWORD}":
            self.send_error(407)
            return
        there = self.site + urlsplit(self.path).path
        with httpx.stream("GET", there, trust_env=False) as answer:
            self.send_response(answer.status_code)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            self.end_headers()
            for piece in answer.iter_raw():
                self.wfile.write(piece)

    def do_CONNECT(self) -> None:
        self.seen.append(self.path)
        self.send_error(403, "Not on the list")

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def proxy(site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A proxy, on a machine that can resolve no name but its own."""
    resolve = socket.getaddrinfo

    def unknown(host: str, *args: object, **options: object) -> object:
        if host.endswith(".example"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(Forwarder, "site", site)
    monkeypatch.setattr(Forwarder, "seen", [])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forwarder)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_proxy_is_given_the_name(proxy: str) -> None:
    fetched = fetch("http://tides.example/page?of=1", proxy=f"http://{proxy}")
    assert isinstance(fetched, Fetched) and fetched.data == PAGE
    assert Forwarder.seen == ["http://tides.example/page?of=1"]


def test_private_addresses_are_refused_with_a_proxy_too(proxy: str) -> None:
    for address in ("http://10.0.0.1/page", "http://localhost/page", "http://[::1]:8000/"):
        with pytest.raises(UnreadableDocument, match="private network"):
            fetch(address, proxy=f"http://{proxy}")
    assert not Forwarder.seen
    with pytest.raises(UnreadableDocument, match="private network"):
        fetch("http://tides.example/to/http://192.168.1.1/page", proxy=f"http://{proxy}")
    assert len(Forwarder.seen) == 1


def test_a_proxy_with_a_password(proxy: str) -> None:
    with pytest.raises(UnreadableDocument, match="asks for a user name and password"):
        fetch("http://closed.example/page", proxy=f"http://{proxy}")
    fetched = fetch("http://closed.example/page", proxy=f"http://ada:s3%3Acret@{proxy}")
    assert isinstance(fetched, Fetched) and fetched.data == PAGE


def test_what_the_proxy_refuses_names_the_proxy(proxy: str) -> None:
    with pytest.raises(UnreadableDocument, match=r"proxy refused it \(403 Not on the list\)"):
        fetch("https://tides.example/page", proxy=f"http://{proxy}")
    assert Forwarder.seen == ["tides.example:443"]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with pytest.raises(UnreadableDocument, match="the setting proxy"):
            fetch("http://tides.example/page", proxy=f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("path", ["drip", "slow-head"])
def test_the_deadline_holds_through_the_proxy(proxy: str, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(UnreadableDocument, match="in time"):
        fetch(f"http://tides.example/{path}", proxy=f"http://{proxy}", timeout=2)
    assert time.monotonic() - began < 30


def test_ingest_follows_links_through_the_proxy_of_the_settings(
    proxy: str, library: Library
) -> None:
    Handler.seen.clear()
    settings = Settings(data=library.folder, proxy=f"http://{proxy}/")
    (report,) = Ingester(library, settings).ingest(["http://tides.example/page"])
    assert library.text(report.revision) == "The tide turns at six."  # type: ignore[union-attr]
    assert Handler.seen == ["/page"]


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks5://proxy", "http://a b", "http://x/path"])
def test_a_setting_that_is_no_proxy_is_refused(proxy: str) -> None:
    with pytest.raises(SettingsError, match="proxy"):
        load_settings(proxy=proxy)
