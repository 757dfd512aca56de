"""Who had a name before: what is kept under it is not for whoever is given the name next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Names what each user owns, and the owners of before of whom something is kept."""
    op.add_column("users", sa.Column("owner", TEXT, nullable=False, server_default=""))
    op.execute("UPDATE users SET owner = name")
    former = op.create_table(
        "former_users",
        sa.Column("owner", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
    )
    held = "SELECT DISTINCT owner FROM conversations WHERE owner <> ''"
    gone = op.get_bind().exec_driver_sql(f"{held} AND owner NOT IN (SELECT name FROM users)")
    rows = [{"owner": owner, "name": owner} for (owner,) in gone]
    if rows:
        op.bulk_insert(former, rows)
