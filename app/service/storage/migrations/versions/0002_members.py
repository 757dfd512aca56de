"""Who may read and who may change a collection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "members",
        sa.Column("collection", TEXT, primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("role", TEXT, nullable=False),
    )
