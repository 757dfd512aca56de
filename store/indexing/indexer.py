"""Indexes documents: split, embed new passages, make the revision current in one transaction."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter

from ingest.document import Document, Passage
from ingest.errors import FootnoteError
from ingest.language.sentences import prose_sentences
from ingest.split import split
from store.catalogue.catalogue import Catalogue, MissingVectors
from store.catalogue.collections import (
    collection_of_folder,
    default_collection,
    is_default,
    valid_name,
)
from store.database.row_mapping import NewPassage, content_fingerprint, metadata
from store.embedding.embedder import Embedder, EncodeProgress
from store.embedding.sentence_vectors import pack_vectors
from store.indexing.read_and_split import ReadAndSplit, SplitDocument
from store.results import IngestReport, Revision, StoreError

Progress = Callable[[str, int, int], None]
# Texts embedded together: enough to sort by length, few enough that a crash loses little.
CHUNK_PASSAGES = 256
MAX_WAITING_PASSAGES = 1024
# Bytes of PDFs and pictures that wait with their passages to be kept as originals.
MAX_WAITING_BYTES = 128 * 1024 * 1024
# What was read longer ago becomes current without waiting for more: a scan may take minutes.
MAX_WAITING_S = 20.0
MAX_ATTEMPTS = 5
# Characters: where a sheet counts as long, and how much of a passage of its rows is embedded.
LONG_SHEET_CHARS = 200_000
BEGINNING_CHARS = 120


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that is split and waits for its vectors."""

    document: Document
    passages: tuple[NewPassage, ...]
    status: str
    embedded: int
    began: float


