"""Values that the store hands out: documents, revisions, stored passages and hits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.records import FootnoteError, Passage


class StoreError(FootnoteError):
    """The data folder cannot be used as asked; the message says what to do."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a document. ``id`` is content-derived and never reused for other text.

    ``number`` counts a document's revisions from 1; ``created`` is an ISO 8601 UTC time.
    """

    id: str
    document_id: str
    document: str
    number: int
    title: str
    source: str
    media_type: str
    content_hash: str
    created: str
    passages: int
    characters: int
    current: bool


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of a revision. ``id`` is the hash of its text, context and embedder."""

    id: str
    revision: str
    document: str
    ordinal: int
    passage: Passage


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question.

    ``rank`` counts from 1; ``score`` is the fused score (higher is better); ``parts`` holds the
    score of each searcher that found it: ``dense`` (cosine, -1 to 1), ``bm25`` (positive, higher
    is better), and ``dense_rank``/``bm25_rank`` (from 1).
    """

    stored: StoredPassage
    rank: int
    score: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingest did. ``status`` is ``added``, ``changed``, ``unchanged`` or ``moved``."""

    document: str
    revision: str
    status: str
    passages: int
    embedded: int
    seconds: float
