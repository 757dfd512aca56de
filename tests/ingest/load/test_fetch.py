"""Links: what is fetched, what is refused before a connection is made, and what a server may do."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from app.service.access.users import Users
from app.service.queue.fair_queue import OneEach
from app.service.queue.in_progress import Busy
from ingest.errors import UnreadableDocument
from ingest.load import load
from ingest.load.web.addresses import is_public
from ingest.load.web.fetch import Fetched, NotModified, fetch
from store.library import Library
from tests.support import made
from tests.support.browser import start, wait_until
from tests.support.linked_site import PAGE, Handler
from tests.support.page_calls import PageCalls, file_value

PASSWORD = "correct horse battery"


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


@pytest.mark.parametrize(
    ("name", "media_type", "data"),
    [
        ("a.json", "application/json; charset=utf-8", b'{"gate": "opens at six"}'),
        ("a", "application/ld+json", b'{"gate": "opens at six"}'),
        ("a.rtf", "application/rtf", rb"{\rtf1\ansi The gate opens at six.}"),
        ("a.eml", "message/rfc822", b"From: a@example.org\r\n\r\nThe gate opens at six.\r\n"),
        ("a.srt", "application/x-subrip", b"1\n00:00:01,000 --> 00:00:02,000\nIt opens at six.\n"),
        (
            "a.odt",
            "application/vnd.oasis.opendocument.text",
            made.open_file("text", "<text:p>The gate opens at six.</text:p>"),
        ),
        (
            "news",
            "application/atom+xml",
            b"<?xml version='1.0'?><feed><entry><title>It opens at six.</title></entry></feed>",
        ),
        ("a.xml", "application/xml", b"<?xml version='1.0'?><gate><hours>six</hours></gate>"),
    ],
)
def test_a_link_to_every_kind_of_document_is_read(
    site: str, name: str, media_type: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Handler.files, f"/{name}", (media_type, data))
    assert "six" in load(f"{site}/{name}", allow_private=True).text


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
        ("/film", "video/mp4", 60),
        ("/none", "404", 60),
        ("/bomb", "larger than", 60),
        ("/drip", "in time", 1.5),
        ("/slow-head", "in time", 1.5),
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


@pytest.mark.parametrize("path", ["/drip", "/slow-head", "/to//drip"])
def test_one_deadline_holds_for_head_and_body_and_redirects(site: str, path: str) -> None:
    """A server that sends a byte now and then is not waited for: it would go on for 90 seconds."""
    began = time.monotonic()
    with pytest.raises(UnreadableDocument, match="in time"):
        fetch(site + path, allow_private=True, timeout=2)
    assert time.monotonic() - began < 30


def test_the_deadline_holds_for_names_too(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def never(*_: object, **__: object) -> list[object]:
        asked.set()
        threading.Event().wait(120)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", never)
    began = time.monotonic()
    with pytest.raises(UnreadableDocument, match="in time"):
        fetch("http://slow.example/", timeout=1)
    assert asked.is_set() and time.monotonic() - began < 30


def test_each_user_has_a_place_of_their_own() -> None:
    places = OneEach(waiting=1)
    gate, order = threading.Event(), list[str]()

    def add(user: str, name: str) -> None:
        with places.turn(user):
            order.append(name)
            if name == "slow":
                gate.wait(60)

    slow = threading.Thread(target=add, args=("ada", "slow"))
    slow.start()
    wait_until(lambda: order == ["slow"])
    behind = threading.Thread(target=add, args=("ada", "behind"))
    behind.start()
    wait_until(lambda: places._lines["ada"][1] == 2)
    with pytest.raises(Busy, match="additions of yours"), places.turn("ada"):
        pass
    add("bob", "bob's")
    assert order == ["slow", "bob's"]
    gate.set()
    slow.join(60)
    behind.join(60)
    assert order == ["slow", "bob's", "behind"] and not places._lines


def test_a_slow_link_of_one_user_keeps_no_other_waiting(library: Library, site: str) -> None:
    users = Users(library.folder)
    for name in ("ada", "bob"):
        users.add(name, PASSWORD)
    chat = start(library, host="0.0.0.0", allow_private_links=True)
    slow = [PageCalls(chat.address, ("ada", PASSWORD), page=f"ada {n}") for n in range(3)]
    Handler.seen.clear()
    for page in slow:
        fetching = next(h for h in page.handlers() if h["api_name"] == "fetch")
        assert page.send(fetching, None, address=f"{site}/drip").status_code == 200
    wait_until(lambda: "/drip" in Handler.seen)
    bob = PageCalls(chat.address, ("bob", PASSWORD))
    (path,) = bob.upload("mill.txt", b"The mill at Thornfield has nine wheels.").json()
    (adding,) = (h for h in bob.of_files() if h["api_name"] == "add")
    assert bob.send(adding, file_value(path)).status_code == 200
    assert "mill.txt" in str(bob.results())
    assert Handler.seen.count("/drip") == 1  # hers go one after the other, and the first goes on
    for page in slow:
        page.client.close()
    chat.stop()