class Indexer:
    """Adds documents to a catalogue; texts of many documents are embedded together."""

    def __init__(self, catalogue: Catalogue, embedder: Embedder, split_limit: int) -> None:
        self._catalogue = catalogue
        self._embedder = embedder
        self._limit = split_limit
        self._batch, self._waiting = (
            n * embedder.workers for n in (CHUNK_PASSAGES, MAX_WAITING_PASSAGES)
        )
        self.model = model_id(embedder)

    def over(self, catalogue: Catalogue) -> Indexer:
        """The same indexer for what a reader sees of the catalogue: only passages in there lend
        their vectors, so that the time of an upload says nothing of any others."""
        view = copy.copy(self)
        view._catalogue = catalogue
        return view

    def add_many(
        self,
        documents: Iterable[Document | SplitDocument],
        progress: Progress | None,
        *,
        dry_run: bool,
    ) -> Iterator[list[IngestReport]]:
        """Reports as documents become current; one that cannot be ingested is ``failed``."""
        waiting: list[Prepared] = []
        for given in documents:
            began = perf_counter()
            document = given.document if isinstance(given, SplitDocument) else given
            made = given.passages if isinstance(given, SplitDocument) else None
            try:
                prepared = self._prepare(document, made, began, progress, dry_run=dry_run)
            except FootnoteError as error:
                yield [_failed(document, began, error)]
                continue
            if isinstance(prepared, IngestReport):
                yield [prepared]
                continue
            waiting.append(prepared)
            if self._is_batch(waiting):
                yield self._finish(waiting, progress)
                waiting = []
        if waiting:
            yield self._finish(waiting, progress)

    def _is_batch(self, waiting: Sequence[Prepared]) -> bool:
        """Whether these documents are enough for the encoder, or the first has waited so long that
        an interruption would lose much."""
        waiting_bytes = sum(len(item.document.original) for item in waiting)
        passages = sum(item.embedded for item in waiting)
        waited_s = perf_counter() - waiting[0].began
        full = passages >= self._waiting or waiting_bytes >= MAX_WAITING_BYTES
        return full or waited_s >= MAX_WAITING_S

    def _prepare(
        self,
        given: Document,
        made: Sequence[Passage] | None,
        began: float,
        progress: Progress | None,
        *,
        dry_run: bool,
    ) -> Prepared | IngestReport:
        """Splits what is not yet current; a report if nothing remains to be done."""
        known, moved, collection = self._known(given)
        document = replace(given, collection=collection)
        # Same text, blocks and title: the passages would be the same, so nothing is split.
        if known and self._catalogue.fingerprint(known.id) == content_fingerprint(document):
            return self._unchanged(document, known, began, dry_run=dry_run)
        passages = self.passages(document, made, progress)
        # A passage whose key is known keeps its vector; only the rest is embedded.
        missing = len(self._catalogue.missing(new.key for new in passages))
        status = "changed" if known else "moved" if moved else "added"
        if dry_run:
            before = known or moved
            return _report(
                document, before.id if before else "", status, len(passages), missing, began=began
            )
        if moved:
            named = document.name, document.source
            self._catalogue.retarget(moved.document_id, *named, collection)
        return Prepared(document, passages, status, missing, began)

    def _known(self, document: Document) -> tuple[Revision | None, Revision | None, str]:
        """The document's present revision, or the one of the document that moved here, and the
        collection that it is put into."""
        source = document.source
        default = (
            collection_of_folder(document.folder) if document.folder else default_collection(source)
        )
        given = valid_name(document.collection) if document.collection else None
        collection = given or self._catalogue.where_it_is(source)
        known = self._catalogue.by_source(source, collection or default)
        moved = None if known else self._moved_from(document)
        if moved and not collection and not is_default(moved.source, moved.collection):
            collection = moved.collection
        return known, moved, collection or default

    def read_and_split(self, *, ocr: bool) -> ReadAndSplit:
        """What reads and splits files for ``add_many``, here or in another process."""
        return ReadAndSplit(self._embedder, self._limit, ocr=ocr)

    def passages(
        self,
        document: Document,
        passages: Sequence[Passage] | None = None,
        progress: Progress | None = None,
    ) -> tuple[NewPassage, ...]:
        """A document's passages (those given, if any) with the keys of their vectors."""
        try:
            document.text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise StoreError(
                f"{document.name} holds half a character (a lone surrogate) at {error.start}: "
                "save it as UTF-8 and add it again."
            ) from error
        if passages is None:
            passages = split(document, self._embedder.count_tokens, self._limit, progress)
        return tuple(NewPassage(passage_key(self.model, passage), passage) for passage in passages)

    def embed(self, passages: Iterable[NewPassage], progress: Progress | None) -> int:
        """Makes and keeps the vectors that are missing; returns how many."""
        known = {new.key: new.passage for new in passages}
        missing = sorted(self._catalogue.missing(known), key=lambda k: (len(known[k].text), k))
        batches = [missing[n : n + self._batch] for n in range(0, len(missing), self._batch)]
        # Texts of a length are embedded together. Not the short ones first: the time that is left
        # would be told too short until the end.
        Random(0).shuffle(batches)
        before = 0
        for keys in batches:

            def report_encoded(
                done: int, total: int, before: int = before, those: int = len(keys)
            ) -> None:
                if progress:
                    progress("embedding", before + those * done // total, len(missing))

            vectors = self._encoded([known[key] for key in keys], report_encoded)
            vectors_by_key = zip(keys, vectors, strict=True)
            self._catalogue.save_vectors(self.model, [(key, *both) for key, both in vectors_by_key])
            before += len(keys)
        return len(missing)

    def _encoded(
        self, passages: Sequence[Passage], progress: EncodeProgress
    ) -> list[tuple[bytes, bytes]]:
        """The bytes of each passage's vector, and of the vectors of its sentences."""
        # Rows of a sheet are found by words and cells; comparing them one by one gains nothing.
        inside = [prose_sentences(p.text) if p.row is None else [] for p in passages]
        texts = [embedded_text(passage) for passage in passages]
        # Each text once: a passage of one sentence, without context, is that sentence.
        once = list(dict.fromkeys([*texts, *(sentence for some in inside for sentence in some)]))
        vectors = self._embedder.encode_documents(once, progress)
        place = {text: at for at, text in enumerate(once)}
        return [
            (
                vectors[place[text]].tobytes(),
                pack_vectors(vectors[[place[s] for s in some]]) if some else b"",
            )
            for text, some in zip(texts, inside, strict=True)
        ]

    def _finish(self, waiting: list[Prepared], progress: Progress | None) -> list[IngestReport]:
        self.embed((new for item in waiting for new in item.passages), progress)
        return [self._activate(item) for item in waiting]

    def _activate(self, item: Prepared) -> IngestReport:
        for _ in range(MAX_ATTEMPTS):
            try:
                revision = self._catalogue.activate(
                    item.document, item.passages, utc_now(), item.document.original or None
                )
                break
            except MissingVectors:
                self.embed(item.passages, None)
        else:
            raise StoreError("Unused vectors are being collected all the time; try again later.")
        return _report(
            item.document,
            revision,
            item.status,
            len(item.passages),
            item.embedded,
            began=item.began,
        )

    def _unchanged(
        self, document: Document, known: Revision, began: float, *, dry_run: bool
    ) -> IngestReport:
        as_known = replace(document, metadata=known.metadata, omissions=())
        rescanned = document.scans and document.scans != self._catalogue.scans(known.id)
        if not dry_run and (rescanned or metadata(document) != metadata(as_known)):
            self._catalogue.refresh_metadata(known.id, document)
        return _report(document, known.id, "unchanged", known.passages, 0, began=began)

    def _moved_from(self, document: Document) -> Revision | None:
        """The document with this text whose file is no longer where it was."""
        if not _there(document.source):
            return None
        if self._catalogue.document_ids(document.source, current=False):
            return None
        same = self._catalogue.by_content(document.content_hash)
        return next((revision for revision in same if _gone(revision.source)), None)


def model_id(embedder: Embedder) -> str:
    """A short name for what makes vectors: the embedder, and how a passage is put to it."""
    return hashlib.sha256(f"context-newline-text {embedder.fingerprint}".encode()).hexdigest()[:16]


def embedded_text(passage: Passage) -> str:
    """What a passage's vector is made of: its context and text; far down a long sheet, where
    words and the table's own cells find a row, the beginning of the text."""
    far = passage.row is not None and passage.start >= LONG_SHEET_CHARS
    text = passage.text[:BEGINNING_CHARS] if far else passage.text
    return f"{passage.context}\n{text}" if passage.context else text


def passage_key(model: str, passage: Passage) -> str:
    """Hash of what makes a vector: equal key, equal vector."""
    return hashlib.sha256(f"{model}\0{passage.context}\0{passage.text}".encode()).hexdigest()[:32]


def utc_now() -> str:
    """This moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _there(source: str) -> bool:
    return Path(source).is_absolute() and Path(source).exists()


def _gone(source: str) -> bool:
    return Path(source).is_absolute() and not Path(source).exists()


def _failed(document: Document, began: float, error: FootnoteError) -> IngestReport:
    report = _report(document, "", "failed", 0, 0, began=began)
    return replace(report, error=str(error))


def _report(
    document: Document, revision: str, status: str, passages: int, embedded: int, *, began: float
) -> IngestReport:
    return IngestReport(
        document=document.name,
        revision=revision,
        status=status,
        passages=passages,
        embedded=embedded,
        seconds=perf_counter() - began,
        source=document.source,
        omissions=document.omissions,
    )
