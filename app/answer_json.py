"""An ``Answer`` as plain JSON: one form for the command line, the API and stored answers."""

from __future__ import annotations

from typing import Any

from app.answer import Answer, Citation


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
    }


def answer_payload(answer: Answer) -> dict[str, Any]:
    """The whole answer as JSON values."""
    return {
        "id": answer.id,
        "question": answer.question,
        "standalone": answer.standalone,
        "kind": answer.kind,
        "answer": answer.text,
        "refused": answer.refused,
        "reason": answer.reason,
        "sentences": [
            {"text": s.text, "citations": list(s.citations), "verdict": s.verdict.value}
            for s in answer.sentences
        ],
        "citations": [citation_payload(c) for c in answer.citations],
        "closest": [{**citation_payload(c.citation), "lacks": c.lacks} for c in answer.closest],
        "answerable": round(answer.answerable, 4),
        "model": answer.model,
        "notes": list(answer.notes),
        "timings_ms": {k: round(v, 1) for k, v in answer.timings_ms.items()},
    }
