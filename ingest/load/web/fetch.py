"""Fetches a page or file by its URL, and refuses URLs that lead into private networks.

A host's name is resolved here, every address it has is checked, and the connection goes to a
checked address, at the first request and at each redirect: a name that answers differently a
moment later gains nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import httpx

from ingest.errors import UnreadableDocument
from ingest.load.base.source import Source
from ingest.load.formats import FORMATS
from ingest.load.web.deadline import Deadline, resolve, transport

MAX_BYTES = 64 * 1024 * 1024
TIMEOUT_S = 30.0
MAX_REDIRECTS = 5
REDIRECT_CODES = (301, 302, 303, 307, 308)
# Besides the types of the formats that are read: what servers say of files that they do not know,
# and the families whose members are told apart by their content.
_WANTED = (
    "text/",
    "application/octet-stream",
    "application/zip",
    "application/csv",
    "application/x-ipynb",
    "application/ole",
    "application/vnd.ms-",
    "application/vnd.openxmlformats",
    "binary/octet-stream",
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave; ``source.metadata`` holds ``etag`` and ``last-modified`` if sent."""

    data: bytes
    source: Source


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server says that nothing changed since the state that was asked about."""

    address: str


def fetch(
    url: str,
    *,
    allow_private: bool = False,
    etag: str | None = None,
    last_modified: str | None = None,
    max_bytes: int = MAX_BYTES,
    timeout: float = TIMEOUT_S,
) -> Fetched | NotModified:
    """The bytes at ``url`` (http or https), after at most five redirects, all within ``timeout`` s.

    ``etag`` and ``last_modified``, as an earlier fetch gave them, let the server answer
    NotModified. Raises UnreadableDocument, with the reason, for a refused address, a failed
    connection, an error status, a type that is no document, too many bytes or too long a wait.
    """
    deadline = Deadline(timeout)
    headers = {"User-Agent": "Footnote", "Accept": "text/html,application/pdf,text/*,*/*;q=0.5"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    address = url
    with httpx.Client(transport=transport(deadline), trust_env=False) as client:
        for _ in range(MAX_REDIRECTS + 1):
            try:
                request = _request(client, address, headers, allow_private, deadline)
                response = client.send(request, stream=True)
                try:
                    if response.status_code not in REDIRECT_CODES:
                        return _received(response, url, address, max_bytes)
                    address = urljoin(address, response.headers.get("location", ""))
                finally:
                    response.close()
            except (httpx.TimeoutException, TimeoutError) as error:
                late = f"it was not here in time ({timeout:.0f} s); try again later"
                raise _failed(url, late) from error
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                reason = str(error) or type(error).__name__
                raise _failed(
                    url, f"the connection failed ({reason}); check the address"
                ) from error
    raise _failed(url, f"it redirects more than {MAX_REDIRECTS} times; give the final address")


def _failed(url: str, why: str) -> UnreadableDocument:
    return UnreadableDocument(f"{url}: {why}.")


def _request(
    client: httpx.Client,
    address: str,
    headers: Mapping[str, str],
    allow_private: bool,
    deadline: Deadline,
) -> httpx.Request:
    """A request to a checked number in place of the host's name, which stays in Host and TLS."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
    except ValueError as error:
        raise _failed(address, f"this is not a valid address ({error})") from error
    if parts.scheme not in ("http", "https") or not host:
        raise _failed(
            address,
            "only http:// and https:// addresses are read; give a file's path "
            "for a file on this machine",
        )
    if parts.username is not None:
        raise _failed(address, "addresses with a user name or password are refused")
    port_there = port or (443 if parts.scheme == "https" else 80)
    number = _checked(address, name, port_there, allow_private, deadline)
    netloc = f"[{number}]" if ":" in number else number
    netloc += f":{port}" if port else ""
    shown = f"[{name}]" if ":" in name else name
    return client.build_request(
        "GET",
        urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, "")),
        headers={**headers, "Host": f"{shown}:{port}" if port else shown},
        extensions={"sni_hostname": name},
        timeout=None,  # the transport knows the deadline
    )


def _checked(address: str, host: str, port: int, allow_private: bool, deadline: Deadline) -> str:
    """The first address of ``host``, all of whose addresses may be connected to."""
    try:
        addresses = resolve(host, port, deadline)
    except TimeoutError:
        raise
    except (OSError, UnicodeError) as error:
        raise _failed(
            address, f"the name {host} was not found; check it and the network"
        ) from error
    numbers = [str(entry[4][0]).partition("%")[0] for entry in addresses]
    if not allow_private and not all(map(is_public, numbers)):
        raise _failed(
            address,
            f"{host} leads into this machine or a private network; allow "
            "private links in the settings if that is meant",
        )
    return numbers[0]


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


def _received(
    response: httpx.Response, url: str, address: str, max_bytes: int
) -> Fetched | NotModified:
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return NotModified(url)
    if not response.is_success:
        raise _failed(
            url, f"the server answered {response.status_code} {response.reason_phrase}".rstrip()
        )
    kind = Message()
    kind["content-type"] = response.headers.get("content-type", "application/octet-stream")
    media_type = kind.get_content_type()
    if not _may_be_read(media_type):
        raise _failed(url, f"its type is {media_type}, which is not a document that Footnote reads")
    data = _body(response, url, max_bytes)
    kept = {
        key: response.headers[key] for key in ("etag", "last-modified") if key in response.headers
    }
    charset = str(kind.get_content_charset() or "")
    return Fetched(data, Source(_name(address), url, media_type, charset, kept))


def _may_be_read(media_type: str) -> bool:
    """Whether a document that Footnote reads may be of this type; its content then decides."""
    known = any(media_type in each.media_types for each in FORMATS)
    structured = media_type.startswith("application/") and media_type.endswith(("+json", "+xml"))
    return known or structured or media_type.startswith(_WANTED)


def _body(response: httpx.Response, url: str, max_bytes: int) -> bytes:
    too_large = f"it is larger than the limit of {max_bytes / 1e6:.0f} MB"
    if int(response.headers.get("content-length") or 0) > max_bytes:
        raise _failed(url, too_large)
    data = bytearray()
    for chunk in response.iter_bytes(64 * 1024):
        data += chunk
        if len(data) > max_bytes:
            raise _failed(url, too_large)
    return bytes(data)


def _name(address: str) -> str:
    """The last part of the path if it names something, with the host: ``host/page``."""
    parts = urlsplit(address)
    last = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1])
    return f"{parts.hostname}/{last}" if last else str(parts.hostname)
