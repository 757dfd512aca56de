"""The public interface of the store: ingest documents, search, revisions, stored answers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from ingest.document import Block, Document
from ingest.scan import ScannedPage
from ingest.split import SPLITTER_VERSION
from store.answers import answer_log
from store.answers.revision_diff import diff as compare
from store.catalogue.catalogue import Catalogue
from store.catalogue.collections import DocumentCollection, valid_name
from store.catalogue.document_lookup import current_ids, one_document, revision_numbered
from store.catalogue.listing import Listing, listing
from store.embedding.embedder import Embedder
from store.files.private_files import make_private
from store.indexing import maintenance
from store.indexing.indexer import Indexer, Progress, utc_now
from store.indexing.read_and_split import ReadAndSplit, SplitDocument
from store.indexing.reindexing import reindex
from store.results import (
    AnswerStatus,
    Diff,
    Hit,
    IngestReport,
    Revision,
    StoredAnswer,
    StoredPassage,
    StoreError,
)
from store.search.hybrid_search import Mode
from store.search.retrieval import Retrieval
from store.search.searcher import Searcher
from store.vectors.vector_index import Vectors
from store.vectors.vector_server import VectorServer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


MAX_VIEWS = 200
"""Readers' views that are kept, with how often they have counted words."""


class Options(TypedDict, total=False):
    """How a library is opened.

    ``split_limit`` is the longest passage in tokens (256), ``chroma`` the address and the token (""
    for none) of a Chroma server for the vectors, and ``database`` the address of a PostgreSQL
    database in place of the folder's SQLite file.
    """

    split_limit: int
    chroma: tuple[str, str] | None
    database: str


