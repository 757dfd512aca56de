"""Full text in SQLite: FTS5 with Porter stems, ranked by BM25. See ``text_index``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import (
    BigInteger,
    Column,
    Label,
    LargeBinary,
    MetaData,
    Select,
    Table,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.engine import Connection

from store.database.database import Database
from store.database.row_mapping import STATEMENT_BATCH_SIZE, batched
from store.database.schema import passages
from store.database.search_scope import CURRENT_PASSAGES, EVERYTHING, Scope
from store.fulltext import bm25
from store.fulltext.query_terms import Every, Phrase, Rarity, spaced

COST = 1
RANGES = True
MERGED_PAGES = 2000
fulltext = Table("fulltext", MetaData(), Column("rowid", BigInteger, primary_key=True))
# FTS5 keeps how many words each row has: for each column one SQLite varint.
lengths = Table(
    "fulltext_docsize",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("sz", LargeBinary),
)
ADD = text("INSERT INTO fulltext (rowid, text, context) VALUES (:id, :text, :context)")
FORGET = text(
    "DELETE FROM fulltext WHERE rowid IN (SELECT id FROM passages WHERE revision = :revision)"
)
MERGE = text("INSERT INTO fulltext (fulltext, rank) VALUES ('merge', :pages)")
HAS_WORDS = text("fulltext MATCH :query")
SCORE: Label[float] = literal_column(f"-bm25(fulltext, 1.0, {bm25.CONTEXT_WEIGHT})").label("score")


def add_terms(db: Connection, revision_id: str) -> None:
    """Adds the passages of a revision."""
    columns = passages.c.id, passages.c.text, passages.c.context
    rows = db.execute(select(*columns).where(passages.c.revision == revision_id)).all()
    if rows:
        db.execute(
            ADD,
            [
                {"id": row.id, "text": spaced(row.text), "context": spaced(row.context)}
                for row in rows
            ],
        )


def words(db: Connection, revision_id: str) -> int:
    """How many words of a revision are in it."""
    of_it = select(passages.c.id).where(passages.c.revision == revision_id)
    sizes = db.execute(select(lengths.c.sz).where(lengths.c.id.in_(of_it))).scalars()
    return sum(map(_length, sizes))


def _length(packed: bytes) -> int:
    """The sum of some varints: seven bits a byte, the highest bit says that more follow."""
    total = value = 0
    for byte in packed:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            total, value = total + value, 0
    return total


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
            if _changes(db) - before < 2:  # as FTS5's documentation describes the end
                return
        pages = MERGED_PAGES


def _changes(db: Connection) -> int:
    return int(db.exec_driver_sql("SELECT total_changes()").scalar_one())


def count_words(db: Connection, collection: str, revision_id: str, sign: int) -> None:
    """Nothing: FTS5 counts words from its index alone."""


def recount_words(db: Connection) -> None:
    """Nothing: FTS5 counts words from its index alone."""


def counts(db: Connection, words: Sequence[Every], scope: Scope) -> list[int]:
    """For each, how many passages inside the scope have all its phrases."""
    counted = select(func.count()).select_from(fulltext).where(HAS_WORDS)
    if scope.ranges is not None:
        counted = counted.where(scope.ranges.holding(fulltext.c.rowid))
    elif scope.restricted:
        counted = counted.where(scope.holding(db, fulltext.c.rowid))
    queries = (_query(every, " AND ") for every in words)
    return [int(db.execute(counted, {"query": query}).scalar_one()) for query in queries]


def matches(
    db: Connection, phrases: Sequence[Phrase], limit: int, scope: Scope, rarity: Rarity
) -> list[tuple[int, float]]:
    """``(passage id, BM25)`` of the best that have any of these phrases, best first."""
    query = (
        select(fulltext.c.rowid, SCORE).where(HAS_WORDS).order_by(SCORE.desc(), fulltext.c.rowid)
    )
    values: dict[str, object] = {"query": _query(phrases, " OR ")}
    if not scope.restricted:
        if scope != EVERYTHING:
            query = query.where(scope.holding(db, fulltext.c.rowid))
        return [(row.rowid, row.score) for row in db.execute(query.limit(limit), values)]
    # FTS5's own scores tell of passages outside: how many there are, and how many have a word.
    candidates = _inside(db, query, values, max(bm25.MIN_CANDIDATES, 2 * limit), scope)
    return bm25.best(_scores(db, candidates, scope, rarity(phrases)), limit)


def _inside(
    db: Connection, query: Select[int, float], values: dict[str, object], most: int, scope: Scope
) -> list[int]:
    """The first ``most`` matches that are inside."""
    if scope.documents is None and scope.ranges is not None:
        matched = (row.rowid for row in db.execute(query, values))
        return list(islice((each for each in matched if each in scope.ranges), most))
    if scope.documents is not None or scope.is_small(db):
        within = query.where(scope.holding(db, fulltext.c.rowid)).limit(most)
        return [row.rowid for row in db.execute(within, values)]
    # Whether a match is inside takes longer than to find it: asked of the best alone.
    row_ids: list[int] = []
    current = select(passages.c.id).select_from(CURRENT_PASSAGES).where(scope.checked)
    for part in db.execute(query, values).partitions(STATEMENT_BATCH_SIZE):
        ids = [row.rowid for row in part]
        inside = set(db.execute(current.where(passages.c.id.in_(ids))).scalars())
        row_ids += [each for each in ids if each in inside]
        if len(row_ids) >= most:
            break
    return row_ids[:most]


def _scores(
    db: Connection, ids: Sequence[int], scope: Scope, rarity: dict[Phrase, float]
) -> dict[int, float]:
    weights, mean = bm25.weighted(rarity), scope.totals(db).mean_length
    columns = select(passages.c.id, passages.c.text, passages.c.context)
    scores = {}
    for part in batched(ids):
        for row in db.execute(columns.where(passages.c.id.in_(part))):
            scores[row.id] = bm25.score_of_text(row.text, row.context, mean, weights)
    return scores


def _query(phrases: Iterable[Phrase], between: str) -> str:
    return between.join('"' + " ".join(each).replace('"', '""') + '"' for each in phrases)
