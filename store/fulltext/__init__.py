"""Full-text search: BM25 over SQLite's FTS5 or PostgreSQL's ``tsvector``."""
