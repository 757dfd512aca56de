"""Fetches a page or file by its URL, and refuses URLs that lead into private networks.

Every address is checked by :mod:`ingest.load.web.addresses`, the first and that of each redirect.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from ingest.load.base.source import Source
from ingest.load.formats import FORMATS
from ingest.load.web.addresses import Route, failed
from ingest.load.web.deadline import Deadline, transport

MAX_BYTES = 64 * 1024 * 1024
TIMEOUT_S = 30.0
MAX_REDIRECTS = 5
PROXY_HINT = "check the address and the setting proxy"
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
    proxy: str = "",
    etag: str | None = None,
    last_modified: str | None = None,
    max_bytes: int = MAX_BYTES,
    timeout: float = TIMEOUT_S,
) -> Fetched | NotModified:
    """The bytes at ``url`` (http or https), after at most five redirects, all within ``timeout`` s.

    ``proxy`` is the address of an HTTP proxy that connects in place of this machine ("": none).
    ``etag`` and ``last_modified``, as an earlier fetch gave them, let the server answer
    NotModified. Raises UnreadableDocument, with the reason, for a refused address, a failed
    connection, an error status, a type that is no document, too many bytes or too long a wait.
    """
    deadline = Deadline(timeout)
    headers = {"User-Agent": "Footnote", "Accept": "text/html,application/pdf,text/*,*/*;q=0.5"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    address, route = url, Route(deadline, allow_private, bool(proxy))
    with httpx.Client(transport=transport(deadline, proxy), trust_env=False) as client:
        for _ in range(MAX_REDIRECTS + 1):
            try:
                response = client.send(route.request(client, address, headers), stream=True)
                try:
                    if response.status_code not in REDIRECT_CODES:
                        return _received(response, url, address, max_bytes)
                    address = urljoin(address, response.headers.get("location", ""))
                finally:
                    response.close()
            except (httpx.TimeoutException, TimeoutError) as error:
                late = f"it was not here in time ({timeout:.0f} s); try again later"
                raise failed(url, late) from error
            except httpx.ProxyError as error:
                raise failed(url, f"the proxy refused it ({error}); {PROXY_HINT}") from error
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                reason = str(error) or type(error).__name__
                hint = PROXY_HINT if proxy else "check the address"
                raise failed(url, f"the connection failed ({reason}); {hint}") from error
    raise failed(url, f"it redirects more than {MAX_REDIRECTS} times; give the final address")


def _received(
    response: httpx.Response, url: str, address: str, max_bytes: int
) -> Fetched | NotModified:
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return NotModified(url)
    if response.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
        raise failed(url, "the proxy asks for a user name and password; add them to proxy")
    if not response.is_success:
        raise failed(
            url, f"the server answered {response.status_code} {response.reason_phrase}".rstrip()
        )
    kind = Message()
    kind["content-type"] = response.headers.get("content-type", "application/octet-stream")
    media_type = kind.get_content_type()
    if not _may_be_read(media_type):
        raise failed(url, f"its type is {media_type}, which is not a document that Footnote reads")
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
        raise failed(url, too_large)
    data = bytearray()
    for chunk in response.iter_bytes(64 * 1024):
        data += chunk
        if len(data) > max_bytes:
            raise failed(url, too_large)
    return bytes(data)


def _name(address: str) -> str:
    """The last part of the path if it names something, with the host: ``host/page``."""
    parts = urlsplit(address)
    last = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1])
    return f"{parts.hostname}/{last}" if last else str(parts.hostname)
