"""Copies a library's tables into another, empty database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.engine import Connection

from store.catalogue.catalogue import Catalogue
from store.catalogue.collections import recount
from store.database.counters import read_counters, set_counter
from store.database.schema import (
    answer_citations,
    answers,
    collections,
    documents,
    embeddings,
    originals,
    passages,
    revisions,
)
from store.fulltext.text_index import text_index
from store.results import StoreError

ROW_BATCH_SIZE = 500
TABLES = (
    collections,
    originals,
    documents,
    revisions,
    passages,
    embeddings,
    answers,
    answer_citations,
)
"""In the order of their references; what a reindex has staged is made again."""
Progress = Callable[[str, int, int], None]


def copy_catalogue(source: Catalogue, target: Catalogue, progress: Progress | None = None) -> int:
    """Copies everything in one transaction; returns how many documents there are.

    ``progress(table, done, total)`` counts rows. Raises ``StoreError`` if ``target`` holds
    documents or answers already.
    """
    with source.database.reading() as old, target.database.writing() as new:
        refuse_filled(new, target.database.place, (documents, answers))
        set_counter(new, read_counters(old))
        for table in TABLES:
            # A document refers to its current revision, which comes later.
            later = {"current"} if table is documents else ()
            copy_rows(old, new, table, progress, later)
        return _make_current(old, new)


def refuse_filled(db: Connection, place: str, tables: Sequence[Table]) -> None:
    """Raises ``StoreError`` if one of the tables has rows."""
    for table in tables:
        if db.execute(select(*table.primary_key).limit(1)).first():
            raise StoreError(f"{place} already contains {table.name}; choose an empty database.")


def copy_rows(
    old: Connection,
    new: Connection,
    table: Table,
    progress: Progress | None,
    without: Collection[str] = (),
) -> None:
    """Copies a table's rows without some columns; numbers given by the database go on behind."""
    columns = [column for column in table.c if column.name not in without]
    total = old.execute(select(func.count()).select_from(table)).scalar_one()
    rows = old.execute(select(*columns).execution_options(yield_per=ROW_BATCH_SIZE))
    done = 0
    for part in rows.partitions(ROW_BATCH_SIZE):
        new.execute(insert(table), [dict(row._mapping) for row in part])
        done += len(part)
        if progress:
            progress(table.name, done, total)
    key = table.autoincrement_column
    if done and key is not None and new.dialect.name == "postgresql":
        last = select(func.max(key)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        new.execute(select(func.setval(sequence, last)))


def _make_current(old: Connection, new: Connection) -> int:
    current = old.execute(select(documents.c.id, documents.c.current)).all()
    if current:
        marked = update(documents).where(documents.c.id == bindparam("document"))
        new.execute(
            marked.values(current=bindparam("revision")),
            [{"document": row.id, "revision": row.current} for row in current],
        )
    index = text_index(new)
    index.clear(new)
    listed = [row.current for row in current if row.current is not None]
    words = {}
    for revision in listed:
        index.add_terms(new, revision)
        words[revision] = index.words(new, revision)
    recount(new, words)
    return len(listed)
