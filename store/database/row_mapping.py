"""Maps rows of the catalogue to values and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, update
from sqlalchemy.engine import Connection, Row

from ingest.document import Block, BlockKind, Document, Passage
from ingest.scan import write_scans
from store.database import counters
from store.database.schema import collections, documents, embeddings, passages, revisions
from store.results import OMISSIONS_KEY, Revision, StoredPassage

T = TypeVar("T")
AnyRow = Row[*tuple[Any, ...]]
STATEMENT_BATCH_SIZE = 500


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage with the key of its vector."""

    key: str
    passage: Passage


def _shown_name(row: AnyRow) -> str:
    """A document's name, with its folder if another document has the same name."""
    folder = row.source.removesuffix(row.name).rstrip("/").rpartition("/")[2]
    apart = row.has_twin and folder and row.source.endswith(f"/{row.name}")
    return f"{folder}/{row.name}" if apart else row.name


def revision_of_row(row: AnyRow) -> Revision:
    """A row of revisions joined with its document."""
    return Revision(
        id=row.id,
        document_id=row.document,
        document=_shown_name(row),
        number=row.number,
        title=row.title,
        source=row.source,
        media_type=row.media_type,
        content_hash=row.content_hash,
        created=row.created,
        passages=row.passages,
        characters=row.characters,
        current=bool(row.is_current),
        activated=row.activated,
        metadata=MappingProxyType(json.loads(row.metadata)),
        collection=row.collection,
    )


def passage_of_row(row: AnyRow) -> StoredPassage:
    """A row of passages joined with its document."""
    return StoredPassage(
        id=row.key,
        revision=row.revision,
        document=_shown_name(row),
        ordinal=row.ordinal,
        passage=Passage(
            start=row.begins,
            end=row.ends,
            text=row.text,
            context=row.context,
            headings=tuple(json.loads(row.headings)),
            kind=BlockKind(row.kind),
            page=row.page,
            row=row.row,
        ),
        title=row.title,
        collection=row.collection,
    )


def write_blocks(blocks: Iterable[Block]) -> str:
    """Blocks as JSON."""
    return json.dumps([[b.kind, b.start, b.end, b.level, b.page, b.row] for b in blocks])


def content_fingerprint(document: Document) -> str:
    """Hash of what the passages of a document depend on."""
    return _hash(document.title, document.media_type, write_blocks(document.blocks), document.text)


def batched(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Slices short enough for one statement."""
    return (
        values[i : i + STATEMENT_BATCH_SIZE] for i in range(0, len(values), STATEMENT_BATCH_SIZE)
    )


def keys_without_vector(db: Connection, keys: Iterable[str]) -> set[str]:
    """Those of ``keys`` that have no vector, or none of their sentences."""
    distinct = list(dict.fromkeys(keys))
    known: set[str] = set()
    complete = select(embeddings.c.key).where(embeddings.c.sentences.is_not(None))
    for part in batched(distinct):
        known.update(db.execute(complete.where(embeddings.c.key.in_(part))).scalars())
    return set(distinct) - known


def keys_of(db: Connection, which: ColumnElement[bool], keys: Sequence[str]) -> set[str]:
    """Those of ``keys`` that a passage has of the documents that ``which`` holds for."""
    joined = passages.join(revisions, revisions.c.id == passages.c.revision)
    joined = joined.join(documents, documents.c.id == revisions.c.document)
    chosen = select(passages.c.key).select_from(joined).where(which)
    keys_found: set[str] = set()
    for part in batched(keys):
        keys_found.update(db.execute(chosen.where(passages.c.key.in_(part))).scalars())
    return keys_found


def insert_vectors(db: Connection, model: str, vectors: Iterable[tuple[str, bytes, bytes]]) -> None:
    """Adds vectors that are not there yet, and those of sentences."""
    rows = [
        {"key": key, "model": model, "vector": vector, "sentences": sentences}
        for key, vector, sentences in vectors
    ]
    into = counters.dialect_insert(db, embeddings)
    values = {"sentences": into.excluded.sentences}
    if rows:
        db.execute(into.on_conflict_do_update(index_elements=["key"], set_=values), rows)


def metadata(document: Document) -> str:
    """A document's metadata, and what was not read of it, as JSON."""
    fields = {OMISSIONS_KEY: "\n".join(document.omissions)} if document.omissions else {}
    return json.dumps({**document.metadata, **fields}, sort_keys=True)


def ensure_document(db: Connection, document: Document) -> str:
    """The id of the document of this source and collection; a new one if it is not known."""
    source, collection = document.source, document.collection
    this = documents.c.source == source, documents.c.collection == collection
    known = db.execute(select(documents.c.id).where(*this)).scalar_one_or_none()
    if known is not None:
        db.execute(update(documents).where(documents.c.id == known).values(name=document.name))
        return str(known)
    # A document that moved away keeps the id made from its old place.
    for attempt in range(1_000_000):
        key = _hash(collection, source, str(attempt))
        if not _exists(db, documents, key):
            break
    ensure_collection(db, collection)
    named = {"name": document.name, "source": source, "collection": collection}
    db.execute(insert(documents).values(id=key, **named))
    return key


def ensure_collection(db: Connection, name: str) -> None:
    """Makes a collection if there is none of that name."""
    statement = counters.dialect_insert(db, collections).values(name=name)
    db.execute(statement.on_conflict_do_nothing())


def _exists(db: Connection, table: Table, row_id: str) -> bool:
    return db.execute(select(table.c.id).where(table.c.id == row_id)).first() is not None


def ensure_revision(db: Connection, owner: str, document: Document, now: str) -> str:
    """The revision of this text; a known one gets today's blocks, title and metadata."""
    key = _hash(owner, document.content_hash)
    values = {
        "title": document.title,
        "media_type": document.media_type,
        "shape": content_fingerprint(document),
        "metadata": metadata(document),
        "scans": write_scans(document.scans),
        "blocks": write_blocks(document.blocks),
    }
    if _exists(db, revisions, key):
        db.execute(update(revisions).where(revisions.c.id == key).values(**values))
        return key
    last = select(func.coalesce(func.max(revisions.c.number), 0))
    db.execute(
        insert(revisions).values(
            **values,
            id=key,
            document=owner,
            number=last.where(revisions.c.document == owner).scalar_subquery() + 1,
            content_hash=document.content_hash,
            created=now,
            activated=now,
            text=document.text,
            passages=0,
            characters=len(document.text),
        )
    )
    return key


def replace_passages(db: Connection, revision_id: str, new: Sequence[NewPassage]) -> None:
    """Gives a revision that is not current these passages."""
    db.execute(delete(passages).where(passages.c.revision == revision_id))
    insert_passages(db, passages, revision_id, new)
    db.execute(update(revisions).where(revisions.c.id == revision_id).values(passages=len(new)))


def insert_passages(
    db: Connection, table: Table, revision_id: str, new: Sequence[NewPassage]
) -> None:
    """Adds the passages of a revision to ``passages`` or ``staged_passages``."""
    rows = [
        {
            "revision": revision_id,
            "ordinal": ordinal,
            "key": each.key,
            "begins": each.passage.start,
            "ends": each.passage.end,
            "text": each.passage.text,
            "context": each.passage.context,
            "headings": json.dumps(each.passage.headings),
            "kind": each.passage.kind.value,
            "page": each.passage.page,
            "row": each.passage.row,
        }
        for ordinal, each in enumerate(new)
    ]
    if rows:
        db.execute(insert(table), rows)


def _hash(*parts_: str) -> str:
    return hashlib.sha256("\0".join(parts_).encode("utf-8", "surrogatepass")).hexdigest()[:32]
