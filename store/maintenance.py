"""Maintenance of the data folder: purging, deleting unused vectors, reindexing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from ingest.document import Document
from store import fulltext, row_mapping
from store.catalogue import Catalogue, add_to, switch
from store.indexing import Indexer, Progress, now
from store.results import StoreError
from store.row_mapping import NewPassage

UNUSED = "key NOT IN (SELECT key FROM passages)"


def collect(catalogue: Catalogue) -> int:
    """Deletes the vectors that no revision needs; returns how many. Safe beside an ingest, which
    makes those of its own again that went."""
    with catalogue.writing() as db:
        return _collect(db)


def _collect(db: sqlite3.Connection) -> int:
    gone = db.execute(f"DELETE FROM embeddings WHERE {UNUSED}").rowcount
    db.execute(
        "DELETE FROM originals WHERE hash NOT IN"
        " (SELECT original FROM revisions WHERE original IS NOT NULL)"
    )
    if gone:
        add_to(db, "collections", 1)
    return gone


def purge(catalogue: Catalogue, document_id: str) -> None:
    """Deletes a document with its revisions, passages, vectors, and every stored answer that
    shows its words; the space is overwritten."""
    db = catalogue.db
    db.execute("PRAGMA secure_delete = ON")
    with catalogue.writing():
        switch(db, document_id, None, now())
        for revision in catalogue.revisions_of(document_id):
            db.execute(
                "DELETE FROM answers WHERE instr(payload, ?) OR id IN"
                " (SELECT answer FROM answer_citations WHERE revision = ?)",
                (revision.id, revision.id),
            )
        db.execute("DELETE FROM passages WHERE revision IN"
                   " (SELECT id FROM revisions WHERE document = ?)", (document_id,))  # fmt: skip
        db.execute("DELETE FROM revisions WHERE document = ?", (document_id,))
        db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        # Deleted words stay in the index's older segments until they are merged.
        db.execute("INSERT INTO fulltext (fulltext) VALUES ('optimize')")
        _collect(db)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def reindex(
    catalogue: Catalogue, intake: Indexer, settings: dict[str, str], progress: Progress | None
) -> int:
    """Splits and embeds every revision with today's settings; returns how many were embedded.

    Until one transaction at the end, the old passages answer; what is embedded by then is kept, so
    an interrupted run goes on where it was.
    """
    fresh: dict[str, tuple[NewPassage, ...]] = {}
    embedded = 0
    while True:
        waiting = sorted(_revisions(catalogue) - fresh.keys())
        for done, revision in enumerate(waiting, 1):
            fresh[revision] = intake.passages(_document(catalogue, revision))
            if progress:
                progress("splitting", done, len(waiting))
        embedded += intake.embed((new for each in fresh.values() for new in each), progress)
        with catalogue.writing() as db:
            # Another process may have added a revision or collected vectors meanwhile.
            lacking = row_mapping.missing(db, (new.key for each in fresh.values() for new in each))
            if lacking or _revisions(catalogue) - fresh.keys():
                continue
            _replace_all(db, fresh, settings)
        return embedded


def _replace_all(
    db: sqlite3.Connection, fresh: dict[str, tuple[NewPassage, ...]], settings: dict[str, str]
) -> None:
    db.execute("DELETE FROM fulltext")
    kept = {row["id"] for row in db.execute("SELECT id FROM revisions")}
    for revision in sorted(kept):
        row_mapping.replace_passages(db, revision, fresh[revision])
    for row in db.execute("SELECT current FROM documents WHERE current IS NOT NULL").fetchall():
        fulltext.add_terms(db, row["current"])
    counted = db.execute(
        "SELECT coalesce(sum(r.passages), 0) FROM revisions r JOIN documents d ON d.current = r.id"
    ).fetchone()[0]
    values = {**settings, "passages": str(counted)}
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
    add_to(db, "generation", 1)
    _collect(db)


def _revisions(catalogue: Catalogue) -> set[str]:
    with catalogue.reading() as db:
        return {row["id"] for row in db.execute("SELECT id FROM revisions")}


def _document(catalogue: Catalogue, revision_id: str) -> Document:
    revision = catalogue.revision(revision_id)
    assert revision is not None
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
