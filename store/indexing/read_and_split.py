"""Reads a document's file and splits it: what can be done in any process, before its passages are
embedded and it becomes current."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ingest.document import Document, Passage
from ingest.errors import FootnoteError
from ingest.load import load
from ingest.load.sandbox.sandbox import Progress
from ingest.split import split
from store.database.row_mapping import content_fingerprint
from store.embedding.embedder import Embedder


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """A document with its passages."""

    document: Document
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file to read, what to call its document (None: as the file), and the fingerprint (of all
    that its passages depend on) of the revision that the library had when it was queued, "" for
    none."""

    path: str
    name: str | None = None
    fingerprint: str = ""


Outcome = SplitDocument | Document | FootnoteError
"""A document with the fingerprint of ``WantedFile`` is not split: its passages would be the same.
That only saves work. ``Indexer`` alone decides whether a document is known, changed or new."""


class Readers(Protocol):
    """Reads and splits many files, wherever it does so."""

    def __call__(self, files: Iterable[WantedFile]) -> Iterator[tuple[WantedFile, Outcome]]:
        """Each file with its document, or with the error that it cannot be read."""


class ReadAndSplit:
    """Reads and splits one file. It can be sent to another process."""

    def __init__(self, embedder: Embedder, limit: int, *, ocr: bool) -> None:
        """``limit`` is the longest passage in tokens; ``ocr`` reads pictures of text."""
        self._embedder, self._limit, self._ocr = embedder, limit, ocr

    def __call__(self, file: WantedFile, progress: Progress | None = None) -> Outcome:
        """The document, or the error if it cannot be read. ``progress`` hears of pages that are
        recognised, and of the splitting of a long document."""
        try:
            document = load(file.path, name=file.name, ocr=self._ocr, progress=progress)
        except FootnoteError as error:
            return error
        if content_fingerprint(document) == file.fingerprint:
            return document
        passages = split(document, self._embedder.count_tokens, self._limit, progress)
        return SplitDocument(document, tuple(passages))
