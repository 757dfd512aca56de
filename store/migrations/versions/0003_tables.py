"""The tables of version 0.1.0."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
ROWID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    _make_documents()
    _make_passages()
    _make_answers()
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE fulltext USING fts5 (text, context,"
            " tokenize = 'porter unicode61 remove_diacritics 2')"
        )
    else:
        _make_postgresql_fulltext()


def _needed(name: str, kind: Any = TEXT) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _make_documents() -> None:
    sqlite = op.get_context().dialect.name == "sqlite"
    op.create_table(
        "meta",
        sa.Column("key", TEXT, primary_key=True),
        _needed("value"),
        sqlite_with_rowid=False,
    )
    # SQLite cannot add a foreign key later, and does not mind a table that is still missing.
    current = (sa.ForeignKey("revisions.id", name="documents_current_fk"),) if sqlite else ()
    counters = ("generation", "passages", "words")
    op.create_table(
        "collections",
        sa.Column("name", TEXT, primary_key=True),
        *(sa.Column(n, sa.BigInteger, nullable=False, server_default="0") for n in counters),
    )
    op.create_table(
        "documents",
        sa.Column("id", TEXT, primary_key=True),
        _needed("name"),
        _needed("source"),
        sa.Column("current", TEXT, *current),
        sa.Column("collection", TEXT, sa.ForeignKey("collections.name"), nullable=False),
        sa.UniqueConstraint("source", "collection"),
    )
    op.create_index("documents_collection", "documents", ["collection"])
    op.create_index("documents_current", "documents", ["current"])
    op.create_index("documents_name", "documents", ["name", "source"])
    op.create_table(
        "originals", sa.Column("hash", TEXT, primary_key=True), _needed("data", sa.LargeBinary)
    )
    op.create_table(
        "revisions",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("document", TEXT, sa.ForeignKey("documents.id"), nullable=False),
        _needed("number", sa.Integer),
        *map(_needed, ("title", "media_type", "content_hash", "shape", "created", "activated")),
        *map(_needed, ("metadata", "text", "blocks")),
        _needed("passages", sa.Integer),
        _needed("characters", sa.Integer),
        sa.Column("original", TEXT, sa.ForeignKey("originals.hash")),
        sa.Column("scans", TEXT, nullable=False, server_default=""),
        sa.UniqueConstraint("document", "number"),
    )
    if not sqlite:
        op.create_foreign_key("documents_current_fk", "documents", "revisions", ["current"], ["id"])
    op.create_index("revisions_content", "revisions", ["content_hash"])
    position = "instr" if sqlite else "strpos"
    _make_partial_index("omitting", "id", f"{position}(metadata, '\"omissions\"') > 0")
    _make_partial_index("original", "original", "original IS NOT NULL")


def _make_partial_index(name: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        f"revisions_{name}",
        "revisions",
        [column],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _passage_columns() -> list[sa.Column[Any]]:
    return [
        _needed("key"),
        _needed("begins", sa.Integer),
        _needed("ends", sa.Integer),
        *map(_needed, ("text", "context", "headings", "kind")),
        sa.Column("page", sa.Integer),
        sa.Column("row", sa.Integer),
    ]


def _belongs_to(column: str, **given: Any) -> sa.Column[Any]:
    return sa.Column("revision", TEXT, sa.ForeignKey(column, ondelete="CASCADE"), **given)


def _make_passages() -> None:
    op.create_table(
        "passages",
        sa.Column("id", ROWID, primary_key=True),
        _belongs_to("revisions.id", nullable=False),
        _needed("ordinal", sa.Integer),
        *_passage_columns(),
        sa.UniqueConstraint("revision", "ordinal"),
        sqlite_autoincrement=True,
    )
    op.create_index("passages_key", "passages", ["key"])
    op.create_table(
        "embeddings",
        sa.Column("seq", ROWID, primary_key=True),
        sa.Column("key", TEXT, nullable=False, unique=True),
        _needed("model"),
        _needed("vector", sa.LargeBinary),
        sa.Column("sentences", sa.LargeBinary),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staged_revisions", _belongs_to("revisions.id", primary_key=True), _needed("settings")
    )
    op.create_table(
        "staged_passages",
        _belongs_to("staged_revisions.revision", primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        *_passage_columns(),
    )


def _make_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("id", TEXT, primary_key=True),
        _needed("created"),
        _needed("question"),
        _needed("refused", sa.Integer),
        _needed("payload"),
        _needed("seen"),
        sa.Column("vector", sa.LargeBinary),
    )
    op.create_table(
        "answer_citations",
        sa.Column(
            "answer", TEXT, sa.ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("revision", TEXT, sa.ForeignKey("revisions.id"), nullable=False),
        _needed("begins", sa.Integer),
        _needed("ends", sa.Integer),
        _needed("passage"),
    )
    op.create_index("answer_citations_revision", "answer_citations", ["revision"])


def _make_postgresql_fulltext() -> None:
    op.create_table(
        "fulltext",
        sa.Column(
            "passage",
            sa.BigInteger,
            sa.ForeignKey("passages.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        _needed("words", postgresql.TSVECTOR),
        _needed("length", sa.Integer),
        # So that the passages need not be looked up to learn whose a match is.
        _needed("revision"),
    )
    op.create_index("fulltext_words", "fulltext", ["words"], postgresql_using="gin")
    op.create_index("fulltext_revision", "fulltext", ["revision"])
    # How many passages of each collection have a word: counting them at each question takes long.
    op.create_table(
        "word_counts",
        sa.Column("word", TEXT, primary_key=True),
        sa.Column("collection", TEXT, primary_key=True),
        _needed("passages", sa.BigInteger),
        # Room for the next counts on the same page: they change with each document.
        postgresql_with={"fillfactor": "50"},
    )
