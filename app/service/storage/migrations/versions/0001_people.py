"""Users and conversations, which were in files of their own before."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
ROWID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table("users", sa.Column("name", TEXT, primary_key=True), _needed("hash"))
    op.create_table(
        "sessions",
        sa.Column("token", TEXT, primary_key=True),
        _belongs_to("name", "users.name"),
        _needed("expires", sa.Float),
    )
    op.create_table(
        "attempts",
        sa.Column("id", ROWID, primary_key=True),
        _needed("who"),
        _needed("at", sa.Float),
    )
    op.create_index("attempts_who", "attempts", ["who"])
    op.create_table(
        "conversations",
        sa.Column("id", TEXT, primary_key=True),
        *map(_needed, ("owner", "name", "updated")),
        sa.Column("deleted", TEXT),
    )
    op.create_index("conversations_owner", "conversations", ["owner", "updated"])
    op.create_table(
        "exchanges",
        sa.Column("number", ROWID, primary_key=True),
        sa.Column("id", TEXT, nullable=False, unique=True),
        _belongs_to("conversation", "conversations.id"),
        _needed("question"),
        sa.Column("answer", TEXT),
        *(sa.Column(n, TEXT, nullable=False, server_default="") for n in ("answer_id", "words")),
        sa.Column("problem", TEXT, nullable=False, server_default=""),
        sa.Column("before", TEXT),
        sa.Column("mark", TEXT, nullable=False, server_default=""),
        _needed("created"),
        sqlite_autoincrement=True,
    )
    op.create_index("exchanges_conversation", "exchanges", ["conversation", "number"])


def _needed(name: str, kind: Any = TEXT) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _belongs_to(name: str, column: str) -> sa.Column[Any]:
    return sa.Column(name, TEXT, sa.ForeignKey(column, ondelete="CASCADE"), nullable=False)
