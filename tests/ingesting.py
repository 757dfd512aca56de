"""A process that takes documents in and can be killed; forked from one that has loaded the model.

Run as ``python tests/ingesting.py``: for each line ``FOLDER VERSION`` on standard input it forks a
process that ingests ``documents(VERSION)``, prints that process's id, and ``done`` at its end.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from conftest import document_of

from ingest.document import Document
from store import indexing
from store.library import Library
from store.sentence_transformer import SentenceTransformerEmbedder

DOCUMENTS = 12
PASSAGES = 4
CHANGED = 2
SMALL = 8


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


def main() -> None:
    embedder = SentenceTransformerEmbedder()
    indexing.CHUNK = indexing.WAITING = SMALL
    for line in sys.stdin:
        folder, version = line.split()
        child = os.fork()
        if child == 0:
            with Library.open(Path(folder), embedder) as library:
                for _ in library.add_many(documents(int(version))):
                    pass
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("done", flush=True)


if __name__ == "__main__":
    main()
