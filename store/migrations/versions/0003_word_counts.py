"""PostgreSQL keeps how many passages of each collection have a word, which saves counting them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

TEXT = postgresql.TEXT(collation="C")


def upgrade() -> None:
    """Counts every word; SQLite's full text is quick to count them when asked."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.create_table(
        "word_counts",
        sa.Column("word", TEXT, primary_key=True),
        sa.Column("collection", TEXT, primary_key=True),
        sa.Column("passages", sa.BigInteger, nullable=False),
        # Room for the next counts on the same page: they change with each document.
        postgresql_with={"fillfactor": "50"},
    )
    op.execute(
        "INSERT INTO word_counts (word, collection, passages)"
        " SELECT word, documents.collection, count(*)"
        " FROM fulltext JOIN documents ON documents.current = fulltext.revision,"
        " unnest(tsvector_to_array(fulltext.words)) AS word GROUP BY 1, 2"
    )
