"""``footnote serve-vectors``: one Chroma server that all processes on a data folder share."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from app.settings import SettingsError, load_settings
from store.embedding.embedder import Embedder
from store.library import Library
from store.results import StoreError
from store.vectors import vector_index
from tests.support.documents import long_document

QUESTION = "Which part is about number 25?"
START_S = 60.0


@contextmanager
def serving(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own, once it answers."""
    (data / "vectors" / "server.json").unlink(missing_ok=True)  # of one that was killed
    command = [sys.executable, "-m", "footnote", "serve-vectors", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        try:
            wait_for((data / "vectors" / "server.json").exists)
            yield server
        finally:
            server.kill()


def wait_for(condition) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + START_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def keys(library: Library) -> list[str]:
    return [hit.stored.id for hit in library.search(QUESTION, 5, mode="dense")]


def test_all_processes_share_one_server(tmp_path: Path, embedder: Embedder) -> None:
    with Library.open(tmp_path, embedder) as library:
        library.add(long_document(30))
        before = keys(library)
    with (
        serving(tmp_path) as server,
        Library.open(tmp_path, embedder) as one,
        Library.open(tmp_path, embedder) as other,
    ):
        assert keys(one) == keys(other) == before
        for library in (one, other):
            assert library._vectors._served
            assert library._vectors._index is not None
            assert library._vectors._index.follows.seq == 30
            assert library._vectors._tail._held is None  # nothing is compared in this process
        one.add(long_document(12, name="more.txt"))
        assert one._vectors._index.follows.seq > 30  # type: ignore[union-attr]
        assert keys(one) == keys(other)
        one.remove("more.txt", purge=True)
        assert keys(one) == keys(other) == before
        assert one._vectors._index._items.count() == 30  # type: ignore[union-attr]
        server.send_signal(signal.SIGINT)
        assert server.wait(START_S) == 0
        assert server.stdout is not None
        assert server.stdout.read() == b""  # neither a picture nor advertisements
        assert not (tmp_path / "vectors" / "server.json").exists()
        # The server is gone: compared one by one, and then by whoever takes the folder.
        assert keys(one) == before
        assert keys(other) == before
    with Library.open(tmp_path, embedder) as library:
        assert keys(library) == before
        assert not library._vectors._served
        assert library._vectors._index is not None


def test_a_server_that_is_killed_costs_no_answer(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_index, "RETRY_S", 0.0)
    with serving(tmp_path) as server, Library.open(tmp_path, embedder) as library:
        library.add(long_document(30))
        before = keys(library)
        server.kill()
        server.wait()
        (tmp_path / "vectors" / "server.json").unlink()
        assert keys(library) == before
        assert library._vectors._index is None  # the folder is left to a server that comes back
        with serving(tmp_path):
            assert keys(library) == before
            assert library._vectors._index is not None
            assert library._vectors._served
    monkeypatch.setattr(vector_index, "SERVER_TIMEOUT_S", 0.0)
    with Library.open(tmp_path, embedder) as library:
        with serving(tmp_path):
            assert keys(library) == before
            assert library._vectors._served
        assert keys(library) == before  # compared, and then the folder is taken
        assert keys(library) == before
        assert not library._vectors._served


def test_a_folder_in_use_is_not_served(tmp_path: Path, embedder: Embedder) -> None:
    with Library.open(tmp_path, embedder) as library:
        library.add(long_document(3))
        with (
            Library.open(tmp_path, embedder) as other,
            pytest.raises(StoreError, match="Stop it, start `footnote serve-vectors`"),
        ):
            other.serve_vectors(0, print)


def test_a_server_of_the_settings_keeps_the_vectors_of_several_libraries(
    tmp_path: Path, embedder: Embedder
) -> None:
    with serving(tmp_path / "server"):
        noted = (tmp_path / "server" / "vectors" / "server.json").read_text()
        address = noted.split('"')[3]
        with (
            Library.open(tmp_path / "a", embedder, chroma=(address, "secret")) as a,
            Library.open(tmp_path / "b", embedder, chroma=(address, "")) as b,
        ):
            a.add(long_document(30))
            b.add(long_document(7))
            assert len(keys(a)) == len(keys(b)) == 5
            assert a._vectors._index._items.count() == 30  # type: ignore[union-attr]
            assert b._vectors._index._items.count() == 7  # type: ignore[union-attr]
            a.reindex()
            assert a._vectors._index._items.count() == 30  # type: ignore[union-attr]
            assert not (tmp_path / "a" / "vectors").exists()
            vector = embedder.encode_queries([QUESTION])[0]
            found = a._vectors.nearest(vector, 5)
            assert np.isclose(found[0][1], max(cosine for _, cosine in found))


def test_without_the_named_server_vectors_are_compared(tmp_path: Path, embedder: Embedder) -> None:
    with Library.open(tmp_path, embedder, chroma=("http://127.0.0.1:9", "")) as library:
        library.add(long_document(30))
        assert len(keys(library)) == 5


def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_CHROMA", "localhost")
    with pytest.raises(SettingsError, match="chroma"):
        load_settings()
    monkeypatch.setenv("FOOTNOTE_CHROMA", "http://vectors:8000/")
    assert load_settings().chroma == "http://vectors:8000"
