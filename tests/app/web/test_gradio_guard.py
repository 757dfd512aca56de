"""The page's handlers, called by somebody hostile: no file but one's own uploads, no page but one's
own, no route that the page does not use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.service.access.users import Users
from store.library import Library
from tests.support.browser import Served, start, wait_until
from tests.support.linked_site import Handler
from tests.support.page_calls import FILES, PageCalls, file_value

PASSWORD = "correct horse battery"
SECRET = "The combination of the safe is 4711."
MILL = b"The mill at Thornfield has nine wheels."


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the server that nobody uploaded."""
    path = tmp_path / "secret.txt"
    path.write_text(SECRET, encoding="utf-8")
    return path


@pytest.fixture
def local(library: Library) -> Iterator[Served]:
    """A chat on loopback, where nobody signs in."""
    chat = start(library)
    yield chat
    chat.stop()


@pytest.fixture
def shared(library: Library) -> Iterator[Served]:
    """A chat that Ada and Bob sign in to."""
    users = Users(library.folder)
    users.add("ada", PASSWORD)
    users.add("bob", PASSWORD)
    chat = start(library, host="0.0.0.0")
    yield chat
    chat.stop()


def uploads(chat: Served) -> list[Path]:
    """The files that wait to be ingested."""
    folder = chat.engine.settings.data / "uploads"
    return [path for path in folder.rglob("*") if path.is_file()]


def test_no_handler_reads_a_file_of_the_server(local: Served, secret: Path) -> None:
    page = PageCalls(local.address)
    assert {handler["api_name"] for handler in page.of_files()} == {"add", "drop"}
    paths = [
        str(secret),
        "/etc/passwd",
        str(local.engine.settings.data / "catalogue.sqlite3"),
        "/proc/self/environ",
        f"{local.engine.settings.data}/uploads/../catalogue.sqlite3",
    ]
    for handler in page.handlers():
        for path in paths if handler in page.of_files() else paths[:1]:
            sent = [page.send(handler, None, document={"file": file_value(path)})]
            sent += [page.send(handler, file_value(path))] if handler["inputs"] else []
            for reply in sent:
                assert (reply.status_code, "is not here" in reply.text) == (403, True), handler
    assert local.library.documents() == []
    assert not uploads(local)


def test_gradio_itself_would_refuse_it_too(local: Served, secret: Path) -> None:
    """Behind our own check stands Gradio's, which looks at paths only once it was launched."""
    from gradio.context import LocalContext
    from gradio.exceptions import InvalidPathError
    from gradio.processing_utils import move_files_to_cache

    served: Any = local.server.config.app
    while not hasattr(served, "routes"):
        served = served._app
    blocks = served.routes[-1].app.get_blocks()
    LocalContext.blocks.set(blocks)
    taking = next(b for b in blocks.blocks.values() if b.get_block_name() == "uploadbutton")
    with pytest.raises(InvalidPathError):
        move_files_to_cache(file_value(str(secret)), taking, check_in_upload_folder=True)
    LocalContext.blocks.set(None)


def test_an_upload_is_ingested_and_then_gone(local: Served) -> None:
    page = PageCalls(local.address)
    for number, handler in enumerate(page.of_files()):
        (path,) = page.upload(f"mill{number}.txt", MILL + str(number).encode()).json()
        assert Path(path).is_relative_to(local.engine.settings.data)
        assert Path(path).stat().st_mode & 0o077 == 0
        known = page.components()
        files = [file_value(path) if known[i]["type"] in FILES else None for i in handler["inputs"]]
        body = {"data": files, "fn_index": handler["id"], "session_hash": page.page}
        assert page.client.post("/gradio_api/queue/join", json=body).status_code == 200
        assert page.results()[-1]["msg"] == "close_stream"
        again = page.client.post("/gradio_api/queue/join", json=body)
        assert again.status_code == 403
    assert [r.document for r in local.library.documents()] == ["mill0.txt", "mill1.txt"]
    assert not uploads(local)


def test_an_upload_is_its_users_alone_and_no_route_serves_it(shared: Served) -> None:
    ada = PageCalls(shared.address, ("ada", PASSWORD))
    bob = PageCalls(shared.address, ("bob", PASSWORD))
    (path,) = ada.upload("mill.txt", MILL).json()
    for handler in bob.of_files():
        assert bob.send(handler, file_value(path)).status_code == 403
    for reader in (ada, bob):
        for route in (f"/gradio_api/file={path}", f"/gradio_api/file/{path}", f"/file={path}"):
            assert reader.client.get(route).status_code == 404
    assert Path(path).read_bytes() == MILL


def test_a_purge_deletes_an_upload_that_nobody_ingested(local: Served) -> None:
    local.engine.access.library.add(_document(local))
    (path,) = PageCalls(local.address).upload("mill.txt", MILL).json()
    assert Path(path).exists()
    gone = httpx.delete(f"{local.address}/api/v1/documents/mill.txt", params={"purge": True})
    assert gone.status_code == 200
    assert not Path(path).exists() and not uploads(local)


def _document(chat: Served) -> Any:
    from ingest.load import load_text

    return load_text(MILL.decode(), "mill.txt")


def test_offline_nothing_is_fetched_by_way_of_a_file(library: Library, site: str) -> None:
    chat = start(library, offline=True, allow_private_links=True)
    page = PageCalls(chat.address)
    Handler.seen.clear()
    assert page.client.get(f"/gradio_api/file={site}/page").status_code == 404
    assert page.client.get(f"/gradio_api/proxy={site}/page").status_code == 404
    for handler in page.of_files():
        assert page.send(handler, file_value(f"{site}/page")).status_code == 403
    assert not Handler.seen
    chat.stop()


def test_the_state_of_a_page_is_not_given_away(shared: Served) -> None:
    """Bob knows what Ada's browser calls her page, and asks for what is on it."""
    ada = PageCalls(shared.address, ("ada", PASSWORD), page="known")
    bob = PageCalls(shared.address, ("bob", PASSWORD), page="known")
    asking = next(h for h in ada.handlers() if h["api_name"] == "ask")
    assert ada.send(asking, "What is the combination?", "textbox").status_code == 200
    assert any("combination" in str(message) for message in ada.results())
    wait_until(lambda: not shared.engine.waiting)
    for handler in bob.handlers():
        if handler["queue"] is False:
            reply = bob.send(handler, None, "no component", do="mark")
            assert "combination" not in reply.text, handler["api_name"]
    linked = bob.client.get("/gradio_api/deep_link", params={"session_hash": "known"})
    assert linked.status_code == 404
    assert bob.client.get("/", params={"deep_link": "x"}).status_code == 200


def test_a_conversation_of_another_is_not_shown_whatever_asks(shared: Served) -> None:
    from app.service.conversations.conversations import Conversations
    from app.web.chat import Chat

    kept = Conversations(shared.engine.settings.data)
    theirs = kept.start("ada", "The safe")
    kept.add(theirs, "What is the combination of the safe?", None, "Nobody knows.")
    chat = Chat(shared.engine, kept)
    assert "combination" in chat.log("ada", theirs)
    assert "combination" not in chat.log("bob", theirs)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b'{"data": ["\\ud800"]}', b"[" * 100_000, b"\xff"],
    ids=["cut", "list", "text", "half", "deep", "bytes"],
)
def test_what_is_no_call_is_refused(local: Served, body: bytes) -> None:
    for path in ("/gradio_api/queue/join", "/gradio_api/run/predict"):
        reply = httpx.post(f"{local.address}{path}", content=body)
        assert (reply.status_code, "error" in reply.json()) == (400, True)
