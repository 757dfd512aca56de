"""Conversion to JSON, shared by the command line, the HTTP API, MCP tools and stored answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.answer import Answer, Choice, Citation, Closest, Computed, Sentence, Verdict
from store.results import Revision, StoredPassage


def citation_payload(citation: Citation) -> dict[str, Any]:
    """One citation; ``key`` is [start, end] or null."""
    return {
        "n": citation.n,
        "document": citation.document,
        "revision": citation.revision,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "key": list(citation.key) if citation.key else None,
        "headings": list(citation.headings),
        "page": citation.page,
        "row": citation.row,
        "collection": citation.collection,
    }


def answer_payload(answer: Answer) -> dict[str, Any]:
    """The whole answer as JSON values."""
    return {
        "id": answer.id,
        "question": answer.question,
        "standalone": answer.standalone,
        "kind": answer.kind,
        "answer": answer.text,
        "yes_no": answer.yes_no,
        "headline": answer.headline,
        "further": answer.further,
        "refused": answer.refused,
        "reason": answer.reason,
        "sentences": [
            {
                "text": s.text,
                "citations": list(s.citations),
                "verdict": s.verdict.value,
                "listed": s.listed,
            }
            for s in answer.sentences
        ],
        "citations": [citation_payload(c) for c in answer.citations],
        "closest": [{**citation_payload(c.citation), "lacks": c.lacks} for c in answer.closest],
        "answerable": round(answer.answerable, 4),
        "computed": {
            "values": list(answer.computed.values),
            "calculation": answer.computed.calculation,
        }
        if answer.computed
        else None,
        "choices": [{"label": c.label, "question": c.question} for c in answer.choices],
        "model": answer.model,
        "notes": list(answer.notes),
        "timings_ms": {k: round(v, 1) for k, v in answer.timings_ms.items()},
    }


def _citation_from(row: Mapping[str, Any]) -> Citation:
    key = row.get("key")
    return Citation(
        n=row["n"],
        document=row["document"],
        revision=row["revision"],
        start=row["start"],
        end=row["end"],
        quote=row["quote"],
        key=(key[0], key[1]) if key else None,
        headings=tuple(row.get("headings", ())),
        page=row.get("page"),
        row=row.get("row"),
        collection=row.get("collection", ""),
    )


def answer_from_payload(payload: Mapping[str, Any]) -> Answer:
    """The ``Answer`` that ``answer_payload`` made this from."""
    return Answer(
        question=payload["question"],
        standalone=payload["standalone"],
        kind=payload["kind"],
        sentences=tuple(
            Sentence(
                s["text"], tuple(s["citations"]), Verdict(s["verdict"]), s.get("listed", False)
            )
            for s in payload["sentences"]
        ),
        citations=tuple(_citation_from(c) for c in payload["citations"]),
        reason=payload["reason"],
        closest=tuple(Closest(_citation_from(c), c["lacks"]) for c in payload["closest"]),
        answerable=payload["answerable"],
        model=payload["model"],
        notes=tuple(payload["notes"]),
        timings_ms=dict(payload["timings_ms"]),
        id=payload["id"],
        computed=_computed_from(payload.get("computed")),
        choices=tuple(Choice(c["label"], c["question"]) for c in payload.get("choices", ())),
        headline=payload.get("headline", ""),
        further=payload.get("further", 0),
        yes_no=payload.get("yes_no", ""),
    )


def _computed_from(row: Mapping[str, Any] | None) -> Computed | None:
    return Computed(tuple(row["values"]), row["calculation"]) if row else None


def revision_payload(revision: Revision) -> dict[str, Any]:
    """A document's revision as JSON."""
    return {
        "id": revision.document_id,
        "document": revision.document,
        "title": revision.title,
        "source": revision.source,
        "collection": revision.collection,
        "revision": revision.id,
        "number": revision.number,
        "created": revision.created,
        "passages": revision.passages,
        "characters": revision.characters,
        "sha256": revision.content_hash,
        "omissions": list(revision.omissions),
    }


def passage_payload(stored: StoredPassage) -> dict[str, Any]:
    """A passage as JSON; ``start`` and ``end`` slice its revision's text."""
    passage = stored.passage
    return {
        "id": stored.id,
        "document": stored.document,
        "revision": stored.revision,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "headings": list(passage.headings),
        "page": passage.page,
        "row": passage.row,
        "collection": stored.collection,
    }


def has_half_character(value: Any) -> bool:
    """Whether a JSON value holds half of a UTF-16 pair, which is no character: JSON can write one
    as an escape, and nothing can store or show it."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return True
        return False
    if isinstance(value, Mapping):
        return any(has_half_character(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(map(has_half_character, value))
