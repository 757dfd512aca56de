"""Documents are read and embedded by Ray's workers: nothing else changes, and a worker that is
killed loses nothing. Ray is the real one, with two workers on this machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.service.ingest.ingestion import Failure, Ingester
from app.settings import Settings
from store.embedding.embedder import Embedder
from store.indexing.ray_cluster import RayCluster
from store.indexing.read_and_split import WantedFile
from store.library import Library
from store.results import StoreError
from tests.support.commands import Footnote

pytest.importorskip("ray", reason="Ray is not installed: pip install footnote[ray]")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]
DOCUMENTS = 60


def test_no_cluster_is_a_clear_message(footnote: Footnote) -> None:
    with pytest.raises(StoreError, match="ray start"):
        RayCluster("127.0.0.1:1")
    told = footnote("ingest", ".", "--watch", "--ray", "local")
    assert told.code == 2
    assert "cannot be combined with --ray" in told.err


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """Two workers of this machine."""
    with RayCluster("local", 2) as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents of three passages, one of them damaged."""
    made = tmp_path_factory.mktemp("archive")
    for number in range(DOCUMENTS):
        parts = "\n\n".join(
            f"## Part {part}\n\nShip {number} left in hour {part} with {number * 7 + part} crates."
            for part in range(3)
        )
        (made / f"log {number:02}.md").write_text(f"# Log {number}\n\n{parts}\n", encoding="utf-8")
    (made / "torn.pdf").write_bytes(b"%PDF-1.7 and no more")
    return made


def ingested(library: Library, folder: Path, cluster: RayCluster | None) -> list[Failure]:
    """What could not be ingested of the folder."""
    settings = Settings(data=library.folder)
    readers = cluster.readers(library.read_and_split()) if cluster else None
    outcomes = Ingester(library, settings, readers=readers).ingest([str(folder)])
    return [outcome for outcome in outcomes if isinstance(outcome, Failure)]


def held(library: Library) -> list[tuple[object, ...]]:
    """What a library has, but for ids and times."""
    return [
        (r.document, r.title, r.collection, tuple(p.passage.text for p in library.passages(r.id)))
        for r in library.documents()
    ]


def test_a_ray_ingest_makes_the_same_library(
    tmp_path: Path, embedder: Embedder, cluster: RayCluster, folder: Path
) -> None:
    with Library.open(tmp_path / "plain", embedder) as plain:
        failed = ingested(plain, folder, None)
        with Library.open(tmp_path / "ray", cluster.embedder(embedder)) as library:
            assert ingested(library, folder, cluster) == failed
            assert held(library) == held(plain)
            for question in ("How many crates had ship 12?", "When did ship 31 leave?"):
                one, other = (each.search(question, 3) for each in (plain, library))
                assert [h.stored.passage for h in one] == [h.stored.passage for h in other]
                assert np.allclose([h.score for h in one], [h.score for h in other], atol=1e-4)
            # Nothing is to be done the second time, and a changed document is read again.
            assert ingested(library, folder, cluster) == failed
            assert {r.number for r in library.documents()} == {1}
    assert len(failed) == 1 and "torn.pdf" in failed[0].why


def test_a_worker_that_is_killed_loses_nothing(
    tmp_path: Path, embedder: Embedder, cluster: RayCluster, folder: Path
) -> None:
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.2) and len(killed) < 2:
            for process in workers() - set(killed):
                os.kill(process, signal.SIGKILL)
                killed.append(process)
                break

    threading.Thread(target=kill, daemon=True).start()
    with Library.open(tmp_path, cluster.embedder(embedder)) as library:
        try:
            failed = ingested(library, folder, cluster)
        finally:
            over.set()
        assert len(killed) == 2
        assert [f.why for f in failed if "torn.pdf" not in f.why] == []
        names = [r.document for r in library.documents()]
        assert sorted(names) == sorted(f"log {number:02}.md" for number in range(DOCUMENTS))
        assert all(r.passages == 3 for r in library.documents())
        assert library.search("How many crates had ship 12?", 1)[0].stored.document == "log 12.md"


def workers() -> set[int]:
    """Processes of Ray that do tasks now."""
    found = set()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if process.read_bytes().startswith(b"ray::_call"):
                found.add(int(process.parent.name))
        except OSError:
            continue
    return found


def test_files_are_handed_out_as_they_are_needed(
    embedder: Embedder, cluster: RayCluster, folder: Path, tmp_path: Path
) -> None:
    asked: list[str] = []

    def wanted() -> Iterator[WantedFile]:
        for file in sorted(folder.glob("*.md")):
            asked.append(file.name)
            yield WantedFile(str(file))

    with Library.open(tmp_path, embedder) as library:
        reading = cluster.readers(library.read_and_split())(wanted())
        next(reading)
        time.sleep(1)
        assert len(asked) <= 10
        assert len(list(reading)) == DOCUMENTS - 1
