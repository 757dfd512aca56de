"""The catalogue's tables, their migrations, and how a connection is configured."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from store.results import StoreError

# Each entry brings a catalogue of version i to version i + 1; entries are only ever added.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE documents (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL UNIQUE,
            current TEXT REFERENCES revisions (id))""",
        """CREATE TABLE originals (hash TEXT PRIMARY KEY, data BLOB NOT NULL)""",
        """CREATE TABLE revisions (
            id TEXT PRIMARY KEY, document TEXT NOT NULL REFERENCES documents (id),
            number INTEGER NOT NULL, title TEXT NOT NULL, media_type TEXT NOT NULL,
            content_hash TEXT NOT NULL, shape TEXT NOT NULL, created TEXT NOT NULL,
            activated TEXT NOT NULL, metadata TEXT NOT NULL, text TEXT NOT NULL,
            blocks TEXT NOT NULL, passages INTEGER NOT NULL, characters INTEGER NOT NULL,
            original TEXT REFERENCES originals (hash), UNIQUE (document, number))""",
        "CREATE INDEX revisions_content ON revisions (content_hash)",
        """CREATE TABLE passages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            revision TEXT NOT NULL REFERENCES revisions (id) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL, key TEXT NOT NULL, begins INTEGER NOT NULL,
            ends INTEGER NOT NULL, text TEXT NOT NULL, context TEXT NOT NULL,
            headings TEXT NOT NULL, kind TEXT NOT NULL, page INTEGER, row INTEGER,
            UNIQUE (revision, ordinal))""",
        "CREATE INDEX passages_key ON passages (key)",
        # seq never repeats, so "everything after seq" is what a reader of vectors has not seen.
        """CREATE TABLE embeddings (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE,
            model TEXT NOT NULL, vector BLOB NOT NULL)""",
        """CREATE VIRTUAL TABLE fulltext USING fts5 (
            text, context, tokenize = 'porter unicode61 remove_diacritics 2')""",
        """CREATE TABLE answers (
            id TEXT PRIMARY KEY, created TEXT NOT NULL, question TEXT NOT NULL,
            refused INTEGER NOT NULL, payload TEXT NOT NULL, seen TEXT NOT NULL,
            vector BLOB)""",
        """CREATE TABLE answer_citations (
            answer TEXT NOT NULL REFERENCES answers (id) ON DELETE CASCADE,
            n INTEGER NOT NULL, revision TEXT NOT NULL REFERENCES revisions (id),
            begins INTEGER NOT NULL, ends INTEGER NOT NULL, passage TEXT NOT NULL,
            PRIMARY KEY (answer, n))""",
        "CREATE INDEX answer_citations_revision ON answer_citations (revision)",
    ),
    ("ALTER TABLE revisions ADD COLUMN scans TEXT NOT NULL DEFAULT ''",),
    # Passages are told to be current by their revision: without it all of them are looked through.
    ("CREATE INDEX documents_current ON documents (current)",),
    # Vectors of the passage's sentences (store.sentence_vectors); NULL in what was kept before.
    ("ALTER TABLE embeddings ADD COLUMN sentences BLOB",),
    (
        "CREATE INDEX documents_name ON documents (name, source)",
        """CREATE INDEX revisions_omitting ON revisions (id)
            WHERE instr(metadata, '"omissions"') > 0""",
        # How many passages are current: counting them reads them all.
        """INSERT INTO meta SELECT 'passages', coalesce(sum(r.passages), 0)
            FROM revisions r JOIN documents d ON d.current = r.id""",
    ),
    (
        "CREATE INDEX revisions_original ON revisions (original) WHERE original IS NOT NULL",
        # Passages that a reindex has made and that are not yet the ones in use.
        """CREATE TABLE staged_revisions (
            revision TEXT PRIMARY KEY REFERENCES revisions (id) ON DELETE CASCADE,
            settings TEXT NOT NULL)""",
        """CREATE TABLE staged_passages (
            revision TEXT NOT NULL REFERENCES staged_revisions (revision) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL, key TEXT NOT NULL, begins INTEGER NOT NULL,
            ends INTEGER NOT NULL, text TEXT NOT NULL, context TEXT NOT NULL,
            headings TEXT NOT NULL, kind TEXT NOT NULL, page INTEGER, row INTEGER,
            PRIMARY KEY (revision, ordinal))""",
    ),
)
SCHEMA = len(MIGRATIONS)
BUSY_SECONDS = 60


class Connection(sqlite3.Connection):
    """A connection that closes when its thread ends: unlike its base it can be weakly referred."""


def connect(path: Path) -> Connection:
    """A connection in autocommit mode: transactions are begun and ended by the catalogue."""
    db = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        factory=Connection,
    )
    db.row_factory = sqlite3.Row
    for pragma in ("foreign_keys = ON", "synchronous = NORMAL", "journal_mode = WAL"):
        db.execute(f"PRAGMA {pragma}")
    return db


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Brings the tables up to this version; refuses a catalogue that a newer Footnote made."""
    if _version(db, path) == SCHEMA:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[_version(db, path) :]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {SCHEMA}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection, path: Path) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA:
        raise StoreError(
            f"{path.parent} was made by a newer Footnote (catalogue version {version}; this one "
            f"knows {SCHEMA}). Upgrade Footnote, or choose another data folder with --data."
        )
    return version
