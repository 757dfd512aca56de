"""The tables of users and conversations, as SQLAlchemy knows them;
``app.service.storage.migrations`` makes and changes them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
)

from store.database.schema import ROWID, TEXT

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("hash", TEXT, nullable=False),
    # What all that is theirs is kept under: the name, or another if somebody had it before.
    Column("owner", TEXT, nullable=False, server_default=""),
)
former_users = Table(
    "former_users",
    metadata,
    Column("owner", TEXT, primary_key=True),
    Column("name", TEXT, nullable=False),
)
sessions = Table(
    "sessions",
    metadata,
    # The token's hash: who reads the table cannot sign in with it.
    Column("token", TEXT, primary_key=True),
    Column("name", TEXT, ForeignKey("users.name", ondelete="CASCADE"), nullable=False),
    Column("expires", Float, nullable=False),
)
attempts = Table(
    "attempts",
    metadata,
    Column("id", ROWID, primary_key=True),
    Column("who", TEXT, nullable=False),
    Column("at", Float, nullable=False),
    Index("attempts_who", "who"),
)
members = Table(
    "members",
    metadata,
    Column("collection", TEXT, primary_key=True),
    # A user's name, or * for everybody.
    Column("name", TEXT, primary_key=True),
    Column("role", TEXT, nullable=False),
)
conversations = Table(
    "conversations",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("owner", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("updated", TEXT, nullable=False),
    # When it was deleted; until it is forgotten it can be brought back.
    Column("deleted", TEXT),
    Index("conversations_owner", "owner", "updated"),
)
exchanges = Table(
    "exchanges",
    metadata,
    Column("number", ROWID, primary_key=True),
    Column("id", TEXT, nullable=False, unique=True),
    Column(
        "conversation", TEXT, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
    ),
    Column("question", TEXT, nullable=False),
    Column("answer", TEXT),
    # The answer's id and its words in small letters, so that nobody reads JSON to find them.
    Column("answer_id", TEXT, nullable=False, server_default=""),
    Column("words", TEXT, nullable=False, server_default=""),
    Column("problem", TEXT, nullable=False, server_default=""),
    Column("before", TEXT),
    Column("mark", TEXT, nullable=False, server_default=""),
    Column("created", TEXT, nullable=False),
    Index("exchanges_conversation", "conversation", "number"),
    sqlite_autoincrement=True,
)

# What several processes share.
processes = Table(
    "processes",
    metadata,
    Column("id", TEXT, primary_key=True),
    # When it last said that it lives, in seconds since 1970.
    Column("beat", Float, nullable=False),
)
questions = Table(
    "questions",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("owner", TEXT, nullable=False),
    Column("exchange", TEXT, nullable=False),
    Column("process", TEXT, ForeignKey("processes.id", ondelete="CASCADE"), nullable=False),
    Column("stop", Integer, nullable=False, server_default="0"),
    Index("questions_process", "process"),
)
choices = Table(
    "choices",
    metadata,
    Column("owner", TEXT, primary_key=True),
    # Settings by name, as JSON.
    Column("chosen", TEXT, nullable=False),
)
# Question sets, calibration and runs, if several machines share them.
files = Table(
    "files",
    metadata,
    # In the data folder, with slashes.
    Column("path", TEXT, primary_key=True),
    # Grows with each change.
    Column("number", BigInteger, nullable=False, unique=True),
    Column("data", LargeBinary, nullable=False),
)
evaluation = Table(
    "evaluation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("cancel", Integer, nullable=False, server_default="0"),
    Column("process", TEXT, nullable=False),
    Column("beat", Float, nullable=False),
)
