"""The tables of version 0.1.0: users, conversations, and what several processes share."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
ROWID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Makes the tables."""
    _make_people()
    _make_conversations()
    _make_what_processes_share()


def _make_people() -> None:
    op.create_table(
        "users",
        sa.Column("name", TEXT, primary_key=True),
        _needed("hash"),
        sa.Column("owner", TEXT, nullable=False, server_default=""),
    )
    op.create_table("former_users", sa.Column("owner", TEXT, primary_key=True), _needed("name"))
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
        "members",
        *(sa.Column(name, TEXT, primary_key=True) for name in ("collection", "name")),
        _needed("role"),
    )


def _make_conversations() -> None:
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


def _make_what_processes_share() -> None:
    op.create_table("processes", sa.Column("id", TEXT, primary_key=True), _needed("beat", sa.Float))
    op.create_table(
        "questions",
        sa.Column("id", TEXT, primary_key=True),
        *map(_needed, ("owner", "exchange")),
        _belongs_to("process", "processes.id"),
        sa.Column("stop", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("questions_process", "questions", ["process"])
    op.create_table("choices", sa.Column("owner", TEXT, primary_key=True), _needed("chosen"))
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Integer, primary_key=True),
        *map(_needed, ("owner", "state")),
        sa.Column("cancel", sa.Integer, nullable=False, server_default="0"),
        _needed("process"),
        _needed("beat", sa.Float),
    )
    op.create_table(
        "files",
        sa.Column("path", TEXT, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        _needed("data", sa.LargeBinary),
    )


def _needed(name: str, kind: Any = TEXT) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _belongs_to(name: str, column: str) -> sa.Column[Any]:
    return sa.Column(name, TEXT, sa.ForeignKey(column, ondelete="CASCADE"), nullable=False)
