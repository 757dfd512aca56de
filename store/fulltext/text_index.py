"""The full text of the current passages, whichever database keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy.engine import Connection

from store.database.database import Database
from store.database.search_scope import Scope
from store.fulltext import fts5, tsvector
from store.fulltext.query_terms import Every, Phrase, Rarity


class TextIndex(Protocol):
    """What both full texts do, inside the transaction of ``db``."""

    @property
    def COST(self) -> int:  # noqa: N802
        """How many times as long as in FTS5 it takes to score a match."""

    @property
    def RANGES(self) -> bool:  # noqa: N802
        """Whether matches are counted faster by ranges of ids than by looking each one up."""

    def add_terms(self, db: Connection, revision_id: str) -> None:
        """Adds the passages of a revision."""

    def words(self, db: Connection, revision_id: str) -> int:
        """How many words of a revision are in it."""

    def forget(self, db: Connection, revision_id: str) -> None:
        """Takes the passages of a revision out."""

    def clear(self, db: Connection) -> None:
        """Takes everything out."""

    def count_words(self, db: Connection, collection: str, revision_id: str, sign: int) -> None:
        """Counts the words of a revision in a collection, or (-1) takes them out of it, while they
        are in the full text."""

    def recount_words(self, db: Connection) -> None:
        """Counts all words again."""

    def counts(self, db: Connection, words: Sequence[Every], scope: Scope) -> list[int]:
        """For each, how many passages inside the scope's collections have all its phrases."""

    def matches(
        self, db: Connection, phrases: Sequence[Phrase], limit: int, scope: Scope, rarity: Rarity
    ) -> list[tuple[int, float]]:
        """``(passage id, BM25)`` of the best inside the scope that have any of these phrases, best
        first. ``rarity`` gives the idf of phrases."""

    def merge(self, database: Database) -> None:
        """Leaves no deleted words behind, a moment at a time, so that others can write."""


def text_index(db: Connection) -> TextIndex:
    """The full text of this database."""
    return tsvector if db.dialect.name == "postgresql" else fts5
