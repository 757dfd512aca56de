"""The catalogue: documents, revisions, passages, full text and vectors in one database.

Readers work in snapshots and writers in one transaction, so what is current changes for everybody
at one moment. Threads and other processes may read and write meanwhile.
"""

from __future__ import annotations

import copy
import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from sqlalchemy import ColumnElement, and_, delete, select, true, update
from sqlalchemy.engine import Connection

from ingest.document import Block, Document
from ingest.scan import ScannedPage, read_scans, write_scans
from store.catalogue.collections import (
    DocumentCollection,
    collection_of_document,
    list_collections,
    mark_changed,
    move_document,
)
from store.catalogue.vector_table import VectorTable
from store.database import counters, row_mapping
from store.database.database import Database
from store.database.queries import BY_NAME, IS_CURRENT, PASSAGES, REVISIONS, has_twin, is_called
from store.database.schema import (
    collections,
    documents,
    embeddings,
    meta,
    originals,
    passages,
    revisions,
)
from store.database.search_scope import EVERYTHING, Scope
from store.fulltext.text_index import text_index
from store.results import Revision, RevisionText, StoredPassage, StoreError, parse_blocks


class MissingVectors(Exception):
    """Some passages have no vector (any more): make them and try again."""


class Catalogue:
    """The catalogue of a data folder, or the one at ``url``; ``StoreError`` if it cannot be used.

    ``database`` holds its tables, ``vectors`` is the table of vectors.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self.database = Database(folder, url)
        self.vectors = VectorTable(self.database)
        self.scope = EVERYTHING
        self._listed: tuple[int, tuple[Revision, ...]] | None = None

    def within(self, collections: Iterable[str]) -> Self:
        """The catalogue as a reader of these collections alone sees it; they share connections."""
        view = copy.copy(self)
        allowed = self.scope.collections
        only = frozenset(collections)
        view.scope = Scope(only if allowed is None else only & allowed)
        view._listed = None
        return view

    def meta(self, key: str) -> str | None:
        """A remembered setting, such as the embedder that made the vectors."""
        return self.counters().get(key)

    def counters(self) -> dict[str, str]:
        """All remembered settings and counters."""
        with self.database.reading() as db:
            return counters.read_counters(db)

    def library_id(self) -> str:
        """What distinguishes this catalogue from others, wherever it lies."""
        if (known := self.meta("library")) is None:
            with self.database.writing() as db:
                statement = counters.dialect_insert(db, meta).values(
                    key="library", value=uuid.uuid4().hex
                )
                db.execute(statement.on_conflict_do_nothing())
            known = self.meta("library")
        return known or ""

    @property
    def generation(self) -> int:
        """A count that grows whenever what is current changes, in any process."""
        return int(self.meta("generation") or 0)

    # Documents and revisions

    def current(self) -> list[Revision]:
        """The current revisions, by name; read again only once they have changed."""
        if self.database.in_transaction:  # what this transaction changed may yet be taken back
            return self._revisions(IS_CURRENT, *BY_NAME)
        with self.database.reading() as db:
            now = self.scope.totals(db).generation
            listed = self._listed
            if listed is None or listed[0] != now:
                listed = self._listed = now, tuple(self._revisions(IS_CURRENT, *BY_NAME))
            return list(listed[1])

    def revision(self, revision_id: str) -> Revision | None:
        """The revision of that id, current or not."""
        matching = self._revisions(revisions.c.id == revision_id)
        return matching[0] if matching else None

    def by_source(self, source: str, collection: str) -> Revision | None:
        """The current revision of the document from that source, in that collection."""
        this = documents.c.source == source, documents.c.collection == collection
        matching = self._revisions(and_(*this, IS_CURRENT))
        return matching[0] if matching else None

    def where_it_is(self, source: str) -> str | None:
        """The collection that a source's document is in; nobody's own."""
        with self.database.reading() as db:
            return collection_of_document(db, source)

    def collections(self) -> list[DocumentCollection]:
        """The collections that have documents, by name."""
        with self.database.reading() as db:
            return list_collections(db, self.scope)

    def collection_names(self) -> list[str]:
        """The collections in the scope, with those of removed documents."""
        statement = select(collections.c.name).order_by(collections.c.name)
        if (only := self.scope.collections) is not None:
            statement = statement.where(collections.c.name.in_(sorted(only)))
        with self.database.reading() as db:
            return list(db.execute(statement).scalars())

    def move_document(self, document_id: str, collection: str) -> None:
        """Puts a document into a collection."""
        with self.database.writing() as db:
            move_document(db, document_id, collection)

    def by_content(self, content_hash: str) -> list[Revision]:
        """Current revisions with that text."""
        return self._revisions(and_(revisions.c.content_hash == content_hash, IS_CURRENT))

    def revisions_of(self, document_id: str) -> list[Revision]:
        """All revisions of a document, oldest first."""
        return self._revisions(documents.c.id == document_id, revisions.c.number)

    def document_ids(self, name: str, *, current: bool) -> list[tuple[str, str]]:
        """``(id, source)`` of the documents called ``name`` (a name, an id or a source)."""
        columns = documents.c.id, documents.c.source
        statement = select(*columns).where(is_called([name]), self.scope.where)
        if current:
            statement = statement.where(documents.c.current.is_not(None))
        with self.database.reading() as db:
            rows = db.execute(statement.order_by(documents.c.source))
            return [(row.id, row.source) for row in rows]

    def _revisions(
        self, where: ColumnElement[bool], *order: ColumnElement[object]
    ) -> list[Revision]:
        with self.database.reading() as db:
            listed = REVISIONS.add_columns(has_twin(self.scope.collections))
            rows = db.execute(listed.where(where, self.scope.where).order_by(*order))
            return [row_mapping.revision_of_row(row) for row in rows]

    def fingerprint(self, revision_id: str) -> str:
        """The hash of everything of a revision's document that passages depend on."""
        return self._value(revisions.c.shape, revision_id)

    def text(self, revision_id: str) -> str:
        """The text of a revision, exactly as it was ingested."""
        return self._value(revisions.c.text, revision_id)

    def blocks(self, revision_id: str) -> tuple[Block, ...]:
        """The blocks of a revision, in order."""
        return parse_blocks(self._value(revisions.c.blocks, revision_id))

    @property
    def _readable(self) -> ColumnElement[bool]:
        """Whether a row of ``revisions`` is of a document in the scope."""
        if not self.scope.restricted:
            return true()
        return revisions.c.document.in_(select(documents.c.id).where(self.scope.where))

    def _value(self, column: ColumnElement[str], revision_id: str) -> str:
        statement = select(column).where(revisions.c.id == revision_id, self._readable)
        with self.database.reading() as db:
            row = db.execute(statement).first()
        if row is None:
            raise StoreError(f"There is no revision {revision_id!r}; it may have been purged.")
        return str(row[0])

    def texts(self, revision_ids: Iterable[str]) -> dict[str, RevisionText]:
        """Text and blocks of several revisions, by id; unknown ones are left out."""
        distinct = list(dict.fromkeys(revision_ids))
        by_revision: dict[str, RevisionText] = {}
        columns = select(revisions.c.id, revisions.c.text, revisions.c.blocks).where(self._readable)
        with self.database.reading() as db:
            for part in row_mapping.batched(distinct):
                for row in db.execute(columns.where(revisions.c.id.in_(part))):
                    by_revision[row.id] = RevisionText(row.text, row.blocks)
        return by_revision

    def original(self, revision_id: str) -> bytes | None:
        """The source file's bytes, if they were kept."""
        source = originals.join(revisions, revisions.c.original == originals.c.hash)
        this = revisions.c.id == revision_id, self._readable
        statement = select(originals.c.data).select_from(source).where(*this)
        with self.database.reading() as db:
            data: bytes | None = db.execute(statement).scalar_one_or_none()
        return data

    def scans(self, revision_id: str) -> tuple[ScannedPage, ...]:
        """The pages of a revision that text recognition read."""
        with self.database.reading() as db:
            this = revisions.c.id == revision_id, self._readable
            rows = db.execute(select(revisions.c.scans).where(*this))
            return read_scans(rows.scalar_one_or_none() or "")

    def passages(self, revision_id: str) -> list[StoredPassage]:
        """The passages of a revision, in order."""
        this = passages.c.revision == revision_id, self.scope.where
        statement = PASSAGES.add_columns(has_twin(self.scope.collections)).where(*this)
        statement = statement.order_by(passages.c.ordinal)
        with self.database.reading() as db:
            return [row_mapping.passage_of_row(row) for row in db.execute(statement)]

    def missing(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` that no passage in the scope has a vector for."""
        distinct = list(dict.fromkeys(keys))
        with self.database.reading() as db:
            absent = row_mapping.keys_without_vector(db, distinct)
            if self.scope.restricted:
                absent |= set(distinct) - row_mapping.keys_of(db, self.scope.checked, distinct)
        return absent

    def save_vectors(self, model: str, vectors: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Keeps vectors at once. In a scope those that are there for others are made again, so that
        they take as long as new ones, also for the index that follows."""
        entries = list(vectors)
        if not self.scope.restricted:
            self.vectors.save_vectors(model, entries)
            return
        with self.database.writing() as db:
            for part in row_mapping.batched([key for key, _, _ in entries]):
                db.execute(delete(embeddings).where(embeddings.c.key.in_(part)))
            row_mapping.insert_vectors(db, model, entries)

    # Writing

    def activate(
        self,
        document: Document,
        new: Sequence[row_mapping.NewPassage],
        now: str,
        original: bytes | None = None,
    ) -> str:
        """Makes ``document`` current in one transaction; returns the revision's id.

        Raises ``MissingVectors`` if a collection took some of its vectors meanwhile.
        """
        with self.database.writing() as db:
            owner = row_mapping.ensure_document(db, document)
            revision = row_mapping.ensure_revision(db, owner, document, now)
            if original is not None:
                digest = hashlib.sha256(original).hexdigest()
                statement = counters.dialect_insert(db, originals).values(
                    hash=digest, data=original
                )
                db.execute(statement.on_conflict_do_nothing())
                _set(db, revision, original=digest)
            if row_mapping.keys_without_vector(db, (each.key for each in new)):
                raise MissingVectors
            switch(db, owner, None, now)
            row_mapping.replace_passages(db, revision, new)
            switch(db, owner, revision, now)
        return revision

    def retarget(self, document_id: str, name: str, source: str, collection: str) -> None:
        """Follows a document to where its file moved."""
        with self.database.writing() as db:
            moved = update(documents).where(documents.c.id == document_id)
            db.execute(moved.values(name=name, source=source))
            move_document(db, document_id, collection)

    def refresh_metadata(self, revision_id: str, document: Document) -> None:
        """Keeps what came with unchanged text, such as a new ``etag``."""
        with self.database.writing() as db:
            described, scans = row_mapping.metadata(document), write_scans(document.scans)
            _set(db, revision_id, metadata=described, scans=scans)
            of_it = select(revisions.c.document).where(revisions.c.id == revision_id)
            in_it = select(documents.c.collection).where(documents.c.id.in_(of_it))
            mark_changed(db, db.execute(in_it).scalar_one())

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Remembers settings."""
        with self.database.writing() as db:
            counters.set_counter(db, values)

    def make_current(self, document_id: str, revision_id: str | None, now: str) -> None:
        """Makes a kept revision current again, or none (the document is no longer listed)."""
        with self.database.writing() as db:
            switch(db, document_id, revision_id, now)


def switch(db: Connection, document_id: str, revision_id: str | None, now: str) -> None:
    """Moves a document's current mark, and the full text with it, inside a transaction."""
    one = documents.c.id == document_id
    where_it_is = select(documents.c.current, documents.c.collection).where(one)
    before, collection = db.execute(where_it_is).one()
    if before is not None:
        mark_changed(db, collection, before, -1)
        text_index(db).forget(db, before)
    db.execute(update(documents).where(one).values(current=revision_id))
    if revision_id is not None:
        _set(db, revision_id, activated=now)
        text_index(db).add_terms(db, revision_id)
    mark_changed(db, collection, revision_id)


def _set(db: Connection, revision_id: str, **values: str) -> None:
    db.execute(update(revisions).where(revisions.c.id == revision_id).values(**values))
