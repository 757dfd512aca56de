"""What is too large is refused at every door, unread, and the client hears it."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from itertools import chain

import httpx
import pytest

from app.http import body_limit
from app.service.access.users import Users
from store.library import Library
from tests.support.browser import Served, start

PASSWORD = "correct horse battery"
CHUNK = bytes(1 << 20)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, embedder: object) -> Iterator[Served]:
    """A chat with every door open."""
    folder = tmp_path_factory.mktemp("doors")
    Users(folder).add("ada", PASSWORD)
    with Library.open(folder, embedder) as library:  # type: ignore[arg-type]
        chat = start(library, host="0.0.0.0", widget_origins="https://www.example.org")
        yield chat
        chat.stop()


def pieces(megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield CHUNK


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FILE = {"Content-Type": "multipart/form-data; boundary=x"}
OPENS = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
DOORS = [
    ("/sign-in", 2, "1 MB", FORM),
    ("/widget/ask", 2, "1 MB", {}),
    ("/api/v1/ask", 2, "1 MB", {}),
    ("/api/v1/links", 2, "1 MB", {}),
    ("/v1/chat/completions", 2, "1 MB", {}),
    ("/mcp", 2, "1 MB", {}),
    ("/gradio_api/queue/join", 2, "1 MB", {}),
    ("/gradio_api/run/predict", 2, "1 MB", {}),
    ("/api/v1/documents", 120, "100 MB", FILE),
]


@pytest.mark.parametrize(("path", "size", "limit", "kind"), DOORS, ids=[door[0] for door in DOORS])
@pytest.mark.parametrize("announced", [True, False])
def test_every_door_says_what_it_takes(
    shared: Served, path: str, size: int, limit: str, kind: dict[str, str], *, announced: bool
) -> None:
    opens = OPENS if kind is FILE else b""
    length = {"Content-Length": str(len(opens) + (size << 20))} if announced else {}
    reply = httpx.post(
        f"{shared.address}{path}", content=chain([opens] if opens else [], pieces(size)),
        headers={"Content-Type": "application/json", "Accept": "*/*", **kind, **length},
        auth=("ada", PASSWORD), timeout=120,
    )  # fmt: skip
    assert reply.status_code == 413
    error = reply.json()["error"]
    assert limit in (error["message"] if isinstance(error, dict) else error)


def test_a_stranger_is_told_so_too_and_costs_no_memory(shared: Served) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reply = httpx.post(f"{shared.address}/widget/ask", content=pieces(300), timeout=120)
    assert reply.status_code == 413
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 100, f"{grown:.0f} MB"


def test_a_client_that_lies_about_the_length_is_cut_off(shared: Served) -> None:
    host, port = shared.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        head = (
            "POST /widget/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n"
        )
        line.sendall(head.encode())
        line.shutdown(socket.SHUT_WR)
        assert b" 4" in line.recv(4096)[:20]


def test_a_file_of_the_largest_size_passes(shared: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 300_000
    rule = body_limit.FILE_LIMITS["/api/v1/documents"][1]
    monkeypatch.setitem(
        body_limit.FILE_LIMITS, "/api/v1/documents", (most + body_limit.FORM_OVERHEAD_BYTES, rule)
    )
    line = b"The mill at Thornfield has nine wheels, and the miller counts them every day.\n\n"
    text = line * (most // len(line))
    where = f"{shared.address}/api/v1/documents"
    sent = {"file": ("mill.txt", text[:2000].ljust(most))}
    assert httpx.post(where, files=sent, auth=("ada", PASSWORD), timeout=120).status_code == 200
    sent = {"file": ("mill.txt", b" " * (most + body_limit.FORM_OVERHEAD_BYTES))}
    assert httpx.post(where, files=sent, auth=("ada", PASSWORD), timeout=120).status_code == 413


def test_a_page_hears_what_a_file_may_have_and_leaves_nothing_behind(shared: Served) -> None:
    opens = OPENS.replace(b'name="file"', b'name="files"')
    reply = httpx.post(
        f"{shared.address}/gradio_api/upload", content=chain([opens], pieces(110)),
        headers=FILE, auth=("ada", PASSWORD), timeout=120,
    )  # fmt: skip
    assert (reply.status_code, reply.text) == (413, "A file may have at most 100 MB.")
    folder = shared.engine.settings.data / "uploads"
    assert not [path for path in folder.rglob("*") if path.is_file()]
