"""What Alembic runs for the tables of the catalogue."""

from __future__ import annotations

from store.migration import run_revisions
from store.tables import metadata

run_revisions(metadata)
