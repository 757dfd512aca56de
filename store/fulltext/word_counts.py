"""How many passages of each collection have a word, in PostgreSQL.

Counting in its full text reads every passage that has the word. So the counts are kept, and change
in the transaction that changes the full text. FTS5 counts from its index alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, MetaData, Table, any_, bindparam, func, select, text
from sqlalchemy.engine import Connection

from store.database.schema import TEXT
from store.database.search_scope import Scope

word_counts = Table(
    "word_counts",
    MetaData(),
    Column("word", TEXT, primary_key=True),
    Column("collection", TEXT, primary_key=True),
    Column("passages", BigInteger, nullable=False),
)
# In order, so that neighbours in the index are written one after the other.
OF_REVISION = (
    "SELECT word, count(*) AS passages FROM fulltext, unnest(tsvector_to_array(words)) AS word"
    " WHERE revision = :revision GROUP BY word ORDER BY word"
)
ADD = text(
    "INSERT INTO word_counts (word, collection, passages)"
    f" SELECT word, :collection, passages FROM ({OF_REVISION}) AS added"
    " ON CONFLICT (word, collection)"
    " DO UPDATE SET passages = word_counts.passages + excluded.passages"
)
SUBTRACT = text(
    "UPDATE word_counts SET passages = word_counts.passages - gone.passages"
    f" FROM ({OF_REVISION}) AS gone"
    " WHERE word_counts.word = gone.word AND collection = :collection"
)
FORGET = text(
    f"DELETE FROM word_counts USING ({OF_REVISION}) AS gone"
    " WHERE word_counts.word = gone.word AND collection = :collection"
    " AND word_counts.passages <= 0"
)
CLEAR = text("DELETE FROM word_counts")
ADD_ALL = text(
    "INSERT INTO word_counts (word, collection, passages)"
    " SELECT word, documents.collection, count(*)"
    " FROM fulltext JOIN documents ON documents.current = fulltext.revision,"
    " unnest(tsvector_to_array(fulltext.words)) AS word GROUP BY 1, 2"
)


def add(db: Connection, collection: str, revision_id: str) -> None:
    """Counts the words of a revision's passages, which the full text has, in a collection."""
    db.execute(ADD, {"collection": collection, "revision": revision_id})


def subtract(db: Connection, collection: str, revision_id: str) -> None:
    """Takes them out again, while the full text still has them; no word is left that none has."""
    for change in (SUBTRACT, FORGET):
        db.execute(change, {"collection": collection, "revision": revision_id})


def recount(db: Connection) -> None:
    """Counts the whole full text again."""
    db.execute(CLEAR)
    db.execute(ADD_ALL)


def passages_with(db: Connection, stems: Sequence[str], scope: Scope) -> dict[str, int]:
    """How many passages of the scope's collections have each word; 0 for those that none has."""
    columns = word_counts.c
    counted = (
        select(columns.word, func.sum(columns.passages))
        .where(columns.word == any_(bindparam("stems")))
        .group_by(columns.word)
    )
    if scope.collections is not None:
        counted = counted.where(columns.collection.in_(sorted(scope.collections)))
    by_word = {row[0]: int(row[1]) for row in db.execute(counted, {"stems": list(stems)})}
    return {stem: by_word.get(stem, 0) for stem in stems}
