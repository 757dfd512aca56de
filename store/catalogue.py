"""The catalogue: documents, revisions, passages, full text and vectors in one database.

Readers work in snapshots and writers in one transaction, so what is current changes for everybody
at one moment. Threads and other processes may read and write meanwhile.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.engine import Connection

from ingest.document import Block, Document
from ingest.scan import ScannedPage, read_scans, write_scans
from store import counters, row_mapping
from store.brute_force import VectorState
from store.counters import add_to
from store.database import Database
from store.queries import BY_NAME, IS_CURRENT, LAST_VECTOR, PASSAGES, REVISIONS, THIS_MODEL
from store.results import Revision, RevisionText, StoredPassage, StoreError, parse_blocks
from store.tables import documents, embeddings, meta, originals, passages, revisions
from store.text_index import text_index


class MissingVectors(Exception):
    """Some passages have no vector (any more): make them and try again."""


class Catalogue(Database):
    """The catalogue of a data folder, or the one at ``url``; ``StoreError`` where it cannot be
    used."""

    def __init__(self, folder: Path, url: str = "") -> None:
        super().__init__(folder, url)
        self._listed: tuple[int, tuple[Revision, ...]] | None = None

    def meta(self, key: str) -> str | None:
        """A remembered setting, such as the embedder that made the vectors."""
        return self.metas().get(key)

    def metas(self) -> dict[str, str]:
        """All remembered settings and counters."""
        with self.reading() as db:
            return counters.all_of(db)

    def library_id(self) -> str:
        """What tells this catalogue from others, wherever it lies."""
        if (known := self.meta("library")) is None:
            with self.writing() as db:
                made = counters.insert(db, meta).values(key="library", value=uuid.uuid4().hex)
                db.execute(made.on_conflict_do_nothing())
            known = self.meta("library")
        return known or ""

    @property
    def generation(self) -> int:
        """A count that grows whenever what is current changes, in any process."""
        return int(self.meta("generation") or 0)

    # Documents and revisions

    def current(self) -> list[Revision]:
        """The current revisions, by name; read again only once they have changed."""
        if self.in_transaction:  # what this transaction changed may yet be taken back
            return self._revisions(IS_CURRENT, *BY_NAME)
        with self.reading():
            now = self.generation
            listed = self._listed
            if listed is None or listed[0] != now:
                listed = self._listed = now, tuple(self._revisions(IS_CURRENT, *BY_NAME))
            return list(listed[1])

    def revision(self, revision_id: str) -> Revision | None:
        """The revision of that id, current or not."""
        found = self._revisions(revisions.c.id == revision_id)
        return found[0] if found else None

    def by_source(self, source: str) -> Revision | None:
        """The current revision of the document from that source."""
        found = self._revisions(and_(documents.c.source == source, IS_CURRENT))
        return found[0] if found else None

    def by_content(self, content_hash: str) -> list[Revision]:
        """Current revisions with that text."""
        return self._revisions(and_(revisions.c.content_hash == content_hash, IS_CURRENT))

    def revisions_of(self, document_id: str) -> list[Revision]:
        """All revisions of a document, oldest first."""
        return self._revisions(documents.c.id == document_id, revisions.c.number)

    def document_ids(self, name: str, *, current: bool) -> list[tuple[str, str]]:
        """``(id, source)`` of the documents called ``name`` (a name, an id or a source)."""
        columns = documents.c.id, documents.c.source
        wanted = select(*columns).where(or_(*(column == name for column in (*columns, BY_NAME[0]))))
        if current:
            wanted = wanted.where(documents.c.current.is_not(None))
        with self.reading() as db:
            found = db.execute(wanted.order_by(documents.c.source))
            return [(row.id, row.source) for row in found]

    def _revisions(
        self, where: ColumnElement[bool], *order: ColumnElement[object]
    ) -> list[Revision]:
        with self.reading() as db:
            found = db.execute(REVISIONS.where(where).order_by(*order))
            return [row_mapping.revision(row) for row in found]

    def shape(self, revision_id: str) -> str:
        """The hash of everything of a revision's document that passages depend on."""
        return self._value(revisions.c.shape, revision_id)

    def text(self, revision_id: str) -> str:
        """The text of a revision, exactly as it was ingested."""
        return self._value(revisions.c.text, revision_id)

    def blocks(self, revision_id: str) -> tuple[Block, ...]:
        """The blocks of a revision, in order."""
        return parse_blocks(self._value(revisions.c.blocks, revision_id))

    def _value(self, column: ColumnElement[str], revision_id: str) -> str:
        with self.reading() as db:
            row = db.execute(select(column).where(revisions.c.id == revision_id)).first()
        if row is None:
            raise StoreError(f"There is no revision {revision_id!r}; it may have been purged.")
        return str(row[0])

    def texts(self, revision_ids: Iterable[str]) -> dict[str, RevisionText]:
        """Text and blocks of several revisions, by id; unknown ones are left out."""
        wanted = list(dict.fromkeys(revision_ids))
        found: dict[str, RevisionText] = {}
        columns = select(revisions.c.id, revisions.c.text, revisions.c.blocks)
        with self.reading() as db:
            for part in row_mapping.parts(wanted):
                for row in db.execute(columns.where(revisions.c.id.in_(part))):
                    found[row.id] = RevisionText(row.text, row.blocks)
        return found

    def original(self, revision_id: str) -> bytes | None:
        """The source file's bytes, where they were kept."""
        kept = originals.join(revisions, revisions.c.original == originals.c.hash)
        wanted = select(originals.c.data).select_from(kept).where(revisions.c.id == revision_id)
        with self.reading() as db:
            data: bytes | None = db.execute(wanted).scalar_one_or_none()
        return data

    def scans(self, revision_id: str) -> tuple[ScannedPage, ...]:
        """The pages of a revision that text recognition read."""
        with self.reading() as db:
            found = db.execute(select(revisions.c.scans).where(revisions.c.id == revision_id))
            return read_scans(found.scalar_one_or_none() or "")

    def passages(self, revision_id: str) -> list[StoredPassage]:
        """The passages of a revision, in order."""
        wanted = PASSAGES.where(passages.c.revision == revision_id).order_by(passages.c.ordinal)
        with self.reading() as db:
            return [row_mapping.passage(row) for row in db.execute(wanted)]

    # Vectors

    def missing(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` that have no vector yet."""
        with self.reading() as db:
            return row_mapping.missing(db, keys)

    def save_vectors(self, model: str, vectors: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Keeps vectors at once, so that no crash makes them again: key, float32 bytes, and what
        ``sentence_vectors.pack`` made of the passage's sentences (nothing for rows of a sheet)."""
        with self.writing() as db:
            row_mapping.insert_vectors(db, model, vectors)

    def sentence_vectors(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What was packed for the sentences of these passages; some may have none."""
        found: dict[str, bytes] = {}
        columns = select(embeddings.c.key, embeddings.c.sentences)
        with self.reading() as db:
            for part in row_mapping.parts(keys):
                rows = db.execute(columns.where(embeddings.c.key.in_(part)))
                found.update((row.key, row.sentences) for row in rows)
        return {key: packed for key, packed in found.items() if packed}

    def vectors_after(self, seq: int, limit: int | None = None) -> list[tuple[int, str, bytes]]:
        """``(seq, key, float32 bytes)`` of the vectors saved after ``seq``, oldest first."""
        wanted = (
            select(embeddings.c.seq, embeddings.c.key, embeddings.c.vector)
            .where(embeddings.c.seq > seq, THIS_MODEL)
            .order_by(embeddings.c.seq)
            .limit(limit)
        )
        with self.reading() as db:
            return [(row.seq, row.key, row.vector) for row in db.execute(wanted)]

    def vector_state(self) -> VectorState:
        """What a cache of the vectors must follow."""
        with self.reading() as db:
            held = self.metas()
            return VectorState(
                model=held.get("model", ""),
                last=int(db.execute(LAST_VECTOR).scalar_one()),
                collections=int(held.get("collections", 0)),
            )

    def unknown_vectors(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` that are no vectors of today's embedder."""
        asked = list(keys)
        known: set[str] = set()
        ours = select(embeddings.c.key).where(THIS_MODEL)
        with self.reading() as db:
            for part in row_mapping.parts(asked):
                known.update(db.execute(ours.where(embeddings.c.key.in_(part))).scalars())
        return set(asked) - known

    # Writing

    def activate(
        self,
        document: Document,
        new: Sequence[row_mapping.NewPassage],
        now: str,
        original: bytes | None = None,
    ) -> str:
        """Makes ``document`` current in one transaction; returns the revision's id.

        Raises ``MissingVectors`` where a collection took some of its vectors meanwhile.
        """
        with self.writing() as db:
            owner = row_mapping.ensure_document(db, document)
            revision = row_mapping.ensure_revision(db, owner, document, now)
            if original is not None:
                digest = hashlib.sha256(original).hexdigest()
                kept = counters.insert(db, originals).values(hash=digest, data=original)
                db.execute(kept.on_conflict_do_nothing())
                _set(db, revision, original=digest)
            if row_mapping.missing(db, (each.key for each in new)):
                raise MissingVectors
            switch(db, owner, None, now)
            row_mapping.replace_passages(db, revision, new)
            switch(db, owner, revision, now)
        return revision

    def retarget(self, document_id: str, name: str, source: str) -> None:
        """Follows a document to where its file moved."""
        with self.writing() as db:
            moved = update(documents).where(documents.c.id == document_id)
            db.execute(moved.values(name=name, source=source))
            add_to(db, "generation", 1)

    def refresh_metadata(self, revision_id: str, document: Document) -> None:
        """Keeps what came with unchanged text, such as a new ``etag``."""
        with self.writing() as db:
            told, scans = row_mapping.metadata(document), write_scans(document.scans)
            _set(db, revision_id, metadata=told, scans=scans)
            add_to(db, "generation", 1)

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Remembers settings."""
        with self.writing() as db:
            counters.remember(db, values)

    def make_current(self, document_id: str, revision_id: str | None, now: str) -> None:
        """Makes a kept revision current again, or none (the document is no longer listed)."""
        with self.writing() as db:
            switch(db, document_id, revision_id, now)


def switch(db: Connection, document_id: str, revision_id: str | None, now: str) -> None:
    """Moves a document's current mark, and the full text with it, inside a transaction."""
    one = documents.c.id == document_id
    before = db.execute(select(documents.c.current).where(one)).scalar_one()
    if before is not None:
        text_index(db).forget(db, before)
        add_to(db, "passages", -_passages(db, before))
    db.execute(update(documents).where(one).values(current=revision_id))
    if revision_id is not None:
        _set(db, revision_id, activated=now)
        text_index(db).add_terms(db, revision_id)
        add_to(db, "passages", _passages(db, revision_id))
    add_to(db, "generation", 1)


def _passages(db: Connection, revision_id: str) -> int:
    counted = select(revisions.c.passages).where(revisions.c.id == revision_id)
    return int(db.execute(counted).scalar_one())


def _set(db: Connection, revision_id: str, **values: str) -> None:
    db.execute(update(revisions).where(revisions.c.id == revision_id).values(**values))
