"""Brings all passages and vectors up to today's embedder and splitter.

Each revision's new passages are staged in the catalogue as they are made, so that no more than a
batch is in memory and an interrupted run goes on where it was. Until one transaction at the end,
the old passages answer.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from ingest.document import Document
from store import fulltext
from store.catalogue import Catalogue, add_to
from store.indexing import WAITING, Indexer, Progress
from store.row_mapping import PASSAGE_COLUMNS, NewPassage, insert_passages

STAGED = "SELECT revision FROM staged_revisions WHERE settings = ?"
CURRENT = "SELECT current FROM documents WHERE current IS NOT NULL"
LACKING = """SELECT DISTINCT s.revision FROM staged_passages s
    LEFT JOIN embeddings e ON e.key = s.key WHERE e.sentences IS NULL"""

Batch = list[tuple[str, tuple[NewPassage, ...]]]


def reindex(
    catalogue: Catalogue,
    intake: Indexer,
    settings: Mapping[str, str],
    progress: Progress | None,
) -> int:
    """Splits and embeds every revision with today's settings; returns how many passages were
    embedded. ``progress("reindexing", done, total)`` counts revisions."""
    told = json.dumps(settings, sort_keys=True)
    embedded = 0
    while True:
        waiting = _waiting(catalogue, told)
        batch: Batch = []
        for done, revision in enumerate(waiting, 1):
            document = _document(catalogue, revision)
            if document is not None:
                batch.append((revision, intake.passages(document)))
            if sum(len(passages) for _, passages in batch) >= WAITING or done == len(waiting):
                embedded += intake.embed((new for _, made in batch for new in made), None)
                _stage(catalogue, batch, told)
                batch = []
                if progress:
                    progress("reindexing", done, len(waiting))
        with catalogue.writing() as db:
            # Another process may have added a revision or collected vectors meanwhile.
            for row in db.execute(LACKING).fetchall():
                db.execute("DELETE FROM staged_revisions WHERE revision = ?", (row["revision"],))
            if db.execute(
                f"SELECT 1 FROM revisions WHERE id NOT IN ({STAGED})", (told,)
            ).fetchone():
                continue
            _swap(db, settings)
        return embedded


def _waiting(catalogue: Catalogue, told: str) -> list[str]:
    """Revisions that have no passages by today's settings yet; others' are forgotten."""
    with catalogue.writing() as db:
        db.execute("DELETE FROM staged_revisions WHERE settings != ?", (told,))
        found = db.execute(f"SELECT id FROM revisions WHERE id NOT IN ({STAGED})", (told,))
        return sorted(row["id"] for row in found)


def _stage(catalogue: Catalogue, batch: Batch, told: str) -> None:
    with catalogue.writing() as db:
        for revision, passages in batch:
            if db.execute("SELECT 1 FROM revisions WHERE id = ?", (revision,)).fetchone() is None:
                continue  # purged meanwhile
            db.execute("INSERT OR REPLACE INTO staged_revisions VALUES (?, ?)", (revision, told))
            insert_passages(db, "staged_passages", revision, passages)


def _swap(db: sqlite3.Connection, settings: Mapping[str, str]) -> None:
    """Puts the staged passages in place of the old ones."""
    db.execute("DELETE FROM fulltext")
    db.execute("DELETE FROM passages")
    db.execute(
        f"INSERT INTO passages ({PASSAGE_COLUMNS}) SELECT {PASSAGE_COLUMNS} FROM staged_passages"
        " ORDER BY revision, ordinal"
    )
    db.execute(
        "UPDATE revisions SET passages ="
        " (SELECT count(*) FROM passages p WHERE p.revision = revisions.id)"
    )
    for row in db.execute(CURRENT).fetchall():
        fulltext.add_terms(db, row["current"])
    counted = db.execute(
        "SELECT coalesce(sum(r.passages), 0) FROM revisions r JOIN documents d ON d.current = r.id"
    ).fetchone()[0]
    values = {**settings, "passages": str(counted)}
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())
    add_to(db, "generation", 1)
    db.execute("DELETE FROM staged_revisions")


def _document(catalogue: Catalogue, revision_id: str) -> Document | None:
    """What a revision was made of; None where it was purged meanwhile."""
    with catalogue.reading():
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
