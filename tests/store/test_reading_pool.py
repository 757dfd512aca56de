"""Files are read and split in several processes, where that takes long: nothing else changes."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from app.service.ingest.ingestion import Failure, Ingester
from app.settings import Settings
from ingest.errors import FootnoteError
from store.database.row_mapping import content_fingerprint
from store.embedding.embedder import Embedder
from store.embedding.provider_embedder import ProviderEmbedder
from store.indexing import reading_pool
from store.indexing.read_and_split import Outcome, ReadAndSplit, SplitDocument, WantedFile
from store.indexing.reading_pool import ReadingPool
from store.library import Library
from tests.support.browser import wait_until


@pytest.fixture(autouse=True)
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two processes, whatever the machine; they end with the test."""
    monkeypatch.setattr(reading_pool.os, "cpu_count", lambda: 2)
    yield
    get_reusable_executor().shutdown(wait=True, kill_workers=True)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Twelve documents, one of them damaged."""
    folder = tmp_path / "letters"
    folder.mkdir()
    made = []
    for number in range(12):
        made.append(folder / f"letter {number:02}.md")
        said = f"# Letter {number}\n\nThe mill in valley {number} is {number + 40} years old.\n"
        made[-1].write_text(said, encoding="utf-8")
    made[7] = made[7].replace(folder / "letter 07.pdf")
    made[7].write_bytes(b"%PDF-1.7 and no more")
    return sorted(folder.iterdir())


@dataclass
class Noting:
    """Notes in which processes it reads."""

    read: ReadAndSplit
    folder: Path

    def __call__(self, wanted: WantedFile, progress: object = None) -> Outcome:
        (self.folder / f"{os.getpid()}.process").touch()
        return self.read(wanted)


def test_files_are_read_in_order_in_other_processes(
    tmp_path: Path, embedder: Embedder, files: list[Path]
) -> None:
    read = ReadAndSplit(embedder, 256, ocr=False)
    wanted = [WantedFile(str(file)) for file in files]
    apart = list(ReadingPool(Noting(read, tmp_path), slow_s=0)(wanted))  # type: ignore[arg-type]
    assert len(list(tmp_path.glob("*.process"))) >= 2
    here = list(ReadingPool(read, slow_s=1e9)(wanted))
    assert [one for one, _ in apart] == wanted
    for (_, one), (_, other) in zip(apart, here, strict=True):
        assert str(one) == str(other) if isinstance(one, FootnoteError) else one == other
    assert [str(e) for _, e in apart if isinstance(e, FootnoteError)] != []


def test_what_the_library_has_already_is_not_split(embedder: Embedder, files: list[Path]) -> None:
    read = ReadAndSplit(embedder, 256, ocr=False)
    (_, first), *_ = ReadingPool(read)([WantedFile(str(files[0]))])
    assert isinstance(first, SplitDocument) and first.passages
    (_, again), *_ = ReadingPool(read)(
        [WantedFile(str(files[0]), fingerprint=content_fingerprint(first.document))]
    )
    assert again == first.document


def test_embedders_go_to_other_processes_without_their_models(embedder: Embedder) -> None:
    embedder.encode_queries(["so that the model is loaded"])
    for one in (embedder, ProviderEmbedder("openai:small", "http://127.0.0.1:9/v1")):
        sent = pickle.dumps(one)
        assert len(sent) < 1000
        there: Embedder = pickle.loads(sent)
        assert there.fingerprint == one.fingerprint
        assert there.count_tokens("How old is the mill?") == one.count_tokens(
            "How old is the mill?"
        )


def test_ingest_is_the_same_by_several_processes(
    tmp_path: Path, embedder: Embedder, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ingested(folder: Path) -> tuple[list[tuple[object, ...]], list[str]]:
        with Library.open(folder, embedder) as library:
            outcomes = list(Ingester(library, Settings(data=folder)).ingest([str(files[0].parent)]))
            again = list(Ingester(library, Settings(data=folder)).ingest([str(files[0].parent)]))
            assert {o.status for o in again if not isinstance(o, Failure)} == {"unchanged"}
            held = [(r.document, r.title, r.collection, r.passages) for r in library.documents()]
            return held, [o.why for o in outcomes if isinstance(o, Failure)]

    one = ingested(tmp_path / "one")
    monkeypatch.setattr(ReadingPool.__init__, "__defaults__", (None, 0.0))
    several = ingested(tmp_path / "several")
    assert several == one
    assert len(one[0]) == 11 and len(one[1]) == 1


@dataclass
class Deadly:
    """Kills the process that it runs in when it comes to one file, unless it is this one."""

    read: ReadAndSplit
    here: int

    def __call__(self, wanted: WantedFile, progress: object = None) -> Outcome:
        if wanted.path.endswith("05.md") and os.getpid() != self.here:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.read(wanted)


def test_a_process_that_is_killed_loses_nothing(embedder: Embedder, files: list[Path]) -> None:
    deadly = Deadly(ReadAndSplit(embedder, 256, ocr=False), os.getpid())
    wanted = [WantedFile(str(file)) for file in files]
    found = list(ReadingPool(deadly, slow_s=0)(wanted))  # type: ignore[arg-type]
    assert [one for one, _ in found] == wanted
    assert sum(isinstance(outcome, SplitDocument) for _, outcome in found) == 11


SLOW = """
    import sys, time
    from pathlib import Path
    from store.indexing.reading_pool import ReadingPool
    from store.indexing.read_and_split import WantedFile

    class Slow:
        def __call__(self, wanted, progress=None):
            if wanted.path == "0":
                return None
            import os
            Path(wanted.path + ".pid").write_text(str(os.getpid()))
            time.sleep(600)

    for one, _ in ReadingPool(Slow(), slow_s=0)(WantedFile(str(n)) for n in range(9)):
        print(one.path, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_behind(tmp_path: Path, how: int) -> None:
    script = tmp_path / "slow.py"
    script.write_text(textwrap.dedent(SLOW), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    reading = subprocess.Popen(
        [sys.executable, str(script)], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL
    )
    wait_until(lambda: len(list(tmp_path.glob("*.pid"))) >= 2 or reading.poll() is not None)
    workers = [int(file.read_text() or 0) for file in tmp_path.glob("*.pid")]
    reading.send_signal(how)
    reading.wait(60)
    assert workers

    def gone(process: int) -> bool:
        try:
            return "Z" in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
        except FileNotFoundError:
            return True

    wait_until(lambda: all(map(gone, workers)), 60)
