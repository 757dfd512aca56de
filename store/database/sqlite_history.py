"""SQLite catalogues of before Alembic: the steps to the tables that its first revision makes.

Nothing is added here: what changes from now on is in ``store.migrations``.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

# Each entry brings a catalogue of version i to version i + 1.
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
    # Vectors of the passage's sentences (store.embedding.sentence_vectors); NULL in what was kept
    # before.
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


def upgrade_legacy(db: Connection) -> None:
    """Brings them up to what Alembic's first revision makes, inside a transaction."""
    version = int(db.exec_driver_sql("PRAGMA user_version").scalar_one())
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            db.exec_driver_sql(statement)


def adopted(db: Connection) -> bool:
    """Whether there are such tables, and Alembic does not know of them yet."""
    return 0 < int(db.exec_driver_sql("PRAGMA user_version").scalar_one()) <= len(MIGRATIONS)


def refuse_older(db: Connection) -> None:
    """Makes a Footnote of before Alembic say that a newer one made this."""
    db.exec_driver_sql(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
