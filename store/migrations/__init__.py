"""Alembic's revisions of the tables, oldest first in ``versions``; applied by
``store.database.migration``."""
