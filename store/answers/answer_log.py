"""Stored answers, and whether their citations still hold."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from ingest.document import Block
from store.answers.citation_status import RevisionComparison, SpanStatus
from store.catalogue.catalogue import Catalogue
from store.database.row_mapping import AnyRow, batched
from store.database.schema import answer_citations, answers, documents, revisions
from store.indexing.indexer import utc_now
from store.results import (
    AnswerStatus,
    CitationStatus,
    Hit,
    StoredAnswer,
    StoreError,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from store.search.retrieval import Retrieval

# A refusal is worth asking again when one of the TOP passages of today was not among the candidates
# of then, and is at least this near (cosine) to the question.
TOP_HITS = 3
NEAR_SCORE = 0.3
UNREADABLE_REASON = "You may no longer read this document."


CITED_SPANS = select(answer_citations, documents.c.name, documents.c.current).select_from(
    answer_citations.join(revisions, revisions.c.id == answer_citations.c.revision).join(
        documents, documents.c.id == revisions.c.document
    )
)


class CitationLike(Protocol):
    """A citation as answers carry it."""

    @property
    def n(self) -> int: ...
    @property
    def revision(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def passage_id(self) -> str: ...


SearchBy = Callable[[str, "NDArray[np.float32] | None", Sequence[str] | None], list[Hit]]
"""The best passages for a question, its vector if known, and the ids of the documents asked."""


def record_answer(
    catalogue: Catalogue,
    payload: Mapping[str, object],
    citations: Sequence[CitationLike],
    model: str,
    retrieval: Retrieval,
) -> str:
    """Keeps an answer; returns its id. ``model`` is the embedder's id, and ``retrieval`` what a
    refusal saw (nothing for an answer)."""
    answer_id = str(payload.get("id") or uuid.uuid4().hex)
    seen = {
        "model": model,
        "seen": [_words(hit) for hit in retrieval.candidates],
        "documents": retrieval.documents,
    }
    payload_json = json.dumps({**payload, "id": answer_id})
    question = str(payload.get("question", "")).encode("utf-8", "replace").decode()
    try:
        with catalogue.database.writing() as db:
            db.execute(delete(answers).where(answers.c.id == answer_id))
            db.execute(
                insert(answers).values(
                    id=answer_id,
                    created=utc_now(),
                    question=question,
                    refused=bool(payload.get("refused")),
                    payload=payload_json,
                    seen=json.dumps(seen),
                    vector=retrieval.vector,
                )
            )
            rests_on = [
                {
                    "answer": answer_id,
                    "n": cited.n,
                    "revision": cited.revision,
                    "begins": cited.start,
                    "ends": cited.end,
                    "passage": cited.passage_id,
                }
                for cited in citations
            ]
            if rests_on:
                db.execute(insert(answer_citations), rests_on)
    except IntegrityError as error:
        raise StoreError(
            "The answer cites a revision that is gone (purged meanwhile), or one number twice; "
            "ask again."
        ) from error
    return answer_id


def load_answers(
    catalogue: Catalogue, model: str, search: SearchBy, ids: Collection[str] | None = None
) -> list[StoredAnswer]:
    """The stored answers (those of ``ids``), newest first, held against the documents of today."""
    with catalogue.database.reading() as db:
        rows = _held(db, ids)
        judge = _CitationChecker(catalogue)
        return [_answer(row, judge.citations(row.id), model, search) for row in rows]


def _held(db: Connection, ids: Collection[str] | None) -> list[AnyRow]:
    """The rows of these answers (of all if None), newest first."""
    if ids is None:
        statements = [select(answers)]
    else:
        statements = [select(answers).where(answers.c.id.in_(part)) for part in batched(list(ids))]
    rows = [row for query in statements for row in db.execute(query.order_by(answers.c.id))]
    return sorted(rows, key=lambda row: row.created, reverse=True)


def _answer(
    row: AnyRow, citations: tuple[CitationStatus, ...], model: str, search: SearchBy
) -> StoredAnswer:
    status: AnswerStatus = "current"
    if row.refused:
        status = (
            "worth asking again" if _has_new_relevant_passages(row, model, search) else "current"
        )
    else:
        statuses = {citation.status for citation in citations}
        worst: tuple[AnswerStatus, ...] = ("unreadable", "stale", "moved")
        status = next((each for each in worst if each in statuses), "current")
    return StoredAnswer(
        id=row.id,
        created=row.created,
        question=row.question,
        refused=bool(row.refused),
        payload=json.loads(row.payload),
        status=status,
        citations=citations,
    )


def _has_new_relevant_passages(row: AnyRow, model: str, search: SearchBy) -> bool:
    """Whether passages that the refusal did not see are now among the best."""
    import numpy as np

    noted = json.loads(row.seen)
    vector = None
    if row.vector and noted["model"] == model:
        vector = np.frombuffer(row.vector, dtype=np.float32)
    payload = json.loads(row.payload)
    question = str(payload.get("standalone") or row.question)
    seen, documents = set(noted["seen"]), noted.get("documents")
    return any(
        _words(hit) not in seen and hit.component_scores.get("dense", 0.0) >= NEAR_SCORE
        for hit in search(question, vector, documents)[:TOP_HITS]
    )


def _words(hit: Hit) -> str:
    """What a passage says, whatever embedder or heading it has."""
    return hashlib.sha256(hit.stored.passage.text.encode()).hexdigest()[:16]


class _CitationChecker:
    """Holds citations against the documents of today; each pair of revisions compared once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._compared: dict[tuple[str, str], RevisionComparison] = {}

    def citations(self, answer_id: str) -> tuple[CitationStatus, ...]:
        this = answer_citations.c.answer == answer_id
        readable = self._catalogue.scope.where.label("readable")
        statement = CITED_SPANS.add_columns(readable).where(this).order_by(answer_citations.c.n)
        with self._catalogue.database.reading() as db:
            return tuple(self._status(row) for row in db.execute(statement))

    def _status(self, row: AnyRow) -> CitationStatus:
        start, end = row.begins, row.ends
        if not row.readable:
            return CitationStatus(
                row.n,
                "",
                row.revision,
                start,
                end,
                quote="",
                status="unreadable",
                why=UNREADABLE_REASON,
            )
        now_cited = self._span_status(row.revision, row.current, start, end)
        return CitationStatus(
            n=row.n,
            document=row.name,
            revision=row.revision,
            start=start,
            end=end,
            quote=self._catalogue.text(row.revision)[start:end],
            status=now_cited.status,
            why=now_cited.why,
            now=(row.current, *now_cited.span) if now_cited.span else None,
        )

    def _span_status(self, cited: str, current: str | None, start: int, end: int) -> SpanStatus:
        if current is None:
            return SpanStatus("stale", "The document was removed.", None)
        if current == cited:
            return SpanStatus("current", "", (start, end))
        if (cited, current) not in self._compared:
            self._compared[cited, current] = RevisionComparison(
                self._read(cited), self._read(current)
            )
        return self._compared[cited, current].span_status(start, end)

    def _read(self, revision: str) -> tuple[str, tuple[Block, ...]]:
        return self._catalogue.text(revision), self._catalogue.blocks(revision)
