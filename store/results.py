"""The data model of the store: revisions, stored passages, hits, ingest reports, diffs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

from ingest.document import NO_METADATA, Block, BlockKind, Passage
from ingest.errors import FootnoteError

OMISSIONS_KEY = "omissions"
"""The key under which ``Revision.metadata`` keeps ``Document.omissions``, a line each."""


class StoreError(FootnoteError):
    """The data folder cannot be used as asked; the message says what to do."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a document. ``id`` is content-derived and never reused for other text.

    ``number`` counts a document's revisions from 1; ``created`` is an ISO 8601 UTC time, as is
    ``activated``, when it last became the current one (text that comes back is the same revision).
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
    activated: str = ""
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)
    collection: str = ""

    @property
    def omissions(self) -> tuple[str, ...]:
        """What of the source is not in the text, or was assumed: whole sentences."""
        return tuple(filter(None, self.metadata.get(OMISSIONS_KEY, "").split("\n")))


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of a revision. ``id`` is the hash of its text, context and embedder; ``title`` is
    the revision's, ``collection`` its document's."""

    id: str
    revision: str
    document: str
    ordinal: int
    passage: Passage
    title: str = ""
    collection: str = ""


@dataclass(frozen=True)
class RevisionText:
    """The whole text of a revision, and the blocks that slice it (parsed when first asked for)."""

    text: str
    blocks_json: str

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks, in order."""
        return parse_blocks(self.blocks_json)


@lru_cache(maxsize=16)
def parse_blocks(blocks_json: str) -> tuple[Block, ...]:
    """Blocks from the JSON that the catalogue keeps."""
    return tuple(Block(BlockKind(kind), *rest) for kind, *rest in json.loads(blocks_json))


NO_TEXT = RevisionText("", "[]")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question.

    ``rank`` counts from 1; ``score`` is the fused score (higher is better; about 0 to 3);
    ``component_scores`` has the score of each searcher that found it: ``dense`` (cosine, -1 to 1),
    ``bm25`` (positive, higher is better), ``dense_rank``/``bm25_rank`` (from 1), ``rrf``
    (reciprocal rank fusion of the two), and ``sentence`` (cosine of the passage's nearest
    sentence).
    ``cosines`` are those of all its sentences, in order (``ingest.language.sentences``), if the
    hit was compared sentence by sentence. ``source`` is the text of the passage's revision, read in
    the same snapshot as the hit, so that later stages need not open the store again.
    """

    stored: StoredPassage
    rank: int
    score: float
    component_scores: Mapping[str, float]
    cosines: tuple[float, ...] = ()
    source: RevisionText = NO_TEXT


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingest did, or would do (``dry_run``).

    ``status`` is ``added``, ``changed``, ``unchanged``, ``moved`` or ``failed``; ``error`` says why
    it failed. ``passages`` are the revision's, ``embedded`` those whose vectors had to be made.
    ``omissions`` say what of the source is not in the text, or was assumed.
    """

    document: str
    revision: str
    status: str
    passages: int
    embedded: int
    seconds: float
    error: str = ""
    source: str = ""
    omissions: tuple[str, ...] = ()


ChangeKind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class WordRun:
    """A run of a changed passage, for two columns: ``same``, or ``old`` words and ``new`` words."""

    same: bool
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """How one passage differs between two revisions; ``before`` or ``after`` is None if absent.

    ``words`` joined over ``old`` is the text before, over ``new`` the text after.
    """

    kind: ChangeKind
    before: StoredPassage | None
    after: StoredPassage | None
    words: tuple[WordRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed from revision ``a`` to ``b``, in order; ``unchanged`` counts the rest."""

    document: str
    a: Revision
    b: Revision
    changes: tuple[Change, ...]
    unchanged: int


AnswerStatus = Literal["current", "moved", "stale", "unreadable", "worth asking again"]


@dataclass(frozen=True, slots=True)
class CitationStatus:
    """A stored citation held against the document of today.

    ``text of revision[start:end]`` is what was cited. ``now`` is the revision, start and end of the
    same words today, or None if they went. ``why`` says what changed ("" if nothing did).
    """

    n: int
    document: str
    revision: str
    start: int
    end: int
    quote: str
    status: AnswerStatus
    why: str = ""
    now: tuple[str, int, int] | None = None


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer once given, and whether it still holds. ``payload`` is the answer's JSON."""

    id: str
    created: str
    question: str
    refused: bool
    payload: Mapping[str, object]
    status: AnswerStatus
    citations: tuple[CitationStatus, ...]
