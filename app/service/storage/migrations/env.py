"""What Alembic runs for the tables of users and conversations."""

from __future__ import annotations

from app.service.storage.app_schema import metadata
from store.database.migration import run_revisions

run_revisions(metadata)