class Library:
    """The documents of one data folder. Safe to share between threads; a context manager.

    Other processes may use the folder at the same time: each sees a change at its next call.
    """

    def __init__(self, folder: Path, embedder: Embedder, **options: Unpack[Options]) -> None:
        self.folder, self.embedder = folder, embedder
        self.database = database = options.get("database", "")
        chroma, split_limit = options.get("chroma"), options.get("split_limit", 256)
        self._catalogue = Catalogue(folder, database)
        library = self._catalogue.library_id()
        server = VectorServer(*chroma, f"footnote-{library}") if chroma else None
        vectors = f"vectors-{library[:8]}" if database else "vectors"
        self._vectors = Vectors(folder / vectors, self._catalogue.vectors, server)
        self._indexer = Indexer(self._catalogue, embedder, split_limit)
        self._splitter = f"{SPLITTER_VERSION}/{split_limit}"
        self._searcher = Searcher(self._catalogue, self._vectors, embedder)
        self._views: dict[frozenset[str], Library] = {}
        self._lock = Lock()
        make_private(folder)  # what an earlier version, or Chroma, left open

    @classmethod
    def open(cls, folder: Path, embedder: Embedder, **options: Unpack[Options]) -> Self:
        """Opens a data folder, making it if it is missing; loads no model."""
        return cls(Path(folder), embedder, **options)

    def within(self, collections: Iterable[str]) -> Library:
        """The library as a reader of these collections sees it: nothing outside is found, named, or
        has any influence on scores. It is closed with this one."""
        only = frozenset(collections)
        with self._lock:
            view = self._views.pop(only, None) or self._view(only)
            self._views[only] = view  # the one asked for last is kept longest
            while len(self._views) > MAX_VIEWS:
                self._views.pop(next(iter(self._views)))
        return view

    def _view(self, only: frozenset[str]) -> Library:
        view = copy.copy(self)
        view._catalogue = self._catalogue.within(only)
        view._searcher = self._searcher.over(view._catalogue)
        view._indexer = self._indexer.over(view._catalogue)
        view._views, view._lock = {}, Lock()
        return view

    def close(self) -> None:
        """Closes the catalogue and lets other processes own the vectors."""
        self._vectors.close()
        self._catalogue.database.close()
        make_private(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Documents

    @property
    def generation(self) -> int:
        """A number that is another one after every change of the documents, in any process."""
        with self._catalogue.database.reading() as db:
            return self._catalogue.scope.totals(db).generation

    def collection_names(self) -> list[str]:
        """The collections, with those of removed documents, by name."""
        return self._catalogue.collection_names()

    def collections(self) -> list[DocumentCollection]:
        """The collections that have documents, by name."""
        return self._catalogue.collections()

    def documents(self) -> list[Revision]:
        """The current revision of every document, by name."""
        return self._catalogue.current()

    def listing(self, documents: Sequence[str] | None = None) -> Listing:
        """What a question is asked of, stated briefly; ``documents`` are names, ids or sources."""
        return listing(self._catalogue, documents)

    def has_document(self, name: str, among: Sequence[str] | None = None) -> bool:
        """Whether there is a current document of this name, id or source, ``among`` these."""
        named = {each for each, _ in self._catalogue.document_ids(name, current=True)}
        return bool(
            named and (among is None or named.intersection(current_ids(self._catalogue, among)))
        )

    def revision(self, revision_id: str) -> Revision:
        """A revision, current or not."""
        revision = self._catalogue.revision(revision_id)
        if revision is None:
            raise StoreError(f"There is no revision {revision_id!r}; it may have been purged.")
        return revision

    def text(self, revision_id: str) -> str:
        """The text that citations into a revision slice."""
        return self._catalogue.text(revision_id)

    def blocks(self, revision_id: str) -> tuple[Block, ...]:
        """The blocks of a revision's text, in order."""
        return self._catalogue.blocks(revision_id)

    def passages(self, revision_id: str) -> list[StoredPassage]:
        """The passages of a revision, in order."""
        return self._catalogue.passages(revision_id)

    def passages_as_hits(self, revision_id: str) -> list[Hit]:
        """The passages of a revision as a search would give them, in order, with its text."""
        return self._searcher.as_hits(revision_id)

    def sentence_vectors(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The unit vector of each text, shape (dimensions,), by text; those used last are kept."""
        return self._searcher.sentence_vectors(texts)

    def original(self, revision_id: str) -> tuple[bytes, tuple[ScannedPage, ...]] | None:
        """The source file's bytes if they are kept (PDF, pictures) and its scanned pages."""
        data = self._catalogue.original(revision_id)
        return None if data is None else (data, self._catalogue.scans(revision_id))

    def history(self, name: str) -> list[Revision]:
        """All revisions of a document (by name, id or source), oldest first."""
        return self._catalogue.revisions_of(one_document(self._catalogue, name, current=False))

    # Search

    def search(
        self,
        question: str,
        k: int = 5,
        *,
        documents: Sequence[str] | None = None,
        mode: Mode = "hybrid",
    ) -> list[Hit]:
        """The ``k`` best current passages; ``documents`` (names, ids or sources) restrict."""
        return self.search_many([question], k, documents=documents, mode=mode)[0]

    def search_many(
        self,
        questions: Sequence[str],
        k: int = 5,
        *,
        documents: Sequence[str] | None = None,
        mode: Mode = "hybrid",
    ) -> list[list[Hit]]:
        """``search`` for many questions, embedded together."""
        self._check_settings()
        return self._searcher.search_many(questions, k, documents, mode)

    def retrieve(
        self, question: str, words: Sequence[str], k: int = 5, *, documents: Sequence[str] | None
    ) -> Retrieval:
        """All that answering a question needs, from one snapshot; ``words`` are those whose idf is
        wanted, ``documents`` (names, ids or sources) restrict."""
        self._check_settings()
        return self._searcher.retrieve(question, words, k, documents)

    def idf(self, words: Sequence[str]) -> dict[str, float]:
        """How rare each word is in the current passages (BM25's idf, natural logarithm)."""
        return self._searcher.idf(words)

    def diff(self, name: str, a: int | None = None, b: int | None = None) -> Diff:
        """What changed from revision number ``a`` to ``b`` of a document.

        ``b`` is the current one if it is not given, ``a`` the one before ``b``.
        """
        revisions = self._catalogue.revisions_of(one_document(self._catalogue, name, current=False))
        latest = next((each for each in revisions if each.current), revisions[-1])
        new = revision_numbered(name, revisions, latest.number if b is None else b)
        old = revision_numbered(name, revisions, max(1, new.number - 1) if a is None else a)
        return compare(old, self.passages(old.id), new, self.passages(new.id))

    # Ingest

    def add(
        self, document: Document, progress: Progress | None = None, dry_run: bool = False
    ) -> IngestReport:
        """Ingests a document; ``StoreError`` if it cannot be, with nothing changed.

        ``progress(what, done, total)`` counts passages. ``dry_run`` only reports.
        """
        report = next(iter(self.add_many([document], progress, dry_run)))
        if report.status == "failed":
            raise StoreError(report.error)
        return report

    def add_many(
        self,
        documents: Iterable[Document | SplitDocument],
        progress: Progress | None = None,
        dry_run: bool = False,
    ) -> Iterator[IngestReport]:
        """Ingests documents, embedding across them; yields a report as each becomes current. One
        that cannot be ingested has the status ``failed`` and the rest goes on.
        """
        self._check_settings()
        for reports in self._indexer.add_many(documents, progress, dry_run=dry_run):
            if not dry_run and any(report.status != "unchanged" for report in reports):
                self._vectors.sync(progress and partial(progress, "indexing"))
            yield from reports

    def read_and_split(self, *, ocr: bool = True) -> ReadAndSplit:
        """What reads files and splits them as this library does, for ``add_many``; it can be sent
        to another process."""
        return self._indexer.read_and_split(ocr=ocr)

    def fingerprint(self, revision_id: str) -> str:
        """The hash of all that the passages of a revision depend on."""
        return self._catalogue.fingerprint(revision_id)

    # Maintenance

    def move_document(self, name: str, collection: str) -> None:
        """Puts a document (its name, id or source) into another collection."""
        document = one_document(self._catalogue, name, current=False)
        self._catalogue.move_document(document, valid_name(collection))

    def restore(self, name: str, number: int) -> Revision:
        """Makes revision ``number`` of a document current again, also after ``remove``."""
        document = one_document(self._catalogue, name, current=False)
        revision = revision_numbered(name, self._catalogue.revisions_of(document), number)
        self._catalogue.make_current(document, revision.id, utc_now())
        return self.revision(revision.id)

    def remove(self, name: str, purge: bool = False) -> None:
        """Takes a document out of lists and searches; its revisions stay for citations.

        ``purge`` deletes it for good: revisions, passages, vectors, and the stored answers that
        show its words.
        """
        document = one_document(self._catalogue, name, current=not purge)
        if purge:
            maintenance.purge(self._catalogue, document)
            self._vectors.sync()
        else:
            self._catalogue.make_current(document, None, utc_now())

    def collect(self) -> int:
        """Deletes vectors that no revision needs; returns how many."""
        gone = maintenance.delete_unused_vectors(self._catalogue)
        self._vectors.sync()
        return gone

    def reindex(self, progress: Progress | None = None) -> int:
        """Brings passages, vectors and full text up to today's embedder and splitter, and rebuilds
        Chroma's folder; returns how many passages were embedded."""
        embedded = reindex(self._catalogue, self._indexer, self._settings, progress)
        maintenance.delete_unused_vectors(self._catalogue)
        self._searcher.forget()
        self._vectors.rebuild(progress and partial(progress, "indexing"))
        return embedded

    def serve_vectors(self, port: int, ready: Callable[[str], None]) -> None:
        """Serves the vectors to every process on the data folder until it is interrupted.

        ``ready`` is called with the address. Raises ``StoreError`` if another process uses them.
        """
        self._vectors.serve(port, ready)

    # Answers

    def record_answer(
        self,
        payload: Mapping[str, object],
        citations: Sequence[answer_log.CitationLike] = (),
        retrieval: Retrieval | None = None,
    ) -> str:
        """Stores an answer's JSON with what it rests on; returns its id (a new one if none).

        A refusal is worth asking again once passages come up that its ``retrieval`` did not have;
        if it is not given, all documents are searched now.
        """
        if not payload.get("refused"):
            retrieval = Retrieval()
        elif retrieval is None:
            question = str(payload.get("standalone") or payload.get("question") or "")
            retrieval = self.retrieve(question, (), documents=None)
        model = self._indexer.model
        return answer_log.record_answer(self._catalogue, payload, citations, model, retrieval)

    def answers(
        self, status: AnswerStatus | None = None, ids: Collection[str] | None = None
    ) -> list[StoredAnswer]:
        """Stored answers (of ``ids`` alone if given), newest first, with their status today."""
        self._check_settings()
        stored = answer_log.load_answers(self._catalogue, self._indexer.model, self._ask_again, ids)
        return [answer for answer in stored if status is None or answer.status == status]

    def stored_answer(self, answer_id: str) -> StoredAnswer:
        """One stored answer with its status today."""
        stored = self.answers(ids=[answer_id])
        if not stored:
            raise StoreError(f"There is no stored answer {answer_id!r}; see `footnote answers`.")
        return stored[0]

    def _ask_again(
        self, question: str, vector: NDArray[np.float32] | None, documents: Sequence[str] | None
    ) -> list[Hit]:
        return self._searcher.by_vector(question, vector, answer_log.TOP_HITS, documents)

    # Settings and names

    @property
    def _settings(self) -> dict[str, str]:
        """What vectors and passages were made with."""
        return {
            "embedder": self.embedder.fingerprint,
            "splitter": self._splitter,
            "model": self._indexer.model,
        }

    def _check_settings(self) -> None:
        maintenance.check_settings(self._catalogue, self._settings, self.folder)
