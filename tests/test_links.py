"""Links: what is fetched, what is refused before a connection is made, and what a server may do."""

from __future__ import annotations

import pytest
from linked_site import PAGE, Handler

from ingest.document import UnreadableDocument
from ingest.load import load
from ingest.load.fetch import Fetched, NotModified, fetch, is_public


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
