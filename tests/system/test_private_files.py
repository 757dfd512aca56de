"""The data folder is its owner's alone: nothing in it is open to other accounts of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from evals.benchmarks.many_users import wait_until_ready
from store.embedding.embedder import Embedder
from store.files.private_files import make_private
from store.library import Library
from tests.support.browser import free_port, start
from tests.support.commands import Footnote

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """What most accounts have: what is made is everybody's to read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Whatever another account may use, with its mode."""
    return [
        f"{path.relative_to(folder.parent)} {path.lstat().st_mode & 0o777:o}"
        for path in (folder, *folder.rglob("*"))
        if path.lstat().st_mode & 0o077
    ]


def test_what_commands_make_is_private(footnote: Footnote) -> None:
    assert footnote("ingest", "--sample").code == 0
    assert footnote("ask", "Who proposed the Consultative Meetings?").code == 0
    assert footnote("eval", "run", "briefing", "--sample", "2").code == 0
    made = {path.name for path in footnote.data.iterdir()}
    assert {"catalogue.sqlite3", "vectors", "runs"} <= made
    assert open_to_others(footnote.data) == []


def test_a_folder_of_before_is_closed_at_the_next_start(
    tmp_path: Path, embedder: Embedder, footnote: Footnote
) -> None:
    assert footnote("ingest", "--sample").code == 0
    (footnote.data / "settings.toml").write_text('strictness = "strict"\n')
    (footnote.data / "sets").mkdir()
    for path in (footnote.data, *footnote.data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with Library.open(footnote.data, embedder) as library:
        chat = start(library)
        assert open_to_others(footnote.data) == []
        chat.stop()


def test_a_chat_in_a_process_of_its_own_makes_nothing_for_others(footnote: Footnote) -> None:
    assert footnote("ingest", "--sample").code == 0
    port = free_port()
    command = [sys.executable, "-m", "footnote", "chat", "--model", "none", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address)
        files = {"file": ("mill.txt", b"The mill at Thornfield has nine wheels.")}
        httpx.post(f"{address}/api/v1/documents", files=files, timeout=120).raise_for_status()
        asked = {"question": "How many wheels has the mill at Thornfield?"}
        httpx.post(f"{address}/api/v1/ask", json=asked, timeout=120).raise_for_status()
        assert open_to_others(footnote.data) == []
    finally:
        server.terminate()
        server.wait(30)


def test_doctor_tells_who_may_read_the_folder(footnote: Footnote) -> None:
    assert footnote("ingest", "--sample").code == 0
    assert "no other account can read it" in footnote("doctor", "--quick").out
    (footnote.data / "catalogue.sqlite3").chmod(0o644)
    said = " ".join(footnote("doctor", "--quick").out.split())
    assert "other accounts could read what is in it: it is closed to them now" in said
    assert "no other account can read it" in footnote("doctor", "--quick").out


def test_only_what_is_footnotes_own_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    theirs = data / "letters"
    theirs.mkdir(mode=0o755)
    outside = tmp_path / "outside.txt"
    outside.write_text("x")
    (data / "runs").mkdir()
    (data / "runs" / "link").symlink_to(outside)
    assert make_private(data) == []
    assert (theirs.stat().st_mode & 0o777, outside.stat().st_mode & 0o777) == (0o755, 0o644)
    assert (data.stat().st_mode & 0o777, (data / "runs").stat().st_mode & 0o777) == (0o700, 0o700)


def test_a_folder_that_is_everybodys_on_purpose_stays_so(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    make_private(shared)
    assert shared.stat().st_mode & 0o7777 == 0o1777
