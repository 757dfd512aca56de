"""Maps rows of the catalogue to values and back."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from ingest.document import Block, BlockKind, Document, Passage
from ingest.scan import write_scans
from store.results import OMISSIONS, Revision, StoredPassage

T = TypeVar("T")
PART = 500


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage with the key of its vector."""

    key: str
    passage: Passage


def revision(row: sqlite3.Row) -> Revision:
    """A row of revisions joined with its document."""
    return Revision(
        id=row["id"],
        document_id=row["document"],
        document=row["name"],
        number=row["number"],
        title=row["title"],
        source=row["source"],
        media_type=row["media_type"],
        content_hash=row["content_hash"],
        created=row["created"],
        passages=row["passages"],
        characters=row["characters"],
        current=bool(row["is_current"]),
        activated=row["activated"],
        metadata=MappingProxyType(json.loads(row["metadata"])),
    )


def passage(row: sqlite3.Row) -> StoredPassage:
    """A row of passages joined with its document."""
    return StoredPassage(
        id=row["key"],
        revision=row["revision"],
        document=row["name"],
        ordinal=row["ordinal"],
        passage=Passage(
            start=row["begins"],
            end=row["ends"],
            text=row["text"],
            context=row["context"],
            headings=tuple(json.loads(row["headings"])),
            kind=BlockKind(row["kind"]),
            page=row["page"],
            row=row["row"],
        ),
        title=row["title"],
    )


def write_blocks(blocks: Iterable[Block]) -> str:
    """Blocks as JSON."""
    return json.dumps([[b.kind, b.start, b.end, b.level, b.page, b.row] for b in blocks])


def shape(document: Document) -> str:
    """Hash of what the passages of a document depend on."""
    return _hash(document.title, document.media_type, write_blocks(document.blocks), document.text)


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Slices short enough for one statement."""
    return (values[i : i + PART] for i in range(0, len(values), PART))


def marks(values: Sequence[object]) -> str:
    """Question marks for a list of values."""
    return ",".join("?" * len(values))


def missing(db: sqlite3.Connection, keys: Iterable[str]) -> set[str]:
    """Those of ``keys`` that have no vector, or none of their sentences."""
    wanted = list(dict.fromkeys(keys))
    known: set[str] = set()
    for part in parts(wanted):
        found = db.execute(
            f"SELECT key FROM embeddings WHERE sentences IS NOT NULL AND key IN ({marks(part)})",
            part,
        )
        known.update(row["key"] for row in found)
    return set(wanted) - known


def insert_vectors(
    db: sqlite3.Connection, model: str, vectors: Iterable[tuple[str, bytes, bytes]]
) -> None:
    """Adds vectors that are not there yet, and those of sentences."""
    db.executemany(
        "INSERT INTO embeddings (key, model, vector, sentences) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET sentences = excluded.sentences",
        ((key, model, vector, sentences) for key, vector, sentences in vectors),
    )


def metadata(document: Document) -> str:
    """A document's metadata, and what was not read of it, as JSON."""
    told = {OMISSIONS: "\n".join(document.omissions)} if document.omissions else {}
    return json.dumps({**document.metadata, **told}, sort_keys=True)


def ensure_document(db: sqlite3.Connection, document: Document) -> str:
    """The id of the document from this source; a new one where it is not known."""
    row = db.execute("SELECT id FROM documents WHERE source = ?", (document.source,)).fetchone()
    if row is not None:
        db.execute("UPDATE documents SET name = ? WHERE id = ?", (document.name, row["id"]))
        return str(row["id"])
    # A document that moved away keeps the id made from its old source.
    for attempt in range(1_000_000):
        made = _hash(document.source, str(attempt))
        if db.execute("SELECT 1 FROM documents WHERE id = ?", (made,)).fetchone() is None:
            break
    db.execute(
        "INSERT INTO documents (id, name, source) VALUES (?, ?, ?)",
        (made, document.name, document.source),
    )
    return made


def ensure_revision(db: sqlite3.Connection, owner: str, document: Document, now: str) -> str:
    """The revision of this text; a known one gets today's blocks, title and metadata."""
    made = _hash(owner, document.content_hash)
    values = {
        "title": document.title,
        "media_type": document.media_type,
        "shape": shape(document),
        "metadata": metadata(document),
        "scans": write_scans(document.scans),
        "blocks": write_blocks(document.blocks),
    }
    if db.execute("SELECT 1 FROM revisions WHERE id = ?", (made,)).fetchone():
        settings = ", ".join(f"{name} = :{name}" for name in values)
        db.execute(f"UPDATE revisions SET {settings} WHERE id = :id", {**values, "id": made})
        return made
    db.execute(
        """INSERT INTO revisions (id, document, number, title, media_type, content_hash, shape,
            created, activated, metadata, scans, text, blocks, passages, characters)
        VALUES (:id, :document,
            (SELECT coalesce(max(number), 0) + 1 FROM revisions WHERE document = :document),
            :title, :media_type, :content_hash, :shape, :now, :now, :metadata, :scans, :text,
            :blocks, 0, :characters)""",
        {
            **values,
            "id": made,
            "document": owner,
            "content_hash": document.content_hash,
            "now": now,
            "text": document.text,
            "characters": len(document.text),
        },
    )
    return made


PASSAGE_COLUMNS = "revision, ordinal, key, begins, ends, text, context, headings, kind, page, row"


def replace_passages(
    db: sqlite3.Connection, revision_id: str, passages: Sequence[NewPassage]
) -> None:
    """Gives a revision that is not current these passages."""
    db.execute("DELETE FROM passages WHERE revision = ?", (revision_id,))
    insert_passages(db, "passages", revision_id, passages)
    db.execute("UPDATE revisions SET passages = ? WHERE id = ?", (len(passages), revision_id))


def insert_passages(
    db: sqlite3.Connection, table: str, revision_id: str, passages: Sequence[NewPassage]
) -> None:
    """Adds the passages of a revision to ``passages`` or ``staged_passages``."""
    db.executemany(
        f"INSERT INTO {table} ({PASSAGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                revision_id,
                ordinal,
                new.key,
                new.passage.start,
                new.passage.end,
                new.passage.text,
                new.passage.context,
                json.dumps(new.passage.headings),
                new.passage.kind,
                new.passage.page,
                new.passage.row,
            )
            for ordinal, new in enumerate(passages)
        ),
    )


def _hash(*parts_: str) -> str:
    return hashlib.sha256("\0".join(parts_).encode("utf-8", "surrogatepass")).hexdigest()[:32]
