"""What Alembic runs for the tables of the catalogue."""

from __future__ import annotations

from store.database.migration import run_revisions
from store.database.schema import metadata

run_revisions(metadata)
