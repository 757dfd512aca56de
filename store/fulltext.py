"""Full-text search of the current passages: SQLite FTS5 with Porter stems, ranked by BM25."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence

from ingest.language.stopwords import STOP_WORDS
from store.database import Database
from store.document_frequency import DocumentFrequency
from store.document_frequency import idf as rarity

WORD = re.compile(r"\w+", re.UNICODE)
# Scripts written without spaces: every character is indexed as a word, and a run asked as phrases.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0002fa1f]"
)
MOST_TERMS = 48
CONTEXT_WEIGHT = 0.6
MERGED_PAGES = 2000
# Scoring a match takes about a microsecond; words beyond so many are the ones that tell least.
MOST_MATCHES = 20_000


def spaced(text: str) -> str:
    """``text`` with the characters of unspaced scripts set apart."""
    return UNSPACED.sub(r" \g<0> ", text)


def add_terms(db: sqlite3.Connection, revision_id: str) -> None:
    """Adds the passages of a revision to the full text."""
    found = db.execute("SELECT id, text, context FROM passages WHERE revision = ?", (revision_id,))
    db.executemany(
        "INSERT INTO fulltext (rowid, text, context) VALUES (?, ?, ?)",
        [(row["id"], spaced(row["text"]), spaced(row["context"])) for row in found],
    )


def forget(db: sqlite3.Connection, revision_id: str) -> None:
    """Takes the passages of a revision out of the full text."""
    db.execute(
        "DELETE FROM fulltext WHERE rowid IN (SELECT id FROM passages WHERE revision = ?)",
        (revision_id,),
    )


def merge(catalogue: Database) -> None:
    """Merges the index's segments into one, so that none holds deleted words any more; a moment at
    a time, so that others can write."""
    pages = -MERGED_PAGES  # negative in the first call: everything is to become one segment
    while True:
        with catalogue.writing() as db:
            before = db.total_changes
            db.execute("INSERT INTO fulltext (fulltext, rank) VALUES ('merge', ?)", (pages,))
            if db.total_changes - before < 2:  # as FTS5's documentation tells the end
                return
        pages = MERGED_PAGES


def terms(question: str) -> list[str]:
    """The search terms of a question, each a quoted FTS5 string, stop words left out.

    Stop words are kept where nothing else was asked. Any text is safe: only letters, digits and
    underscores reach FTS5, and at most ``MOST_TERMS`` terms.
    """
    return list(dict.fromkeys(_quoted(informative_terms(question))))[:MOST_TERMS]


def informative_terms(question: str) -> list[str]:
    """The distinct words of a question, in lower case, without the stop words (if others remain),
    at most ``MOST_TERMS``."""
    words = dict.fromkeys(
        word.lower() for word in WORD.findall(question.replace("'s", " ").replace("’s", " "))
    )
    return ([word for word in words if word not in STOP_WORDS] or list(words))[:MOST_TERMS]


def _quoted(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        if not UNSPACED.search(word):
            yield _quote(word)
            continue
        characters = spaced(word).split()
        pairs = [" ".join(pair) for pair in zip(characters, characters[1:], strict=False)]
        yield from (_quote(pair) for pair in pairs or characters)


def _quote(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def matches(
    db: sqlite3.Connection,
    question: str,
    limit: int,
    documents: Sequence[str] | None,
    frequency: DocumentFrequency,
) -> list[tuple[int, float]]:
    """``(passage rowid, BM25)`` of the best current passages, best first; higher is better."""
    wanted = _affordable(terms(question), db, frequency)
    if not wanted or documents == []:
        return []
    within = ""
    if documents is not None:
        marks = ",".join("?" * len(documents))
        within = f"""AND rowid IN (SELECT p.id FROM passages p
            JOIN documents d ON d.current = p.revision WHERE d.id IN ({marks}))"""
    found = db.execute(
        f"""SELECT rowid, -bm25(fulltext, 1.0, {CONTEXT_WEIGHT}) AS score FROM fulltext
        WHERE fulltext MATCH ? {within} ORDER BY score DESC, rowid LIMIT ?""",
        (" OR ".join(wanted), *(documents or ()), limit),
    )
    return [(row["rowid"], row["score"]) for row in found]


def _affordable(
    wanted: list[str], db: sqlite3.Connection, frequency: DocumentFrequency
) -> list[str]:
    """The terms, without the most frequent ones where all together match too many passages."""
    if frequency.passages(db) <= MOST_MATCHES:
        return wanted
    counts = frequency.counts(db, wanted)
    kept: list[str] = []
    matched = 0
    for term in sorted(wanted, key=lambda each: counts[each]):
        matched += counts[term]
        if kept and matched > MOST_MATCHES:
            break
        kept.append(term)
    return kept


def idf(
    db: sqlite3.Connection, words: Sequence[str], frequency: DocumentFrequency
) -> dict[str, float]:
    """How rare each word is among the current passages (BM25's smoothed idf, natural log, >= 0)."""
    distinct = dict.fromkeys(words)
    asked = {word: " AND ".join(_quoted(WORD.findall(word.lower()))) for word in distinct}
    counts = frequency.counts(db, [term for term in asked.values() if term])
    total = frequency.passages(db)
    return {word: rarity(total, counts.get(term, 0)) for word, term in asked.items()}
