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

    def sooner(self, seconds: float) -> Deadline:
        """A moment at most ``seconds`` from now. Raises ``TimeoutError`` if no time is left."""
        return Deadline(self.left(seconds))


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


def transport(deadline: Deadline, proxy: str = "") -> httpx.HTTPTransport:
    """A transport for ``httpx.Client`` whose requests all end by the deadline.

    ``proxy`` is the address of an HTTP proxy, with a user name and password if it asks for them.
    """
    transport = httpx.HTTPTransport(trust_env=False)
    transport._pool = _pool(deadline, httpx.Proxy(proxy)) if proxy else _pool(deadline)
    return transport


def _pool(deadline: Deadline, proxy: httpx.Proxy | None = None) -> httpcore.ConnectionPool:
    encrypted, backend = httpx.create_ssl_context(trust_env=False), _Backend(deadline)
    if proxy is None:
        return httpcore.ConnectionPool(ssl_context=encrypted, network_backend=backend)
    return httpcore.HTTPProxy(
        str(proxy.url), proxy.raw_auth, ssl_context=encrypted, network_backend=backend,
        proxy_ssl_context=encrypted if proxy.url.scheme == "https" else None,
    )  # fmt: skip


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
