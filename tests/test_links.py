"""Links: what is fetched, what is refused before a connection is made, and what a server may do."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ingest.document import UnreadableDocument
from ingest.load import load
from ingest.load.fetch import Fetched, NotModified, fetch, is_public

PAGE = b"<html><head><title>Tides</title></head><body><p>The tide turns at six.</p></body></html>"


class Handler(BaseHTTPRequestHandler):
    """A small site with a page, redirects, a wrong type, a bomb and a slow drip."""

    seen: list[str] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        if self.path == "/page":
            if self.headers.get("If-None-Match") == '"v1"':
                self._send(304, b"")
            else:
                self._send(200, PAGE, {"Content-Type": "text/html; charset=utf-8", "ETag": '"v1"'})
        elif self.path.startswith("/to/"):
            self._send(302, b"", {"Location": self.path.removeprefix("/to/")})
        elif self.path == "/loop":
            self._send(302, b"", {"Location": "/loop"})
        elif self.path == "/picture":
            self._send(200, b"\x89PNG", {"Content-Type": "image/png"})
        elif self.path == "/bomb":
            body = gzip.compress(bytes(5_000_000))
            self._send(200, body, {"Content-Type": "text/plain", "Content-Encoding": "gzip"})
        elif self.path == "/drip":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            stop = threading.Event()
            for _ in range(40):
                self.wfile.write(b"drop ")
                self.wfile.flush()
                stop.wait(0.1)
        else:
            self._send(404, b"gone")

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_comes_with_its_type_and_tag_and_is_not_sent_twice(site: str) -> None:
    first = fetch(f"{site}/page", allow_private=True)
    assert isinstance(first, Fetched)
    assert first.data == PAGE
    assert first.source.media_type == "text/html"
    assert first.source.metadata["etag"] == '"v1"'
    again = fetch(f"{site}/page", allow_private=True, etag=first.source.metadata["etag"])
    assert again == NotModified(f"{site}/page")


def test_load_takes_a_link_as_it_takes_a_file(site: str) -> None:
    document = load(f"{site}/page", allow_private=True)
    assert document.text == "The tide turns at six."
    assert (document.title, document.metadata["etag"]) == ("Tides", '"v1"')
    assert document.source == f"{site}/page"


def test_a_redirect_is_followed_and_a_loop_is_not(site: str) -> None:
    assert isinstance(fetch(f"{site}/to//page", allow_private=True), Fetched)
    with pytest.raises(UnreadableDocument, match="redirects more than 5 times"):
        fetch(f"{site}/loop", allow_private=True)


@pytest.mark.parametrize(
    "target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"]
)
def test_a_redirect_to_another_scheme_is_refused(site: str, target: str) -> None:
    with pytest.raises(UnreadableDocument, match="only http"):
        fetch(f"{site}/to/{target}", allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/page",
        "http://localhost:{port}/page",
        "http://2130706433:{port}/page",
        "http://0x7f.1:{port}/page",
        "http://0.0.0.0:{port}/page",
        "http://[::1]:{port}/page",
        "http://[::ffff:127.0.0.1]:{port}/page",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://100.64.0.1/",
    ],
)
def test_private_addresses_are_refused_before_connecting(site: str, url: str) -> None:
    Handler.seen.clear()
    with pytest.raises(UnreadableDocument, match="private network|not found"):
        fetch(url.format(port=site.rsplit(":", 1)[1]), timeout=5)
    assert not Handler.seen


def test_addresses_hidden_in_ipv6_are_seen_through() -> None:
    hidden = ["::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "ff02::1"]
    assert not any(map(is_public, hidden))
    assert all(map(is_public, ["93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"]))


@pytest.mark.parametrize(
    ("path", "why", "timeout"),
    [
        ("/picture", "image/png", 60),
        ("/none", "404", 60),
        ("/bomb", "larger than", 60),
        ("/drip", "in time", 1.5),
    ],
)
def test_what_is_no_document_or_too_much_is_refused(
    site: str, path: str, why: str, timeout: float
) -> None:
    with pytest.raises(UnreadableDocument, match=why):
        fetch(site + path, allow_private=True, max_bytes=1_000_000, timeout=timeout)


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1", "http://user:pw@example.org/", "http://a b/"]
)
def test_a_malformed_address_is_an_error_about_the_address(url: str) -> None:
    with pytest.raises(UnreadableDocument):
        fetch(url, timeout=5)
