"""Ray benchmark: an ingest by Ray's workers, one of which is killed, and the plain one.

``python -m evals.benchmarks.ray_tasks [--documents 20000] [--workers 2]`` writes generated Markdown
files, ingests them plainly and then by Ray on this machine, kills a worker on the way, and compares
the two libraries. Prints JSON; exits with 1 if they differ.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from app.service.ingest.ingestion import Failure, Ingester
from app.settings import Settings
from evals.benchmarks.ingest_speed import sentence
from store.embedding.open_embedder import open_embedder
from store.indexing.ray_cluster import LOCAL_CLUSTER, RayCluster
from store.indexing.read_and_split import Readers
from store.library import Library


def write_notes(folder: Path, count: int) -> None:
    """Markdown files of a heading and two sentences."""
    folder.mkdir()
    rng = random.Random(1)
    for number in range(count):
        text = f"# Note {number}\n\n{sentence(rng)} {sentence(rng)}\n"
        (folder / f"{number:06}.md").write_text(text, encoding="utf-8")


def ingested(
    library: Library, files: Path, readers: Readers | None, heard: Callable[[int], None]
) -> float:
    """Ingest the folder; the seconds that it took. ``heard`` is told how many are current."""
    began = perf_counter()
    ingester = Ingester(library, Settings(data=library.folder), readers=readers)
    for done, outcome in enumerate(ingester.ingest([str(files)]), 1):
        if isinstance(outcome, Failure):
            print(outcome.why, file=sys.stderr)
        heard(done)
    return perf_counter() - began


def kill_a_worker(killed: threading.Event) -> None:
    """Kill one of Ray's processes as soon as it does a task."""
    while not killed.is_set() and not _kill():
        killed.wait(0.05)
    killed.set()


def _kill() -> bool:
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if command.read_bytes().startswith(b"ray::_call"):
                os.kill(int(command.parent.name), signal.SIGKILL)
                return True
        except OSError:
            continue
    return False


def held(library: Library) -> list[tuple[Any, ...]]:
    """What a library has, but for ids and times."""
    return [(r.document, r.title, r.content_hash, r.passages, r.number)
            for r in library.documents()]  # fmt: skip


def measure(root: Path, documents: int, workers: int) -> dict[str, Any]:
    """Both ways; what was measured."""
    write_notes(root / "notes", documents)
    real = open_embedder()
    real.encode_documents(["The model is loaded before the clock starts."])
    with Library.open(root / "plain", real) as library:
        plain_s = ingested(library, root / "notes", None, lambda _: None)
        plain = held(library)
    killed = threading.Event()

    def heard(done: int) -> None:
        if done == documents // 3:
            threading.Thread(target=kill_a_worker, args=[killed], daemon=True).start()

    with (
        RayCluster(LOCAL_CLUSTER, workers) as cluster,
        Library.open(root / "ray", cluster.embedder(real)) as library,
    ):
        ray_s = ingested(library, root / "notes", cluster.readers(library.read_and_split()), heard)
        by_ray = held(library)
    return {
        "documents": documents, "workers": workers, "plain_s": round(plain_s, 1),
        "ray_s": round(ray_s, 1), "killed": killed.is_set(), "the_same": by_ray == plain,
        "lost": len(plain) - len(by_ray), "cpus": os.cpu_count(),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with TemporaryDirectory(prefix="footnote-ray-") as folder:
        figures = measure(Path(folder), args.documents, args.workers)
    print(json.dumps(figures, indent=1))
    sys.exit(not figures["the_same"])


if __name__ == "__main__":
    main()
