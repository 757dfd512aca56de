"""The catalogue's database: engines for SQLite and PostgreSQL, tables, and rows as values."""
