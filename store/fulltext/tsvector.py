"""Full text in PostgreSQL: a ``tsvector`` a passage, ranked by BM25. See
``store.fulltext.text_index``.

Words are told apart, folded and stemmed here, as FTS5 does it, so that both databases find the
same. PostgreSQL has no BM25: its own rank, weighted by how rare each word is, chooses the
candidates, and BM25 (Robertson and Zaragoza 2009; k1 and b as FTS5 has them) orders those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.engine import Connection

from store.database.database import Database
from store.database.schema import TEXT, documents, passages
from store.database.search_scope import EVERYTHING, Scope
from store.fulltext import bm25, word_counts
from store.fulltext.query_terms import Every, Phrase, Rarity

fulltext = Table(
    "fulltext",
    MetaData(),
    Column("passage", BigInteger, primary_key=True, autoincrement=False),
    Column("words", TSVECTOR, nullable=False),
    Column("length", Integer, nullable=False),
    # So that the passages need not be looked up to learn whose a match is.
    Column("revision", TEXT, nullable=False),
)
RANGES = False
COST = 4
WEIGHTS = f"{{0, 0, {bm25.CONTEXT_WEIGHT}, 1}}"
HAS_WORDS = fulltext.c.words.op("@@")(text("CAST(:query AS tsquery)"))


def add_terms(db: Connection, revision_id: str) -> None:
    """Adds the passages of a revision."""
    columns = passages.c.id, passages.c.text, passages.c.context
    rows = []
    for row in db.execute(select(*columns).where(passages.c.revision == revision_id)):
        words, length = bm25.vector(row.text, row.context)
        values = {"passage": row.id, "words": words, "length": length}
        rows.append({**values, "revision": revision_id})
    if rows:
        db.execute(insert(fulltext), rows)


def words(db: Connection, revision_id: str) -> int:
    """How many words of a revision are in it."""
    summed = select(func.coalesce(func.sum(fulltext.c.length), 0))
    return int(db.execute(summed.where(fulltext.c.revision == revision_id)).scalar_one())


def forget(db: Connection, revision_id: str) -> None:
    """Takes the passages of a revision out."""
    db.execute(delete(fulltext).where(fulltext.c.revision == revision_id))


def _inside(scope: Scope) -> ColumnElement[bool]:
    return fulltext.c.revision.in_(select(documents.c.current).where(scope.where))


def clear(db: Connection) -> None:
    """Takes everything out."""
    db.execute(delete(fulltext))


def merge(database: Database) -> None:
    """Frees the space of what was deleted; PostgreSQL's own vacuum overwrites it."""
    with database.outside() as db:
        db.execute(text("VACUUM fulltext"))


def count_words(db: Connection, collection: str, revision_id: str, sign: int) -> None:
    """Counts the words of a revision in a collection, or (-1) takes them out of it."""
    (word_counts.add if sign > 0 else word_counts.subtract)(db, collection, revision_id)


def recount_words(db: Connection) -> None:
    """Counts all words again."""
    word_counts.recount(db)


def counts(db: Connection, words: Sequence[Every], scope: Scope) -> list[int]:
    """For each, how many passages inside the scope have all its phrases."""
    queries = [tuple(stems for stems in map(bm25.stemmed, every) if stems) for every in words]
    alone = [every[0][0] for every in queries if len(every) == 1 and len(every[0]) == 1]
    known = word_counts.passages_with(db, alone, scope) if alone else {}
    by_words = {((stem,),): count for stem, count in known.items()}
    return [by_words[every] if every in by_words else _count(db, every, scope) for every in queries]


def _count(db: Connection, stemmed: Every, scope: Scope) -> int:
    """The same of a phrase, or of several: the passages that have it are read."""
    if not stemmed:
        return 0
    counted = select(func.count()).select_from(fulltext).where(HAS_WORDS)
    if scope.restricted:
        counted = counted.where(_inside(scope))
    return int(db.execute(counted, {"query": " & ".join(map(_joined, stemmed))}).scalar_one())


def matches(
    db: Connection, phrases: Sequence[Phrase], limit: int, scope: Scope, rarity: Rarity
) -> list[tuple[int, float]]:
    """``(passage id, BM25)`` of the best that have any of these phrases, best first."""
    weights = bm25.weighted(rarity(phrases))
    if not weights:
        return []
    candidates = _candidates(
        db, weights, max(bm25.MIN_CANDIDATES, bm25.CANDIDATE_FACTOR * limit), scope
    )
    return bm25.best(_scores(db, candidates, weights, scope), limit)


def _candidates(
    db: Connection, weights: Mapping[Phrase, float], limit: int, scope: Scope
) -> list[int]:
    """The passages that PostgreSQL's rank, a sum over the phrases weighted by idf, puts first."""
    values: dict[str, object] = {"query": " | ".join(map(_joined, weights)), "limit": limit}
    ranks = []
    for n, (stems, idf) in enumerate(weights.items()):
        ranks.append(f":idf{n} * ts_rank('{WEIGHTS}', words, CAST(:phrase{n} AS tsquery))")
        values |= {f"idf{n}": idf, f"phrase{n}": _joined(stems)}
    query = (
        select(fulltext.c.passage)
        .where(HAS_WORDS)
        .order_by(text(f"{' + '.join(ranks)} DESC"), fulltext.c.passage)
        .limit(bindparam("limit"))
    )
    if scope != EVERYTHING:
        query = query.where(_inside(scope))
    return list(db.execute(query, values).scalars())


def _scores(
    db: Connection, candidates: Sequence[int], weights: Mapping[Phrase, float], scope: Scope
) -> dict[int, float]:
    """The BM25 of each candidate."""
    columns = fulltext.c.passage, fulltext.c.length, cast(fulltext.c.words, Text).label("words")
    statement = select(*columns).where(fulltext.c.passage == any_(bindparam("candidates")))
    mean = scope.totals(db).mean_length
    return {
        row.passage: bm25.score(row.words, row.length, mean, weights)
        for row in db.execute(statement, {"candidates": list(candidates)})
    }


def _joined(stems: Phrase) -> str:
    """A phrase as a ``tsquery``; stems are letters and digits only, so the quotes hold."""
    return "(" + " <-> ".join(f"'{stem}'" for stem in stems) + ")"
