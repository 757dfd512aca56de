"""What Alembic runs for the tables of users and conversations."""

from __future__ import annotations

from app.service.tables import metadata
from store.migration import run_revisions

run_revisions(metadata)
