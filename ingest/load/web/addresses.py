"""Which addresses a link may lead to, and the request that goes to a checked one.

Without a proxy, a host's name is resolved here, every number it has is checked, and the connection
goes to a checked number: a name that answers differently a moment later gains nothing. A proxy is
given the name, because it may know names that this machine does not, and reaches what its rules
allow; a name that this machine knows as private, and a private number, are refused all the same.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

import httpx

from ingest.errors import UnreadableDocument
from ingest.load.web.deadline import Deadline, resolve

NAME_WAIT_S = 3.0
"""How long this machine may look for a name that the proxy then resolves itself."""


def failed(url: str, why: str) -> UnreadableDocument:
    """The error that says why nothing came from ``url``."""
    return UnreadableDocument(f"{url}: {why}.")


@dataclass(frozen=True, slots=True)
class Route:
    """How links are followed: until when, whether into private networks, and whether by a proxy."""

    deadline: Deadline
    allow_private: bool = False
    by_proxy: bool = False

    def request(
        self, client: httpx.Client, address: str, headers: Mapping[str, str]
    ) -> httpx.Request:
        """A request for ``address``. Raises UnreadableDocument for one that is malformed, unknown
        or not allowed, and ``TimeoutError``.

        It goes to a checked number in place of the host's name, which stays in Host and TLS.
        """
        parts, name, port = _parsed(address)
        number = self._checked(address, name, port or (443 if parts.scheme == "https" else 80))
        shown = _bracketed(name) + (f":{port}" if port else "")
        netloc = _bracketed(number) + (f":{port}" if port else "")
        return client.build_request(
            "GET",
            urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, "")),
            headers={**headers, "Host": shown},
            extensions={"sni_hostname": name},
            timeout=None,  # the transport knows the deadline
        )

    def _checked(self, address: str, host: str, port: int) -> str:
        """What to connect to: the first number of ``host``, or ``host`` itself for a proxy."""
        numbers = self._numbers(address, host, port)
        if not self.allow_private and not all(map(is_public, numbers)):
            raise failed(
                address,
                f"{host} leads into this machine or a private network; allow "
                "private links in the settings if that is meant",
            )
        return host if self.by_proxy else numbers[0]

    def _numbers(self, address: str, host: str, port: int) -> list[str]:
        try:
            if self.by_proxy and self.allow_private:
                return []
            deadline = self.deadline.sooner(NAME_WAIT_S) if self.by_proxy else self.deadline
            addresses = resolve(host, port, deadline)
        except (OSError, UnicodeError) as error:
            if self.by_proxy:
                return []
            if isinstance(error, TimeoutError):
                raise
            raise failed(
                address, f"the name {host} was not found; check it and the network"
            ) from error
        return [str(entry[4][0]).partition("%")[0] for entry in addresses]


def _parsed(address: str) -> tuple[SplitResult, str, int | None]:
    """The parts of an address, its host's name in ASCII, and its port."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
    except ValueError as error:
        raise failed(address, f"this is not a valid address ({error})") from error
    if parts.scheme not in ("http", "https") or not host:
        raise failed(
            address,
            "only http:// and https:// addresses are read; give a file's path "
            "for a file on this machine",
        )
    if parts.username is not None:
        raise failed(address, "addresses with a user name or password are refused")
    return parts, name, port


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def is_public(number: str) -> bool:
    """Whether an IP address is one of the public internet, also behind IPv6's ways of writing."""
    ip = ipaddress.ip_address(number)
    if isinstance(ip, ipaddress.IPv6Address):
        teredo = ip.teredo[1] if ip.teredo else None
        inner = ip.ipv4_mapped or ip.sixtofour or teredo
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
