"""Full text in SQLite: FTS5 with Porter stems, ranked by BM25. See ``store.text_index``."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select, text
from sqlalchemy.engine import Connection

from store.database import Database
from store.tables import passages
from store.words import Phrase, Rarity, spaced

COST = 1
CONTEXT_WEIGHT = 0.6
MERGED_PAGES = 2000

ADD = text("INSERT INTO fulltext (rowid, text, context) VALUES (:id, :text, :context)")
FORGET = text(
    "DELETE FROM fulltext WHERE rowid IN (SELECT id FROM passages WHERE revision = :revision)"
)
MERGE = text("INSERT INTO fulltext (fulltext, rank) VALUES ('merge', :pages)")
COUNT = text("SELECT count(*) FROM fulltext WHERE fulltext MATCH :query")
MATCHES = f"""SELECT rowid, -bm25(fulltext, 1.0, {CONTEXT_WEIGHT}) AS score FROM fulltext
    WHERE fulltext MATCH :query"""
WITHIN = """ AND rowid IN (SELECT p.id FROM passages p JOIN documents d ON d.current = p.revision
    WHERE d.id IN :documents)"""
BEST = " ORDER BY score DESC, rowid LIMIT :limit"


def add_terms(db: Connection, revision_id: str) -> None:
    """Adds the passages of a revision."""
    columns = passages.c.id, passages.c.text, passages.c.context
    found = db.execute(select(*columns).where(passages.c.revision == revision_id)).all()
    if found:
        db.execute(
            ADD,
            [
                {"id": row.id, "text": spaced(row.text), "context": spaced(row.context)}
                for row in found
            ],
        )


def forget(db: Connection, revision_id: str) -> None:
    """Takes the passages of a revision out."""
    db.execute(FORGET, {"revision": revision_id})


def clear(db: Connection) -> None:
    """Takes everything out."""
    db.execute(text("DELETE FROM fulltext"))


def merge(database: Database) -> None:
    """Merges the index's segments into one, so that none holds deleted words any more."""
    pages = -MERGED_PAGES  # negative in the first call: everything is to become one segment
    while True:
        with database.writing() as db:
            before = _changes(db)
            db.execute(MERGE, {"pages": pages})
            if _changes(db) - before < 2:  # as FTS5's documentation tells the end
                return
        pages = MERGED_PAGES


def _changes(db: Connection) -> int:
    return int(db.exec_driver_sql("SELECT total_changes()").scalar_one())


def count(db: Connection, wanted: Sequence[Phrase]) -> int:
    """How many passages have all of these phrases."""
    return int(db.execute(COUNT, {"query": " AND ".join(map(_quote, wanted))}).scalar_one())


def matches(
    db: Connection,
    wanted: Sequence[Phrase],
    limit: int,
    documents: Sequence[str] | None,
    _rarity: Rarity,
) -> list[tuple[int, float]]:
    """``(passage id, BM25)`` of the best that have any of these phrases, best first."""
    values: dict[str, object] = {"query": " OR ".join(map(_quote, wanted)), "limit": limit}
    query = text(MATCHES + BEST)
    if documents is not None:
        query = text(MATCHES + WITHIN + BEST).bindparams(bindparam("documents", expanding=True))
        values["documents"] = list(documents)
    return [(row.rowid, row.score) for row in db.execute(query, values)]


def _quote(phrase: Phrase) -> str:
    return '"' + " ".join(phrase).replace('"', '""') + '"'
