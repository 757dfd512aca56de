"""Full-text search of the current passages, ranked by BM25, and how rare words are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection

from store.fulltext.document_frequency import DocumentFrequency
from store.fulltext.document_frequency import idf as rarity
from store.fulltext.query_terms import WORD_PATTERN, Phrase, phrases, terms
from store.fulltext.text_index import text_index

# Scoring a match takes FTS5 about a microsecond; words beyond so many are the ones that say least.
MAX_MATCHES = 20_000


def matches(
    db: Connection,
    question: str,
    limit: int,
    documents: Sequence[str] | None,
    frequency: DocumentFrequency,
) -> list[tuple[int, float]]:
    """``(passage id, BM25)`` of the best current passages, best first; higher is better."""
    affordable = _affordable(terms(question), db, frequency)
    if not affordable or documents == []:
        return []

    def rarity_of(some: Sequence[Phrase]) -> dict[Phrase, float]:
        return frequency.ranking_idf(db, some)

    chosen = None if documents is None else tuple(documents)
    scope = replace(frequency.scope_in(db), documents=chosen)
    return text_index(db).matches(db, affordable, limit, scope, rarity_of)


def _affordable(query: list[Phrase], db: Connection, frequency: DocumentFrequency) -> list[Phrase]:
    """The phrases, without the most frequent ones if all together match too many passages."""
    most = MAX_MATCHES // text_index(db).COST
    if frequency.passages(db) <= most:
        return query
    counts = frequency.counts(db, [(phrase,) for phrase in query])
    chosen: list[Phrase] = []
    matched = 0
    for phrase in sorted(query, key=lambda each: counts[(each,)]):
        matched += counts[(phrase,)]
        if chosen and matched > most:
            break
        chosen.append(phrase)
    return chosen


def idf(db: Connection, words: Sequence[str], frequency: DocumentFrequency) -> dict[str, float]:
    """How rare each word is among the current passages (BM25's smoothed idf, natural log, >= 0)."""
    distinct = dict.fromkeys(words)
    phrases_of = {word: tuple(phrases(WORD_PATTERN.findall(word.lower()))) for word in distinct}
    counts = frequency.counts(db, [every for every in phrases_of.values() if every])
    total = frequency.passages(db)
    return {word: rarity(total, counts.get(every, 0)) for word, every in phrases_of.items()}
