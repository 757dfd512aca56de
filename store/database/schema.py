"""The database's tables, as SQLAlchemy knows them; ``store.migrations`` makes and changes them.

The full text has tables of its own: ``store.fulltext.fts5`` (SQLite) and
``store.fulltext.tsvector`` (PostgreSQL).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeEngine


class CodePoints(TypeDecorator[str]):
    """Text that every database sorts by code point, as SQLite does.

    PostgreSQL cannot keep U+0000: there it becomes U+FFFD, so that places in the text hold.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        server = dialect.name == "postgresql"
        return dialect.type_descriptor(postgresql.TEXT(collation="C") if server else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if dialect.name == "postgresql" and value and "\0" in value:
            return value.replace("\0", "\ufffd")
        return value


TEXT = CodePoints()
ROWID = BigInteger().with_variant(Integer, "sqlite")


class position_of(GenericFunction[int]):  # noqa: N801 (named as SQL functions are)
    """``position_of(text, part)``: where ``part`` first stands in ``text`` (from 1), else 0."""

    type = Integer()
    inherit_cache = True


@compiles(position_of)
def _strpos(element: Any, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(position_of, "sqlite")
def _instr(element: Any, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)
# Documents and revisions refer to each other: this one is added when both are there.
_REVISION = ForeignKey("revisions.id", name="documents_current_fk", use_alter=True)
collections = Table(
    "collections",
    metadata,
    Column("name", TEXT, primary_key=True),
    # Told as documents become current: the library's generation at the last change, the passages
    # and their words.
    Column("generation", BigInteger, nullable=False, server_default="0"),
    Column("passages", BigInteger, nullable=False, server_default="0"),
    Column("words", BigInteger, nullable=False, server_default="0"),
)
documents = Table(
    "documents",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("name", TEXT, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("current", TEXT, _REVISION),
    Column("collection", TEXT, ForeignKey("collections.name"), nullable=False),
    UniqueConstraint("source", "collection"),
    Index("documents_collection", "collection"),
    # Passages are known to be current by their revision.
    Index("documents_current", "current"),
    Index("documents_name", "name", "source"),
)
originals = Table(
    "originals",
    metadata,
    Column("hash", TEXT, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
revisions = Table(
    "revisions",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("document", TEXT, ForeignKey("documents.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("title", TEXT, nullable=False),
    Column("media_type", TEXT, nullable=False),
    Column("content_hash", TEXT, nullable=False),
    Column("shape", TEXT, nullable=False),
    Column("created", TEXT, nullable=False),
    Column("activated", TEXT, nullable=False),
    Column("metadata", TEXT, nullable=False),
    Column("text", TEXT, nullable=False),
    Column("blocks", TEXT, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("original", TEXT, ForeignKey("originals.hash")),
    Column("scans", TEXT, nullable=False, server_default=""),
    UniqueConstraint("document", "number"),
    Index("revisions_content", "content_hash"),
)
# Whether parts of a revision were not read: as the index says it, so that the index is used.
OMITTING = position_of(revisions.c.metadata, text("'\"omissions\"'")) > text("0")
Index("revisions_omitting", revisions.c.id, sqlite_where=OMITTING, postgresql_where=OMITTING)
_KEPT = revisions.c.original.is_not(None)
Index("revisions_original", revisions.c.original, sqlite_where=_KEPT, postgresql_where=_KEPT)


def _passage_columns() -> list[Column[Any]]:
    """What ``passages`` and ``staged_passages`` have in common."""
    return [
        Column("key", TEXT, nullable=False),
        Column("begins", Integer, nullable=False),
        Column("ends", Integer, nullable=False),
        Column("text", TEXT, nullable=False),
        Column("context", TEXT, nullable=False),
        Column("headings", TEXT, nullable=False),
        Column("kind", TEXT, nullable=False),
        Column("page", Integer),
        Column("row", Integer),
    ]


passages = Table(
    "passages",
    metadata,
    Column("id", ROWID, primary_key=True),
    Column("revision", TEXT, ForeignKey("revisions.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    *_passage_columns(),
    UniqueConstraint("revision", "ordinal"),
    Index("passages_key", "key"),
    sqlite_autoincrement=True,
)
# seq never repeats, so "everything after seq" is what a reader of vectors has not seen.
embeddings = Table(
    "embeddings",
    metadata,
    Column("seq", ROWID, primary_key=True),
    Column("key", TEXT, nullable=False, unique=True),
    Column("model", TEXT, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    # Vectors of the passage's sentences (store.embedding.sentence_vectors).
    Column("sentences", LargeBinary),
    sqlite_autoincrement=True,
)
answers = Table(
    "answers",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("created", TEXT, nullable=False),
    Column("question", TEXT, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("payload", TEXT, nullable=False),
    Column("seen", TEXT, nullable=False),
    Column("vector", LargeBinary),
)
answer_citations = Table(
    "answer_citations",
    metadata,
    Column("answer", TEXT, ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("revision", TEXT, ForeignKey("revisions.id"), nullable=False),
    Column("begins", Integer, nullable=False),
    Column("ends", Integer, nullable=False),
    Column("passage", TEXT, nullable=False),
    Index("answer_citations_revision", "revision"),
)
# Passages that a reindex has made and that are not yet the ones in use.
staged_revisions = Table(
    "staged_revisions",
    metadata,
    Column("revision", TEXT, ForeignKey("revisions.id", ondelete="CASCADE"), primary_key=True),
    Column("settings", TEXT, nullable=False),
)
staged_passages = Table(
    "staged_passages",
    metadata,
    Column(
        "revision",
        TEXT,
        ForeignKey("staged_revisions.revision", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("ordinal", Integer, primary_key=True),
    *_passage_columns(),
)
