"""Collections: each document is in one, by default named after the folder that it comes from."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection

from store.database.counters import add_to, read_counters, set_counter
from store.database.row_mapping import ensure_collection
from store.database.schema import collections, documents, revisions
from store.database.search_scope import WORDS_COUNTER, Scope
from store.fulltext.text_index import text_index
from store.results import StoreError

UPLOADS_COLLECTION = "uploads"
"""Of files without a folder: those that were uploaded if nobody signs in."""
OWN_PREFIX = "@"
"""What the name of a person's own collection begins with; their name follows."""
MAX_NAME_CHARS = 100
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class DocumentCollection:
    """A collection that has documents: how many, and how many passages."""

    name: str
    documents: int
    passages: int


def own_collection(user: str) -> str:
    """The name of a person's own collection."""
    return f"{OWN_PREFIX}{user}"


def valid_name(name: str) -> str:
    """A collection's name as it is kept; ``StoreError`` if it cannot be one."""
    normalised = unicodedata.normalize("NFC", " ".join(name.split()))
    if not normalised or len(normalised) > MAX_NAME_CHARS or not normalised.isprintable():
        raise StoreError(
            f"A collection's name has 1 to {MAX_NAME_CHARS} characters that can be printed."
        )
    return normalised


def collection_of_folder(folder: str) -> str:
    """The collection of a folder's name; no folder is taken for a person's own collection."""
    name = "".join(c for c in folder if c.isprintable()).strip().lstrip(OWN_PREFIX)[:MAX_NAME_CHARS]
    return unicodedata.normalize("NFC", name).strip() or UPLOADS_COLLECTION


def default_collection(source: str) -> str:
    """The collection of a document's source: its folder's name, the host of a link, the own one of
    who uploaded it."""
    if source.startswith(("http://", "https://")):
        return collection_of_folder(urlsplit(source).netloc.rpartition("@")[2])
    if source.startswith("upload:"):
        user, slash, _ = source.removeprefix("upload:").partition("/")
        return own_collection(user) if slash else UPLOADS_COLLECTION
    return collection_of_folder(([UPLOADS_COLLECTION, *_folders(source)])[-1])


def is_default(source: str, collection: str) -> bool:
    """Whether a document is in a collection because of where it comes from."""
    return collection in {default_collection(source), *map(collection_of_folder, _folders(source))}


def _folders(source: str) -> list[str]:
    return [part for part in source.replace("\\", "/").split("/")[:-1] if part.strip()]


def list_collections(db: Connection, scope: Scope) -> list[DocumentCollection]:
    """The collections in the scope that have documents, by name."""
    counted = (
        select(documents.c.collection, func.count().label("documents"), collections.c.passages)
        .join(collections, collections.c.name == documents.c.collection)
        .where(documents.c.current.is_not(None), scope.where)
        .group_by(documents.c.collection, collections.c.passages)
        .order_by(documents.c.collection)
    )
    return [DocumentCollection(*row) for row in db.execute(counted)]


def collection_of_document(db: Connection, source: str) -> str | None:
    """The collection that a source's document is in, a current one first; nobody's own."""
    statement = (
        select(documents.c.collection)
        .where(documents.c.source == source, ~documents.c.collection.startswith(OWN_PREFIX))
        .order_by(documents.c.current.is_(None), documents.c.collection)
    )
    name: str | None = db.execute(statement.limit(1)).scalar_one_or_none()
    return name


def move_document(db: Connection, document_id: str, collection: str) -> None:
    """Puts a document into a collection; ``StoreError`` if one of that source is in it."""
    this = documents.c.id == document_id
    row = db.execute(select(documents).where(this)).one()
    if row.collection != collection:
        there = documents.c.source == row.source, documents.c.collection == collection
        if db.execute(select(documents.c.id).where(*there)).first():
            raise StoreError(f"{row.name} is in {collection} already: remove one of the two.")
        ensure_collection(db, collection)
        mark_changed(db, row.collection, row.current, -1)
        db.execute(update(documents).where(this).values(collection=collection))
        mark_changed(db, collection, row.current)
        forget_empty(db)
    else:
        mark_changed(db, collection)


def forget_empty(db: Connection) -> None:
    """Deletes the collections that no document is in, or has been in."""
    used = select(documents.c.collection)
    db.execute(delete(collections).where(collections.c.name.not_in(used)))


def mark_changed(
    db: Connection, collection: str, revision: str | None = None, sign: int = 1
) -> None:
    """Tells the library and a collection that something changed: that a revision became current, or
    (``sign`` -1) that it no longer is. Call it while the full text has its words."""
    passage_count = words = 0
    if revision is not None:
        counted = select(revisions.c.passages).where(revisions.c.id == revision)
        passage_count = sign * int(db.execute(counted).scalar_one())
        index = text_index(db)
        words = sign * index.words(db, revision)
        index.count_words(db, collection, revision, sign)
    for counter, number in (("generation", 1), ("passages", passage_count), (WORDS_COUNTER, words)):
        add_to(db, counter, number)
    columns = collections.c
    grown = {
        "generation": int(read_counters(db)["generation"]),
        "passages": columns.passages + passage_count,
        "words": columns.words + words,
    }
    db.execute(update(collections).where(columns.name == collection).values(**grown))


def recount(db: Connection, words: Mapping[str, int]) -> None:
    """Counts everything again, as of the library's present generation; ``words`` are those of each
    current revision."""
    current = documents.join(revisions, revisions.c.id == documents.c.current)
    columns = documents.c.collection, documents.c.current, revisions.c.passages
    totals: dict[str, tuple[int, int]] = {}
    for row in db.execute(select(*columns).select_from(current)):
        passages_counted, words_counted = totals.get(row.collection, (0, 0))
        totals[row.collection] = passages_counted + row.passages, words_counted + words[row.current]
    generation = int(read_counters(db).get("generation", 0))
    none = {"generation": generation, "passages": 0, "words": 0}
    db.execute(update(collections).values(**none))
    for name, (passages_counted, words_counted) in totals.items():
        this = update(collections).where(collections.c.name == name)
        db.execute(this.values(passages=passages_counted, words=words_counted))
    text_index(db).recount_words(db)
    sums = [sum(each) for each in zip(*totals.values(), strict=True)] or [0, 0]
    set_counter(db, {"passages": str(sums[0]), WORDS_COUNTER: str(sums[1])})
