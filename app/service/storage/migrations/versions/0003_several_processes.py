"""What several processes share: who is asking what now, choices, and the run of an evaluation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "processes",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("beat", sa.Float, nullable=False),
    )
    op.create_table(
        "questions",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("exchange", TEXT, nullable=False),
        _process(),
        sa.Column("stop", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("questions_process", "questions", ["process"])
    op.create_table(
        "choices",
        sa.Column("owner", TEXT, primary_key=True),
        sa.Column("chosen", TEXT, nullable=False),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("cancel", sa.Integer, nullable=False, server_default="0"),
        sa.Column("process", TEXT, nullable=False),
        sa.Column("beat", sa.Float, nullable=False),
    )
    op.create_table(
        "files",
        sa.Column("path", TEXT, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def _process() -> sa.Column[str]:
    belongs = sa.ForeignKey("processes.id", ondelete="CASCADE")
    return sa.Column("process", TEXT, belongs, nullable=False)
