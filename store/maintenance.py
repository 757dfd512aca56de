"""Maintenance of the data folder: purging, deleting unused vectors, checking its settings.

Each step writes for a moment only, however large the library is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from store import fulltext
from store.catalogue import Catalogue, add_to, switch
from store.indexing import now
from store.results import Revision, StoreError
from store.row_mapping import marks, parts

UNSHOWN = "NOT EXISTS (SELECT 1 FROM revisions r WHERE r.original = originals.hash)"
WINDOW = 5000
"""Vectors that are looked at in one transaction."""
SHOWING = "SELECT id FROM answers WHERE created >= ? AND instr(payload, ?)"
UNUSED = "NOT EXISTS (SELECT 1 FROM passages p WHERE p.key = embeddings.key)"


def collect(catalogue: Catalogue) -> int:
    """Deletes the vectors that no revision needs; returns how many. Safe beside an ingest, which
    makes those of its own again that went."""
    gone = first = 0
    last = catalogue.vector_state().last
    while first <= last:
        with catalogue.writing() as db:
            within = "seq > ? AND seq <= ?"
            query = f"DELETE FROM embeddings WHERE {within} AND {UNUSED}"
            deleted = db.execute(query, (first, first + WINDOW)).rowcount
            if deleted:
                add_to(db, "collections", 1)
        gone += deleted
        first += WINDOW
    with catalogue.writing() as db:
        db.execute(f"DELETE FROM originals WHERE {UNSHOWN}")
    return gone


def purge(catalogue: Catalogue, document_id: str) -> None:
    """Deletes a document with its revisions, passages, vectors, and every stored answer that
    shows its words; the space is overwritten."""
    catalogue.db.execute("PRAGMA secure_delete = ON")
    began = now()
    revisions = catalogue.revisions_of(document_id)
    # Looked for before anything is locked: it reads every stored answer.
    showing = _answers_showing(catalogue.db, revisions, "")
    with catalogue.writing() as db:
        switch(db, document_id, None, now())
        showing += _answers_showing(db, revisions, began)
        for part in parts(showing):
            db.execute(f"DELETE FROM answers WHERE id IN ({marks(part)})", tuple(part))
        of_it = "SELECT id FROM revisions WHERE document = ?"
        keys = _column(
            db, f"SELECT DISTINCT key FROM passages WHERE revision IN ({of_it})", document_id
        )
        originals = _column(
            db,
            "SELECT original FROM revisions WHERE document = ? AND original IS NOT NULL",
            document_id,
        )
        db.execute(f"DELETE FROM passages WHERE revision IN ({of_it})", (document_id,))
        db.execute("DELETE FROM revisions WHERE document = ?", (document_id,))
        db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        _delete_unused(db, keys, originals)
    # Deleted words stay in the index's older segments until they are merged.
    fulltext.merge(catalogue)
    catalogue.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _answers_showing(
    db: sqlite3.Connection, revisions: Sequence[Revision], since: str
) -> list[str]:
    """Ids of the answers from ``since`` on that cite or show one of the revisions."""
    found: dict[str, None] = {}
    for revision in revisions:
        for query, values in (
            (SHOWING, (since, revision.id)),
            ("SELECT answer AS id FROM answer_citations WHERE revision = ?", (revision.id,)),
        ):
            found.update((row["id"], None) for row in db.execute(query, values))
    return list(found)


def _column(db: sqlite3.Connection, query: str, value: str) -> list[str]:
    return [row[0] for row in db.execute(query, (value,))]


def _delete_unused(db: sqlite3.Connection, keys: Sequence[str], originals: Sequence[str]) -> None:
    gone = 0
    for part in parts(keys):
        query = f"DELETE FROM embeddings WHERE key IN ({marks(part)}) AND {UNUSED}"
        gone += db.execute(query, tuple(part)).rowcount
    if gone:
        add_to(db, "collections", 1)
    for original in originals:
        db.execute(f"DELETE FROM originals WHERE hash = ? AND {UNSHOWN}", (original,))


def check_settings(catalogue: Catalogue, ours: Mapping[str, str], folder: Path) -> None:
    """Remembers the embedder and splitter of the first use; refuses others later."""
    theirs = {key: catalogue.meta(key) for key in ours}
    if theirs == ours:
        return
    if theirs["model"] is not None and catalogue.generation:
        what = "embedder" if theirs["model"] != ours["model"] else "splitter"
        raise StoreError(
            f"The documents in {folder} were ingested with another {what} "
            f"({theirs[what]}; now {ours[what]}). Run `footnote reindex` to bring them up to "
            "date, or set the former one again."
        )
    catalogue.set_meta(ours)
