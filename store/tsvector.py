"""Full text in PostgreSQL: a ``tsvector`` a passage, ranked by BM25. See ``store.text_index``.

Words are told apart, folded and stemmed here, as FTS5 does it, so that both databases find the
same. PostgreSQL has no BM25: its own rank, weighted by how rare each word is, chooses the
candidates, and BM25 (Robertson and Zaragoza 2009; k1 and b as FTS5 has them) orders those.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

import snowballstemmer
from sqlalchemy import (
    BigInteger,
    Column,
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

from store.counters import add_to, all_of
from store.database import Database
from store.tables import documents as document_table
from store.tables import meta, passages
from store.words import Phrase, Rarity, spaced

fulltext = Table(
    "fulltext",
    MetaData(),
    Column("passage", BigInteger, primary_key=True, autoincrement=False),
    Column("words", TSVECTOR, nullable=False),
    Column("length", Integer, nullable=False),
)
COST = 4
K1 = 1.2
B = 0.75
CONTEXT_WEIGHT = 0.6
CANDIDATES = 4
"""How many times the passages that are asked for BM25 looks at, and at least ``FEWEST``."""
FEWEST = 200
# Words of the text have the weight A, those of the context B, some places behind the text.
WEIGHTS = f"{{0, 0, {CONTEXT_WEIGHT}, 1}}"
GAP = 8
MANY = 5000
"""Passages with a word beyond which their number is estimated."""
ESTIMATE = text(
    "EXPLAIN (FORMAT JSON) SELECT 1 FROM fulltext WHERE words @@ CAST(:query AS tsquery)"
)
LONGEST = 200
"""Characters of a word that are indexed; PostgreSQL takes 2 kB."""
LAST_PLACE = 16_383
WORDS = "words"
"""The counter of all indexed words, for the mean length."""
TOKEN = re.compile(r"[^\W_]+")
MARKS = re.compile("[\u0300-\u036f]+")
_LOCAL = threading.local()


def add_terms(db: Connection, revision_id: str) -> None:
    """Adds the passages of a revision."""
    columns = passages.c.id, passages.c.text, passages.c.context
    rows, total = [], 0
    for row in db.execute(select(*columns).where(passages.c.revision == revision_id)):
        words, length = _vector(row.text, row.context)
        rows.append({"passage": row.id, "words": words, "length": length})
        total += length
    if rows:
        db.execute(insert(fulltext), rows)
        add_to(db, WORDS, total)


def forget(db: Connection, revision_id: str) -> None:
    """Takes the passages of a revision out."""
    of_it = select(passages.c.id).where(passages.c.revision == revision_id)
    gone = db.execute(
        delete(fulltext).where(fulltext.c.passage.in_(of_it)).returning(fulltext.c.length)
    )
    add_to(db, WORDS, -sum(gone.scalars()))


def clear(db: Connection) -> None:
    """Takes everything out."""
    db.execute(delete(fulltext))
    db.execute(delete(meta).where(meta.c.key == WORDS))


def merge(database: Database) -> None:
    """Frees the space of what was deleted; PostgreSQL's own vacuum overwrites it."""
    with database.outside() as db:
        db.execute(text("VACUUM fulltext"))


def count(db: Connection, wanted: Sequence[Phrase]) -> int:
    """How many passages have all of these phrases."""
    query = _query(wanted, " & ")
    if not query:
        return 0
    if not set("&-") & set(query) and (about := _estimated(db, query)) > MANY:
        return about
    has = fulltext.c.words.op("@@")(text("CAST(:query AS tsquery)"))
    counted = select(func.count()).select_from(fulltext).where(has)
    return int(db.execute(counted, {"query": query}).scalar_one())


def _estimated(db: Connection, query: str) -> int:
    """How many passages have a word, by PostgreSQL's own statistics: counting reads them all."""
    plan = db.execute(ESTIMATE, {"query": query}).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


def matches(
    db: Connection,
    wanted: Sequence[Phrase],
    limit: int,
    documents: Sequence[str] | None,
    rarity: Rarity,
) -> list[tuple[int, float]]:
    """``(passage id, BM25)`` of the best that have any of these phrases, best first."""
    asked: dict[Phrase, float] = {}
    for phrase, idf in rarity(wanted).items():
        if stems := _stems(phrase):  # asked for twice, it counts twice, as in FTS5
            asked[stems] = asked.get(stems, 0.0) + idf
    if not asked:
        return []
    candidates = _candidates(db, asked, max(FEWEST, CANDIDATES * limit), documents)
    scores = _bm25(db, candidates, asked)
    return sorted(scores.items(), key=lambda found: (-found[1], found[0]))[:limit]


