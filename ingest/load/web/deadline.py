"""One deadline for everything that a fetch waits for: names, connections, TLS, heads and bodies.

HTTP clients limit the wait for each piece, and a server that sends a byte now and then is waited
for without end. Here no wait lasts longer than what is left of the whole.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable
from queue import Empty, SimpleQueue
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

Addresses = list[tuple[Any, ...]]


class Deadline:
    """A moment ``seconds`` from now."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, most: float | None = None, error: type[Exception] = TimeoutError) -> float:
        """The seconds that are left, but not more than ``most``. Raises ``error`` if there are
        none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise error("the time is up")
        return left if most is None else min(left, most)


def resolve(host: str, port: int, deadline: Deadline) -> Addresses:
    """What ``socket.getaddrinfo`` says, which has no limit itself. Raises ``TimeoutError``, and
    what that raises."""
    replies: SimpleQueue[Addresses | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            replies.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            replies.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = replies.get(timeout=deadline.left())
    except Empty:
        raise TimeoutError("the time is up") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def transport(deadline: Deadline) -> httpx.HTTPTransport:
    """A transport for ``httpx.Client`` whose requests all end by the deadline."""
    transport = httpx.HTTPTransport(trust_env=False)
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False),
        network_backend=_Backend(deadline),
    )
    return transport


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline, self._plain = deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadline.left(timeout, httpcore.ConnectTimeout)
        stream = self._plain.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection; each call is a single wait of the socket's, within what is left."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadline.left(timeout, httpcore.ConnectTimeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _Stream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
