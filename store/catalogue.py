"""The catalogue: documents, revisions, passages, full text and vectors in one SQLite file.

Readers work in snapshots and writers in one transaction, so what is current changes for everybody
at one moment. Every thread has its own connection; other processes may read and write meanwhile.
"""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ingest.document import Block, Document
from ingest.scan import ScannedPage, read_scans, write_scans
from store import fulltext, row_mapping
from store.brute_force import VectorState
from store.database import Database
from store.results import Revision, RevisionText, StoredPassage, StoreError, parse_blocks

REVISIONS = """SELECT r.id, r.document, r.number, r.title, r.media_type, r.content_hash, r.created,
    r.activated, r.metadata, r.passages, r.characters, d.name, d.source,
    d.current IS r.id AS is_current
    FROM revisions r JOIN documents d ON d.id = r.document """
PASSAGES = """SELECT p.*, d.name, d.id AS document, r.title FROM passages p
    JOIN revisions r ON r.id = p.revision JOIN documents d ON d.id = r.document """
CURRENT = "WHERE d.current = r.id ORDER BY d.name, d.source"
THIS_MODEL = "model = (SELECT value FROM meta WHERE key = 'model')"


class MissingVectors(Exception):
    """Some passages have no vector (any more): make them and try again."""


class Catalogue(Database):
    """The SQLite catalogue of a data folder; ``StoreError`` where the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._listed: tuple[int, tuple[Revision, ...]] | None = None

    def meta(self, key: str) -> str | None:
        """A remembered setting, such as the embedder that made the vectors."""
        with self.reading() as db:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row["value"])

    def library_id(self) -> str:
        """What tells this catalogue from others, wherever it lies."""
        if (known := self.meta("library")) is None:
            with self.writing() as db:
                values = ("library", uuid.uuid4().hex)
                db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", values)
            known = self.meta("library")
        return known or ""

    @property
    def generation(self) -> int:
        """A count that grows whenever what is current changes, in any process."""
        return int(self.meta("generation") or 0)

    # Documents and revisions

    def current(self) -> list[Revision]:
        """The current revisions, by name; read again only once they have changed."""
        if self.db.in_transaction:  # what this transaction changed may yet be taken back
            return self._revisions(CURRENT)
        with self.reading():
            now = self.generation
            listed = self._listed
            if listed is None or listed[0] != now:
                listed = self._listed = now, tuple(self._revisions(CURRENT))
            return list(listed[1])

    def revision(self, revision_id: str) -> Revision | None:
        """The revision of that id, current or not."""
        found = self._revisions("WHERE r.id = ?", revision_id)
        return found[0] if found else None

    def by_source(self, source: str) -> Revision | None:
        """The current revision of the document from that source."""
        found = self._revisions("WHERE d.source = ? AND d.current = r.id", source)
        return found[0] if found else None

    def by_content(self, content_hash: str) -> list[Revision]:
        """Current revisions with that text."""
        return self._revisions("WHERE r.content_hash = ? AND d.current = r.id", content_hash)

    def revisions_of(self, document_id: str) -> list[Revision]:
        """All revisions of a document, oldest first."""
        return self._revisions("WHERE d.id = ? ORDER BY r.number", document_id)

    def document_ids(self, name: str, *, current: bool) -> list[tuple[str, str]]:
        """``(id, source)`` of the documents called ``name`` (a name, an id or a source)."""
        only = "AND current IS NOT NULL" if current else ""
        with self.reading() as db:
            found = db.execute(
                "SELECT id, source FROM documents WHERE (id = ?1 OR source = ?1 OR name = ?1)"
                f" {only} ORDER BY source",
                (name,),
            ).fetchall()
        return [(row["id"], row["source"]) for row in found]

    def _revisions(self, where: str, *values: str) -> list[Revision]:
        with self.reading() as db:
            return [row_mapping.revision(row) for row in db.execute(REVISIONS + where, values)]

    def shape(self, revision_id: str) -> str:
        """The hash of everything of a revision's document that passages depend on."""
        return self._value("SELECT shape FROM revisions WHERE id = ?", revision_id)

    def text(self, revision_id: str) -> str:
        """The text of a revision, exactly as it was ingested."""
        return self._value("SELECT text FROM revisions WHERE id = ?", revision_id)

    def blocks(self, revision_id: str) -> tuple[Block, ...]:
        """The blocks of a revision, in order."""
        return parse_blocks(self._value("SELECT blocks FROM revisions WHERE id = ?", revision_id))

    def _value(self, query: str, revision_id: str) -> str:
        with self.reading() as db:
            row = db.execute(query, (revision_id,)).fetchone()
        if row is None:
            raise StoreError(f"There is no revision {revision_id!r}; it may have been purged.")
        return str(row[0])

    def texts(self, revision_ids: Iterable[str]) -> dict[str, RevisionText]:
        """Text and blocks of several revisions, by id; unknown ones are left out."""
        wanted = list(dict.fromkeys(revision_ids))
        found: dict[str, RevisionText] = {}
        with self.reading() as db:
            for part in row_mapping.parts(wanted):
                marks = row_mapping.marks(part)
                query = f"SELECT id, text, blocks FROM revisions WHERE id IN ({marks})"
                for row in db.execute(query, tuple(part)):
                    found[row["id"]] = RevisionText(row["text"], row["blocks"])
        return found

    def original(self, revision_id: str) -> bytes | None:
        """The source file's bytes, where they were kept."""
        with self.reading() as db:
            row = db.execute(
                "SELECT data FROM originals o JOIN revisions r ON r.original = o.hash"
                " WHERE r.id = ?",
                (revision_id,),
            ).fetchone()
        return None if row is None else bytes(row["data"])

    def scans(self, revision_id: str) -> tuple[ScannedPage, ...]:
        """The pages of a revision that text recognition read."""
        with self.reading() as db:
            row = db.execute("SELECT scans FROM revisions WHERE id = ?", (revision_id,)).fetchone()
        return read_scans(row["scans"]) if row else ()

    def passages(self, revision_id: str) -> list[StoredPassage]:
        """The passages of a revision, in order."""
        with self.reading() as db:
            found = db.execute(PASSAGES + "WHERE p.revision = ? ORDER BY p.ordinal", (revision_id,))
            return [row_mapping.passage(row) for row in found]

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
        with self.reading() as db:
            for part in row_mapping.parts(keys):
                marks = row_mapping.marks(part)
                query = f"SELECT key, sentences FROM embeddings WHERE key IN ({marks})"
                found.update((r["key"], r["sentences"]) for r in db.execute(query, part))
        return {key: packed for key, packed in found.items() if packed}

    def vectors_after(self, seq: int, limit: int = -1) -> list[tuple[int, str, bytes]]:
        """``(seq, key, float32 bytes)`` of the vectors saved after ``seq``, oldest first."""
        with self.reading() as db:
            found = db.execute(
                f"SELECT seq, key, vector FROM embeddings WHERE seq > ? AND {THIS_MODEL}"
                " ORDER BY seq LIMIT ?",
                (seq, limit),
            ).fetchall()
        return [(row["seq"], row["key"], row["vector"]) for row in found]

    def vector_state(self) -> VectorState:
        """What a cache of the vectors must follow."""
        with self.reading() as db:
            last = db.execute(
                f"SELECT coalesce(max(seq), 0) FROM embeddings WHERE {THIS_MODEL}"
            ).fetchone()[0]
            return VectorState(
                model=self.meta("model") or "",
                last=int(last),
                collections=int(self.meta("collections") or 0),
            )

    def unknown_vectors(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` that are no vectors of today's embedder."""
        asked = list(keys)
        known: set[str] = set()
        with self.reading() as db:
            for part in row_mapping.parts(asked):
                within = f"key IN ({row_mapping.marks(part)})"
                query = f"SELECT key FROM embeddings WHERE {THIS_MODEL} AND {within}"
                known.update(row["key"] for row in db.execute(query, part))
        return set(asked) - known

    # Writing

    def activate(
        self,
        document: Document,
        passages: Sequence[row_mapping.NewPassage],
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
                db.execute("INSERT OR IGNORE INTO originals VALUES (?, ?)", (digest, original))
                db.execute("UPDATE revisions SET original = ? WHERE id = ?", (digest, revision))
            if row_mapping.missing(db, (new.key for new in passages)):
                raise MissingVectors
            switch(db, owner, None, now)
            row_mapping.replace_passages(db, revision, passages)
            switch(db, owner, revision, now)
        return revision

    def retarget(self, document_id: str, name: str, source: str) -> None:
        """Follows a document to where its file moved."""
        with self.writing() as db:
            db.execute(
                "UPDATE documents SET name = ?, source = ? WHERE id = ?",
                (name, source, document_id),
            )
            add_to(db, "generation", 1)

    def refresh_metadata(self, revision_id: str, document: Document) -> None:
        """Keeps what came with unchanged text, such as a new ``etag``."""
        with self.writing() as db:
            db.execute(
                "UPDATE revisions SET metadata = ?, scans = ? WHERE id = ?",
                (row_mapping.metadata(document), write_scans(document.scans), revision_id),
            )
            add_to(db, "generation", 1)

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Remembers settings."""
        with self.writing() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def make_current(self, document_id: str, revision_id: str | None, now: str) -> None:
        """Makes a kept revision current again, or none (the document is no longer listed)."""
        with self.writing() as db:
            switch(db, document_id, revision_id, now)


def switch(db: sqlite3.Connection, document_id: str, revision_id: str | None, now: str) -> None:
    """Moves a document's current mark, and the full text with it, inside a transaction."""
    row = db.execute("SELECT current FROM documents WHERE id = ?", (document_id,)).fetchone()
    if row["current"] is not None:
        fulltext.forget(db, row["current"])
        add_to(db, "passages", -_passages(db, row["current"]))
    db.execute("UPDATE documents SET current = ? WHERE id = ?", (revision_id, document_id))
    if revision_id is not None:
        db.execute("UPDATE revisions SET activated = ? WHERE id = ?", (now, revision_id))
        fulltext.add_terms(db, revision_id)
        add_to(db, "passages", _passages(db, revision_id))
    add_to(db, "generation", 1)


def _passages(db: sqlite3.Connection, revision_id: str) -> int:
    found = db.execute("SELECT passages FROM revisions WHERE id = ?", (revision_id,)).fetchone()
    return int(found[0])


def add_to(db: sqlite3.Connection, counter: str, number: int) -> None:
    """Adds to a counter that other processes watch."""
    db.execute(
        "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key)"
        " DO UPDATE SET value = CAST(CAST(value AS INTEGER) + ?2 AS TEXT)",
        (counter, number),
    )
