"""Maintenance of the data folder: purging, deleting unused vectors, checking its settings.

Each step writes for a moment only, however large the library is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import delete, exists, select
from sqlalchemy.engine import Connection

from store.catalogue.catalogue import Catalogue, switch
from store.catalogue.collections import forget_empty
from store.database.counters import add_to
from store.database.row_mapping import batched
from store.database.schema import (
    answer_citations,
    answers,
    documents,
    embeddings,
    originals,
    passages,
    position_of,
    revisions,
)
from store.fulltext.text_index import text_index
from store.indexing.indexer import utc_now
from store.results import Revision, StoreError

VECTOR_BATCH_SIZE = 5000
"""Vectors that are looked at in one transaction."""
UNUSED_ORIGINALS = ~exists().where(revisions.c.original == originals.c.hash)
UNUSED_VECTORS = ~exists().where(passages.c.key == embeddings.c.key)


def delete_unused_vectors(catalogue: Catalogue) -> int:
    """Deletes the vectors that no revision needs; returns how many. Safe during an ingest, which
    makes those of its own again that went."""
    gone = first = 0
    last = catalogue.vectors.vector_state().last
    while first <= last:
        window = embeddings.c.seq > first, embeddings.c.seq <= first + VECTOR_BATCH_SIZE
        with catalogue.database.writing() as db:
            deleted = db.execute(delete(embeddings).where(*window, UNUSED_VECTORS)).rowcount
            if deleted:
                add_to(db, "collections", 1)
        gone += deleted
        first += VECTOR_BATCH_SIZE
    with catalogue.database.writing() as db:
        db.execute(delete(originals).where(UNUSED_ORIGINALS))
    return gone


def purge(catalogue: Catalogue, document_id: str) -> None:
    """Deletes a document with its revisions, passages, vectors, and every stored answer that
    shows its words; the space is overwritten (by PostgreSQL when it needs the space)."""
    began = utc_now()
    of_it = catalogue.revisions_of(document_id)
    # Looked for before anything is locked: it reads every stored answer.
    with catalogue.database.reading() as db:
        showing = _answers_showing(db, of_it, "")
    with catalogue.database.writing() as db:
        if db.dialect.name == "sqlite":
            db.exec_driver_sql("PRAGMA secure_delete = ON")
        switch(db, document_id, None, utc_now())
        showing += _answers_showing(db, of_it, began)
        for part in batched(showing):
            db.execute(delete(answers).where(answers.c.id.in_(part)))
        _delete(db, document_id)
    with catalogue.database.reading() as db:
        index = text_index(db)
    # Deleted words stay in the index's older segments until they are merged.
    index.merge(catalogue.database)
    catalogue.database.empty_log()


def _delete(db: Connection, document_id: str) -> None:
    """Deletes the document's rows, and the vectors and originals that nothing else needs."""
    of_it = revisions.c.document == document_id
    ids = select(revisions.c.id).where(of_it)
    within = passages.c.revision.in_(ids)
    keys = db.execute(select(passages.c.key).where(within).distinct()).scalars().all()
    shown = revisions.c.original.is_not(None)
    files = db.execute(select(revisions.c.original).where(of_it, shown)).scalars().all()
    db.execute(delete(passages).where(within))
    db.execute(delete(revisions).where(of_it))
    db.execute(delete(documents).where(documents.c.id == document_id))
    forget_empty(db)
    gone = 0
    for part in batched(keys):
        unneeded = delete(embeddings).where(embeddings.c.key.in_(part), UNUSED_VECTORS)
        gone += db.execute(unneeded).rowcount
    if gone:
        add_to(db, "collections", 1)
    for part in batched(files):
        db.execute(delete(originals).where(originals.c.hash.in_(part), UNUSED_ORIGINALS))


def _answers_showing(db: Connection, of_it: Sequence[Revision], since: str) -> list[str]:
    """Ids of the answers from ``since`` on that cite or show one of the revisions."""
    ids: dict[str, None] = {}
    for revision in of_it:
        cites = select(answer_citations.c.answer).where(answer_citations.c.revision == revision.id)
        shows = position_of(answers.c.payload, revision.id) > 0
        for statement in (select(answers.c.id).where(answers.c.created >= since, shows), cites):
            ids.update(dict.fromkeys(db.execute(statement).scalars()))
    return list(ids)


def check_settings(catalogue: Catalogue, ours: Mapping[str, str], folder: Path) -> None:
    """Remembers the embedder and splitter of the first use; refuses others later."""
    remembered = catalogue.counters()
    theirs = {key: remembered[key] for key in ours if key in remembered}
    if theirs == ours:
        return
    if "model" in theirs and catalogue.generation:
        what = "embedder" if theirs["model"] != ours["model"] else "splitter"
        raise StoreError(
            f"The documents in {folder} were ingested with another {what} "
            f"({theirs[what]}; now {ours[what]}). Run `footnote reindex` to bring them up to "
            "date, or restore the former setting."
        )
    catalogue.set_meta(ours)
