"""A small web site of this machine, for the tests of links."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PAGE = b"<html><head><title>Tides</title></head><body><p>The tide turns at six.</p></body></html>"


class Handler(BaseHTTPRequestHandler):
    """A small site with a page, redirects, a wrong type, a bomb and a slow drip."""

    seen: list[str] = []
    files: dict[str, tuple[str, bytes]] = {"/film": ("video/mp4", b"moving")}
    """Further files: their type and bytes by path."""

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
        elif self.path in self.files:
            media_type, data = self.files[self.path]
            self._send(200, data, {"Content-Type": media_type})
        elif self.path == "/bomb":
            body = gzip.compress(bytes(5_000_000))
            self._send(200, body, {"Content-Type": "text/plain", "Content-Encoding": "gzip"})
        elif self.path == "/slow-head":
            stop = threading.Event()
            for byte in b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Slow: " + b"x" * 900:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                stop.wait(0.1)
        elif self.path == "/drip":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            stop = threading.Event()
            for _ in range(900):
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
