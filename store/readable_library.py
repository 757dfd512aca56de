"""What is read of a library: documents, revisions, passages, searches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ingest.document import Block
from ingest.scan import ScannedPage
from store.answers.revision_diff import diff as compare
from store.catalogue.catalogue import Catalogue
from store.catalogue.collections import DocumentCollection
from store.catalogue.document_lookup import current_ids, one_document, revision_numbered
from store.catalogue.listing import Listing, listing
from store.results import Diff, Hit, Revision, StoredPassage, StoreError
from store.search.hybrid_search import Mode
from store.search.retrieval import Retrieval
from store.search.searcher import Searcher

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ReadableLibrary(ABC):
    """The reading half of ``Library``."""

    _catalogue: Catalogue
    _searcher: Searcher

    @abstractmethod
    def _check_settings(self) -> None:
        """Raises ``StoreError`` where another embedder or splitter made what is there."""

    @property
    def generation(self) -> int:
        """A number that is another one after every change of the documents, in any process."""
        with self._catalogue.reading() as db:
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
        """What a question is asked of, told briefly; ``documents`` are names, ids or sources."""
        return listing(self._catalogue, documents)

    def has_document(self, name: str, among: Sequence[str] | None = None) -> bool:
        """Whether there is a current document of this name, id or source, ``among`` these."""
        named = {each for each, _ in self._catalogue.document_ids(name, current=True)}
        return bool(
            named and (among is None or named.intersection(current_ids(self._catalogue, among)))
        )

    def revision(self, revision_id: str) -> Revision:
        """A revision, current or not."""
        found = self._catalogue.revision(revision_id)
        if found is None:
            raise StoreError(f"There is no revision {revision_id!r}; it may have been purged.")
        return found

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
        """The source file's bytes where they are kept (PDF, pictures) and its scanned pages."""
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

        ``b`` is the current one where it is not given, ``a`` the one before ``b``.
        """
        revisions = self._catalogue.revisions_of(one_document(self._catalogue, name, current=False))
        latest = next((each for each in revisions if each.current), revisions[-1])
        new = revision_numbered(name, revisions, latest.number if b is None else b)
        old = revision_numbered(name, revisions, max(1, new.number - 1) if a is None else a)
        return compare(old, self.passages(old.id), new, self.passages(new.id))