def _candidates(
    db: Connection, asked: dict[Phrase, float], limit: int, documents: Sequence[str] | None
) -> list[int]:
    """The passages that PostgreSQL's rank, a sum over the phrases weighted by idf, puts first."""
    values: dict[str, object] = {"query": " | ".join(map(_joined, asked)), "limit": limit}
    ranks = []
    for n, (stems, idf) in enumerate(asked.items()):
        ranks.append(f":idf{n} * ts_rank('{WEIGHTS}', words, CAST(:phrase{n} AS tsquery))")
        values |= {f"idf{n}": idf, f"phrase{n}": _joined(stems)}
    query = (
        select(fulltext.c.passage)
        .where(fulltext.c.words.op("@@")(text("CAST(:query AS tsquery)")))
        .order_by(text(f"{' + '.join(ranks)} DESC"), fulltext.c.passage)
        .limit(bindparam("limit"))
    )
    if documents is not None:
        within = (
            select(passages.c.id)
            .join(document_table, document_table.c.current == passages.c.revision)
            .where(document_table.c.id.in_(documents))
        )
        query = query.where(fulltext.c.passage.in_(within))
    return list(db.execute(query, values).scalars())


def _bm25(
    db: Connection, candidates: Sequence[int], asked: dict[Phrase, float]
) -> dict[int, float]:
    """The score of each candidate: FTS5's own formula."""
    wanted = select(
        fulltext.c.passage, fulltext.c.length, cast(fulltext.c.words, Text).label("words")
    )
    mean = _mean_length(db)
    scores = {}
    for row in db.execute(
        wanted.where(fulltext.c.passage == any_(bindparam("candidates"))),
        {"candidates": list(candidates)},
    ):
        norm = K1 * (1 - B + B * row.length / mean)
        score = 0.0
        for stems, idf in asked.items():
            frequency = _frequency(row.words, stems)
            score += idf * frequency * (K1 + 1) / (frequency + norm)
        scores[row.passage] = score
    return scores


def _mean_length(db: Connection) -> float:
    held = all_of(db)
    return max(1.0, int(held.get(WORDS, 0)) / max(1, int(held.get("passages", 0))))


def _frequency(words: str, stems: Phrase) -> float:
    """How often the stems stand one after the other, each time by its weight."""
    first, *rest = (_places(words, stem) for stem in stems)
    return sum(
        weight
        for place, weight in first.items()
        if all(place + after in held for after, held in enumerate(rest, 1))
    )


def _places(words: str, stem: str) -> dict[int, float]:
    """Where a stem stands in a ``tsvector`` as PostgreSQL writes it, with each place's weight."""
    at = words.find(f"'{stem}':")
    if at < 0:
        return {}
    places = words[at + len(stem) + 3 :].split(" ", 1)[0].split(",")
    return {int(each[:-1]): 1.0 if each[-1] == "A" else CONTEXT_WEIGHT for each in places}


def _query(wanted: Sequence[Phrase], between: str) -> str:
    stemmed = [_stems(phrase) for phrase in wanted]
    return between.join(_joined(stems) for stems in stemmed if stems)


def _joined(stems: Phrase) -> str:
    """A phrase as a ``tsquery``; stems are letters and digits only, so the quotes hold."""
    return "(" + " <-> ".join(f"'{stem}'" for stem in stems) + ")"


def _stems(phrase: Phrase) -> Phrase:
    return tuple(chain.from_iterable(map(tokens, phrase)))


def _vector(said: str, context: str) -> tuple[str, int]:
    """Text and context as a ``tsvector``, and how many words they have."""
    parts: dict[str, list[str]] = {}
    place = length = 0
    for words, weight in ((tokens(spaced(said)), "A"), (tokens(spaced(context)), "B")):
        for word in words:
            place, length = min(place + 1, LAST_PLACE), length + 1
            parts.setdefault(word, []).append(f"{place}{weight}")
        place = min(place + GAP, LAST_PLACE)
    return " ".join(f"'{word}':{','.join(held)}" for word, held in parts.items()), length


def tokens(said: str) -> Iterator[str]:
    """The words of a text, folded and stemmed."""
    return (_stem(word[:LONGEST]) for word in TOKEN.findall(_folded(said)))


def _folded(said: str) -> str:
    """Lower case, without the accents of Latin, Greek and Cyrillic letters."""
    bare = MARKS.sub("", unicodedata.normalize("NFD", said.lower()))
    return unicodedata.normalize("NFC", bare)


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    if not 3 <= len(word.encode()) <= 64:  # as FTS5 leaves them
        return word
    stemmer = getattr(_LOCAL, "stemmer", None)
    if stemmer is None:  # one for each thread: they keep what they work on
        stemmer = _LOCAL.stemmer = snowballstemmer.stemmer("porter")
    return str(stemmer.stemWord(word))
