"""Each document is in a collection; sources are told apart within it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from store.catalogue.collections import default_collection

revision = "0002"
down_revision = "0001"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Puts every document into the collection of the folder that it comes from."""
    db = op.get_bind()
    counters = ("generation", "passages", "words")
    op.create_table(
        "collections",
        sa.Column("name", TEXT, primary_key=True),
        *(sa.Column(n, sa.BigInteger, nullable=False, server_default="0") for n in counters),
    )
    rows = db.execute(sa.text("SELECT id, source FROM documents")).all()
    placed = {row.id: default_collection(row.source) for row in rows}
    for name in sorted(set(placed.values())):
        db.execute(sa.text("INSERT INTO collections (name) VALUES (:name)"), {"name": name})
    if db.dialect.name == "sqlite":
        _remake_documents(db, placed)
    else:
        _change_documents(db, placed)
    op.create_index("documents_collection", "documents", ["collection"])
    _count(db)


def _remake_documents(db: Connection, placed: dict[str, str]) -> None:
    """SQLite changes no constraint: the table is made again, while references are not checked."""
    kept = db.execute(sa.text("SELECT id, name, source, current FROM documents")).all()
    op.drop_table("documents")
    op.create_table(
        "documents",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("current", TEXT, sa.ForeignKey("revisions.id", name="documents_current_fk")),
        sa.Column("collection", TEXT, sa.ForeignKey("collections.name"), nullable=False),
        sa.UniqueConstraint("source", "collection"),
    )
    op.create_index("documents_current", "documents", ["current"])
    op.create_index("documents_name", "documents", ["name", "source"])
    if kept:
        db.execute(
            sa.text(
                "INSERT INTO documents (id, name, source, current, collection)"
                " VALUES (:id, :name, :source, :current, :collection)"
            ),
            [{**row._mapping, "collection": placed[row.id]} for row in kept],
        )


def _change_documents(db: Connection, placed: dict[str, str]) -> None:
    op.add_column("documents", sa.Column("collection", TEXT))
    if placed:
        db.execute(
            sa.text("UPDATE documents SET collection = :name WHERE id = :id"),
            [{"id": document, "name": name} for document, name in placed.items()],
        )
    op.alter_column("documents", "collection", nullable=False)
    key = "documents_collection_fkey"
    op.create_foreign_key(key, "documents", "collections", ["collection"], ["name"])
    op.drop_constraint("documents_source_key", "documents")
    op.create_unique_constraint(None, "documents", ["source", "collection"])
    # So that the passages need not be looked up to tell whose a match is.
    op.add_column("fulltext", sa.Column("revision", TEXT))
    op.execute(
        "UPDATE fulltext SET revision = passages.revision FROM passages"
        " WHERE passages.id = fulltext.passage"
    )
    op.alter_column("fulltext", "revision", nullable=False)
    op.create_index("fulltext_revision", "fulltext", ["revision"])


def _count(db: Connection) -> None:
    """Passages and words of each collection, and of all."""
    sqlite = db.dialect.name == "sqlite"
    table, column, length = (
        ("fulltext_docsize", "f.id", "f.sz") if sqlite else ("fulltext", "f.passage", "f.length")
    )
    found = db.execute(
        sa.text(
            f"SELECT d.collection, {length} AS length FROM passages p"
            f" JOIN documents d ON d.current = p.revision JOIN {table} f ON {column} = p.id"
        )
    )
    passages, words = Counter[str](), Counter[str]()
    measured: Callable[[bytes], int] | type[int] = _varints if sqlite else int
    for row in found:
        passages[row.collection] += 1
        words[row.collection] += measured(row.length)
    counted = sa.text(
        "UPDATE collections SET generation = 1, passages = :passages, words = :words"
        " WHERE name = :name"
    )
    for name in passages:
        values = {"name": name, "passages": passages[name], "words": words[name]}
        db.execute(counted, values)
    if passages:
        held = {"words": str(sum(words.values()))}
        db.execute(sa.text("DELETE FROM meta WHERE key = 'words'"))
        db.execute(sa.text("INSERT INTO meta (key, value) VALUES ('words', :words)"), held)


def _varints(packed: bytes) -> int:
    """The sum of SQLite's varints."""
    total = value = 0
    for byte in packed:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            total, value = total + value, 0
    return total
