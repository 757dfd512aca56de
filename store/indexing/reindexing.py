"""Brings all passages and vectors up to today's embedder and splitter.

Each revision's new passages are staged in the catalogue as they are made, so that no more than a
batch is in memory and an interrupted run goes on where it was. Until one transaction at the end,
the old passages answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from ingest.document import Document
from store.catalogue.catalogue import Catalogue
from store.catalogue.collections import recount
from store.database.counters import add_to, set_counter
from store.database.row_mapping import NewPassage, batched, insert_passages
from store.database.schema import (
    documents,
    embeddings,
    passages,
    revisions,
    staged_passages,
    staged_revisions,
)
from store.fulltext.text_index import text_index
from store.indexing.indexer import MAX_WAITING_PASSAGES, Indexer, Progress

UNSTAGED_REVISIONS = (
    select(staged_passages.c.revision)
    .distinct()
    .outerjoin(embeddings, embeddings.c.key == staged_passages.c.key)
    .where(embeddings.c.sentences.is_(None))
)
CURRENT_REVISIONS = select(documents.c.current).where(documents.c.current.is_not(None))

Batch = list[tuple[str, tuple[NewPassage, ...]]]


def reindex(
    catalogue: Catalogue,
    intake: Indexer,
    settings: Mapping[str, str],
    progress: Progress | None,
) -> int:
    """Splits and embeds every revision with today's settings; returns how many passages were
    embedded. ``progress("reindexing", done, total)`` counts revisions."""
    settings_json = json.dumps(settings, sort_keys=True)
    embedded = 0
    while True:
        waiting = _waiting(catalogue, settings_json)
        batch: Batch = []
        for done, revision in enumerate(waiting, 1):
            document = _document(catalogue, revision)
            if document is not None:
                batch.append((revision, intake.passages(document)))
            if sum(len(passages) for _, passages in batch) >= MAX_WAITING_PASSAGES or done == len(
                waiting
            ):
                embedded += intake.embed((new for _, passages in batch for new in passages), None)
                _stage(catalogue, batch, settings_json)
                batch = []
                if progress:
                    progress("reindexing", done, len(waiting))
        with catalogue.database.writing() as db:
            # Another process may have added a revision or collected vectors meanwhile.
            _forget(db, db.execute(UNSTAGED_REVISIONS).scalars().all())
            if db.execute(_unstaged(settings_json)).first():
                continue
            _swap(db, settings)
        return embedded


def _waiting(catalogue: Catalogue, settings_json: str) -> list[str]:
    """Revisions that have no passages by today's settings yet; others' are forgotten."""
    with catalogue.database.writing() as db:
        db.execute(delete(staged_revisions).where(staged_revisions.c.settings != settings_json))
        return sorted(db.execute(_unstaged(settings_json)).scalars())


def _unstaged(settings_json: str) -> Select[str]:
    staged = select(staged_revisions.c.revision).where(staged_revisions.c.settings == settings_json)
    return select(revisions.c.id).where(revisions.c.id.not_in(staged))


def _forget(db: Connection, staged: Sequence[str]) -> None:
    for part in batched(staged):
        db.execute(delete(staged_revisions).where(staged_revisions.c.revision.in_(part)))


def _stage(catalogue: Catalogue, batch: Batch, settings_json: str) -> None:
    with catalogue.database.writing() as db:
        for revision, made in batch:
            if db.execute(select(revisions.c.id).where(revisions.c.id == revision)).first() is None:
                continue  # purged meanwhile
            _forget(db, [revision])
            db.execute(insert(staged_revisions).values(revision=revision, settings=settings_json))
            insert_passages(db, staged_passages, revision, made)


def _swap(db: Connection, settings: Mapping[str, str]) -> None:
    """Puts the staged passages in place of the old ones."""
    index = text_index(db)
    index.clear(db)
    db.execute(delete(passages))
    columns = [column.name for column in staged_passages.c]
    staged = select(staged_passages).order_by(staged_passages.c.revision, staged_passages.c.ordinal)
    db.execute(insert(passages).from_select(columns, staged))
    counted = select(func.count()).where(passages.c.revision == revisions.c.id)
    db.execute(update(revisions).values(passages=counted.scalar_subquery()))
    words = {}
    for current in db.execute(CURRENT_REVISIONS).scalars().all():
        index.add_terms(db, current)
        words[current] = index.words(db, current)
    set_counter(db, settings)
    add_to(db, "generation", 1)
    recount(db, words)
    db.execute(delete(staged_revisions))


def _document(catalogue: Catalogue, revision_id: str) -> Document | None:
    """What a revision was made of; None if it was purged meanwhile."""
    with catalogue.database.reading():
        revision = catalogue.revision(revision_id)
        if revision is None:
            return None
        return Document(
            name=revision.document,
            title=revision.title,
            text=catalogue.text(revision_id),
            blocks=catalogue.blocks(revision_id),
            source=revision.source,
            media_type=revision.media_type,
            metadata=revision.metadata,
            scans=catalogue.scans(revision_id),
        )
