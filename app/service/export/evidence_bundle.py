"""Exports answers as a self-contained evidence file, and verifies such a file.

Whoever has the file and the documents can check it without Footnote's data folder: a quote holds
when the document's text, as Footnote reads it, has the recorded SHA-256 and says exactly those
words at exactly that place. ``digest`` is the SHA-256 of everything else in the file (canonical
JSON), so an altered file is noticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.answering.verify import is_quoted
from app.settings import Settings
from ingest.document import Document
from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from store.library import Library
    from store.results import StoredAnswer

FORMAT = "footnote evidence 1"
TOLD_SETTINGS = ("model", "k", "strictness", "replies", "embedder", "context")
CITATION_FIELDS = ("n", "document", "revision", "start", "end", "quote", "page", "row", "headings")
ANSWER_FIELDS = (
    "question", "standalone", "answer", "refused", "reason", "sentences", "model", "notes",
)  # fmt: skip


class EvidenceError(FootnoteError):
    """The file is not an evidence file, or not one of this version."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Check:
    """One thing checked. ``state``: ``holds``, ``moved`` (the document changed, but still says the
    words), ``fails``, or ``unchecked`` (its document was not given)."""

    state: Literal["holds", "moved", "fails", "unchecked"]
    what: str
    why: str = ""


def evidence(library: Library, settings: Settings, answers: Sequence[StoredAnswer]) -> str:
    """The evidence file of these stored answers, as JSON text."""
    cited = {c.revision for answer in answers for c in answer.citations}
    body = {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "footnote": version("footnote"),
        "settings": {name: getattr(settings, name) for name in TOLD_SETTINGS},
        "documents": [_document(library, revision) for revision in sorted(cited)],
        "answers": [_answer(answer) for answer in answers],
    }
    return json.dumps({**body, "digest": _digest(body)}, ensure_ascii=False, indent=2) + "\n"


def _document(library: Library, revision_id: str) -> dict[str, Any]:
    revision = library.revision(revision_id)
    return {
        "name": revision.document,
        "title": revision.title,
        "revision": revision.id,
        "number": revision.number,
        "sha256": revision.content_hash,
        "characters": revision.characters,
        "taken_in": revision.created,
    }


def _answer(stored: StoredAnswer) -> dict[str, Any]:
    payload: Mapping[str, Any] = stored.payload
    return {
        "id": stored.id,
        "given": stored.created,
        "status": stored.status,
        **{key: payload.get(key) for key in ANSWER_FIELDS},
        "citations": [
            {key: citation.get(key) for key in CITATION_FIELDS}
            for citation in payload.get("citations", ())
        ],
    }


def _digest(body: Mapping[str, Any]) -> str:
    canonical = json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_evidence(path: Path) -> dict[str, Any]:
    """The file's content. Raises ``EvidenceError`` if it is something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{path} cannot be read as an evidence file: {error}.") from error
    version = content.get("format") if isinstance(content, dict) else None
    if version != FORMAT:
        raise EvidenceError(
            f"{path} is not an evidence file of this version ({FORMAT!r}): write one with "
            "footnote answers export."
        )
    return dict(content)


def verify(content: Mapping[str, Any], documents: Sequence[Document]) -> Iterator[Check]:
    """Check the file against itself and its quotes against ``documents``."""
    body = {key: value for key, value in content.items() if key != "digest"}
    if content.get("digest") == _digest(body):
        yield Check("holds", "the file is as it was written")
    else:
        yield Check("fails", "the file was altered", "its digest does not fit its content")
    hashes = {d["revision"]: d["sha256"] for d in content["documents"]}
    for answer in content["answers"]:
        yield from _within(answer)
        for citation in answer["citations"]:
            yield _quote(citation, hashes.get(citation["revision"]), documents)


def _within(answer: Mapping[str, Any]) -> Iterator[Check]:
    """Whether every sentence cites what is there, and what is called a quotation is one."""
    quotes = {c["n"]: c["quote"] for c in answer["citations"]}
    for sentence in answer["sentences"]:
        shown = _short(sentence["text"])
        cited = [quotes[n] for n in sentence["citations"] if n in quotes]
        if len(cited) < len(sentence["citations"]) or not cited:
            yield Check("fails", f"“{shown}”", "it cites what is not in the file")
        elif sentence["verdict"] == "quoted" and not any(
            is_quoted(sentence["text"], q) for q in cited
        ):
            yield Check("fails", f"“{shown}”", "it is called a quotation, but its quote differs")


def _quote(citation: Mapping[str, Any], sha256: str | None, documents: Sequence[Document]) -> Check:
    quote, name = citation["quote"], citation["document"]
    what = f"{name}: “{_short(quote)}”"
    same = next((d for d in documents if d.content_hash == sha256), None)
    if same is not None:
        if same.text[citation["start"] : citation["end"]] == quote:
            return Check("holds", what)
        return Check("fails", what, "the document says something else there")
    named = [d for d in documents if d.name == name]
    if not named:
        return Check("unchecked", what, "its document was not given")
    if any(quote in document.text for document in named):
        return Check("moved", what, "the document has changed, but still says this")
    return Check("fails", what, "the document has changed and no longer says this")


def _short(text: str, longest: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
