"""Alembic's revisions of the tables of users and conversations; applied by
``store.database.migration``."""
