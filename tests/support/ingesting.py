"""A process that takes documents in and can be killed; forked from one that has loaded the model.

Run as ``python -m tests.support.ingesting``: for each line ``FOLDER VERSION [DATABASE]`` on
standard input it forks a process that ingests ``documents(VERSION)``, prints that process's id, and
``done`` at its end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from ingest.document import Document
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.indexing import indexer
from store.library import Library
from tests.support.documents import document_of

DOCUMENTS = 12
PASSAGES = 4
CHANGED = 2
SMALL = 8
ROOT = Path(__file__).parents[2]


def documents(version: int) -> list[Document]:
    """Documents of which each version changes two passages, and which all say their version."""
    words = "granite harbour lantern meadow orchard pebble quarry river saddle timber"
    return [
        document_of(
            *(
                f"Document {d} part {p} in edition {version if p < CHANGED else 0}. "
                + f"{words} {d}. " * 9
                for p in range(PASSAGES)
            ),
            name=f"{d}.txt",
        )
        for d in range(DOCUMENTS)
    ]


class Ingesting:
    """The process of ``tests/support/ingesting.py``."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.ingesting"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def start(self, folder: Path, version: int, database: str = "") -> int:
        """Begins an ingest; returns the id of its process."""
        self._pipe(self._process.stdin).write(f"{folder} {version} {database}\n")
        self._pipe(self._process.stdin).flush()
        return int(self._pipe(self._process.stdout).readline())

    def wait(self) -> None:
        """Until that ingest is over."""
        assert self._pipe(self._process.stdout).readline() == "done\n"

    def close(self) -> None:
        self._pipe(self._process.stdin).close()
        self._process.wait(30)

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


def check_whole(library: Library) -> dict[str, str]:
    """Every document is one edition, whole and answering; returns the editions by document."""
    editions = {}
    current = library.documents()
    assert len(current) == DOCUMENTS
    for revision in current:
        text = library.text(revision.id)
        edition = text.split("edition ")[1].split(".")[0]
        assert text.count(f"in edition {edition}.") == CHANGED
        for stored in library.passages(revision.id):
            assert text[stored.passage.start : stored.passage.end] == stored.passage.text
        editions[revision.document] = edition
        hits = library.search("which edition is this?", 9, documents=[revision.document])
        assert {hit.stored.revision for hit in hits} == {revision.id}
        assert len(hits) == revision.passages
    return editions


@pytest.fixture(scope="module", name="ingesting")
def ingesting_process() -> Iterator[Ingesting]:
    process = Ingesting()
    yield process
    process.close()


def main() -> None:
    embedder = SentenceTransformerEmbedder()
    indexer.CHUNK_PASSAGES = indexer.MAX_WAITING_PASSAGES = SMALL
    for line in sys.stdin:
        folder, version, *database = line.split()
        child = os.fork()
        if child == 0:
            with Library.open(Path(folder), embedder, database="".join(database)) as library:
                for _ in library.add_many(documents(int(version))):
                    pass
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("done", flush=True)


if __name__ == "__main__":
    main()
