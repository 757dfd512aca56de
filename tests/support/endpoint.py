"""A server on this machine that speaks OpenAI's chat protocol as it is told to, faults included."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Endpoint:
    """What a server says. ``failures`` are statuses of the first requests, one each, with
    ``headers``; ``rejected`` names a field of a request that it answers with status 400; ``breaks``
    ends the connection after so many pieces; ``opening`` are chunks before the first words;
    ``gate`` holds these back until it is set."""

    pieces: Sequence[str] = ("Fine.",)
    failures: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    rejected: str = ""
    breaks: int | None = None
    opening: Sequence[dict[str, Any]] = ()
    yes: Sequence[tuple[str, float]] = (("Yes", -0.05), ("No", -3.0))
    gate: threading.Event | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def endpoint(**told: Any) -> Iterator[Endpoint]:
    """Serve an ``Endpoint`` until the block ends; ``url`` is its address with ``/v1``."""
    said = Endpoint(**told)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(said))
    said.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield said
    finally:
        server.shutdown()
        server.server_close()


def _handler(said: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            said.heard.append({**asked, "path": self.path, "key": self.headers["authorization"]})
            if self.path != "/v1/chat/completions":
                return self._send(404, {"error": {"message": f"no route {self.path}"}})
            if said.failures:
                return self._send(said.failures.pop(0), {"error": {"message": "not now"}})
            if said.rejected and said.rejected in asked:
                return self._send(400, {"error": {"message": f"{said.rejected} is not supported"}})
            if asked.get("stream"):
                return self._stream()
            return self._send(200, _completion(said))

        def _send(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**said.headers, "Content-Type": "application/json"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for first in said.opening:
                self._event(first)
            if said.gate is not None:
                said.gate.wait(120)
            for at, piece in enumerate(said.pieces):
                if at == said.breaks:
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self._event(chunk({"content": piece}, None))
            self._event(chunk({}, "stop"))
            self._write(b"data: [DONE]\n\n")
            self._write(b"")

        def _event(self, chunk: dict[str, Any]) -> None:
            self._write(f"data: {json.dumps(chunk)}\n\n".encode())

        def _write(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def chunk(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    """One event of a stream, as OpenAI puts it."""
    return {
        "id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m",
        "choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}],
    }  # fmt: skip


def _completion(said: Endpoint) -> dict[str, Any]:
    told = [{"token": token, "logprob": logprob, "bytes": None} for token, logprob in said.yes]
    return {
        "id": "c", "object": "chat.completion", "created": 0, "model": "m",
        "choices": [
            {
                "index": 0, "finish_reason": "length",
                "message": {"role": "assistant", "content": said.yes[0][0]},
                "logprobs": {"content": [{**told[0], "top_logprobs": told}]},
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip
