"""Nothing is lost: kill -9 while documents are ingested, a full disk, two processes at once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from store.embedding.embedder import Embedder
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.indexing.indexer import embedded_text
from store.library import Library
from store.results import StoreError
from tests.support.documents import document_of, long_document, vector_keys
from tests.support.ingesting import Ingesting, check_whole, documents, ingesting_process  # noqa: F401

# FOOTNOTE_KILLS=50 for the long run.
KILLS = int(os.environ.get("FOOTNOTE_KILLS", "10"))


@pytest.fixture(scope="module")
def first_edition(
    tmp_path_factory: pytest.TempPathFactory, ingesting: Ingesting
) -> tuple[Path, float]:
    """A data folder that holds edition 1, and the seconds that taking edition 2 in takes."""
    folder = tmp_path_factory.mktemp("faults") / "data"
    ingesting.start(folder, 1)
    ingesting.wait()
    copy = folder.with_name("timed")
    shutil.copytree(folder, copy)
    began = time.perf_counter()
    ingesting.start(copy, 2)
    ingesting.wait()
    return folder, time.perf_counter() - began


class Watching(SentenceTransformerEmbedder):
    """The real embedder of the tests, telling which texts it was given."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self._inner = embedder
        self.seen: list[str] = []

    def encode_documents(self, texts, progress=None) -> NDArray[np.float32]:  # type: ignore[no-untyped-def]
        self.seen += list(texts)
        return self._inner.encode_documents(texts, progress)


@pytest.mark.parametrize("moment", range(KILLS))
def test_kill_9_while_ingesting(
    moment: int,
    tmp_path: Path,
    embedder: Embedder,
    ingesting: Ingesting,
    first_edition: tuple[Path, float],
) -> None:
    prepared, seconds = first_edition
    folder = tmp_path / "data"
    shutil.copytree(prepared, folder)
    process = ingesting.start(folder, 2)
    time.sleep(random.Random(moment).uniform(0, seconds))
    with_kill = True
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        with_kill = False
    ingesting.wait()
    watching = Watching(embedder)
    with Library.open(folder, watching) as library:
        editions = check_whole(library)
        assert set(editions.values()) <= {"1", "2"}
        assert with_kill or set(editions.values()) == {"2"}
        watching.seen.clear()
        have = vector_keys(library)
        made_before = {
            embedded_text(new.passage)
            for document in documents(2)
            for new in library._indexer.passages(document)
            if new.key in have
        }
        reports = list(library.add_many(documents(2)))
        assert not made_before & set(watching.seen)
        # A passage here is one sentence, without context: embedded once.
        assert sum(report.embedded for report in reports) == len(watching.seen)
        for report in reports:
            assert report.status == ("unchanged" if editions[report.document] == "2" else "changed")
        assert set(check_whole(library).values()) == {"2"}
        watching.seen.clear()
        assert {r.status for r in library.add_many(documents(2))} == {"unchanged"}
        assert watching.seen == []


def test_a_chat_sees_what_another_process_takes_in(
    tmp_path: Path, embedder: Embedder, ingesting: Ingesting, first_edition: tuple[Path, float]
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(first_edition[0], folder)
    with Library.open(folder, embedder) as chat:
        assert set(check_whole(chat).values()) == {"1"}
        process = ingesting.start(folder, 2)
        seen = set()
        while Path(f"/proc/{process}").exists() or not seen:
            with chat._catalogue.database.reading():
                seen |= set(check_whole(chat).values())
        ingesting.wait()
        assert seen <= {"1", "2"}
        assert set(check_whole(chat).values()) == {"2"}


def test_two_processes_take_in_the_same_at_once(
    tmp_path: Path, embedder: Embedder, ingesting: Ingesting
) -> None:
    folder = tmp_path / "data"
    with Library.open(folder, embedder) as library:
        ingesting.start(folder, 1)
        for report in library.add_many(documents(1)):
            assert report.status in ("added", "unchanged", "changed")
        ingesting.wait()
        assert set(check_whole(library).values()) == {"1"}
        assert all(len(library.history(each.document)) == 1 for each in library.documents())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB of its own."""
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=16m", "footnote-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path, leave: int) -> Path:
    """Fills a disk but for ``leave`` bytes."""
    filler = disk / "filler"
    filler.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - leave)))
    return filler


@pytest.mark.parametrize("leave", [0, 40_000, 200_000])
def test_a_full_disk_loses_nothing(small_disk: Path, embedder: Embedder, leave: int) -> None:
    with Library.open(small_disk / "data", embedder) as library:
        library.add(document_of("The ferry leaves at nine.", name="ferry.txt"))
        filler = fill(small_disk, leave)
        with pytest.raises(StoreError, match="No space left"):
            library.add(long_document(120, seed="A long sentence about nothing. " * 2))
        assert "nine" in library.search("When does the ferry leave?", 1)[0].stored.passage.text
        assert [each.document for each in library.documents()] == ["ferry.txt"]
        filler.unlink()
        assert library.add(long_document(20)).status == "added"
        assert len(library.documents()) == 2
    with Library.open(small_disk / "data", embedder) as library:
        assert "nine" in library.search("When does the ferry leave?", 1)[0].stored.passage.text
