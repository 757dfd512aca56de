"""The reader's own evaluation set: each judged answer becomes a case, in the data folder.

One JSON line a case, in the form of the sets that come with Footnote: ``answers`` and ``evidence``
are groups of alternatives, each group naming one thing that must be there.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from app.records import Answer

FILE = "questions.jsonl"
MIN_WORDS, MAX_WORDS = 1, 12
_lock = threading.Lock()


def cases_path(data: Path) -> Path:
    """Where the reader's own set lies."""
    return data / FILE


def add_case(
    data: Path,
    identity: str,
    answer: Answer,
    judged: str,
    *,
    right: str = "",
    evidence: str = "",
) -> None:
    """Keep a judged answer as a case; ``judged`` "" takes it back.

    A right answer's key words become the accepted answer, a right refusal an unanswerable case. For
    a wrong or incomplete one ``right`` is what should have been said and ``evidence`` the passage
    that says it; without them the case asks for an answer but cannot yet grade its words.
    """
    path = cases_path(data)
    with _lock:
        rows = [row for row in read_cases(data) if row.get("id") != identity]
        if judged:
            rows.append(_case(identity, answer, judged, right, evidence))
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)


def read_cases(data: Path) -> list[dict[str, Any]]:
    """The cases so far; none where there is no set yet."""
    path = cases_path(data)
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def _case(identity: str, answer: Answer, judged: str, right: str, evidence: str) -> dict[str, Any]:
    answerable = not answer.refused if judged == "right" else bool(right or not answer.refused)
    answers: list[list[str]] = []
    proof: list[list[str]] = []
    if judged == "right" and answerable:
        answers = [[words] for words in _keys(answer)]
        proof = [[words] for words in _keys(answer)[:1]]
    elif right:
        answers = [[part.strip()] for part in right.split(";") if part.strip()]
    if evidence:
        proof = [[" ".join(evidence.split()[:MAX_WORDS])]]
    return {
        "id": identity,
        "question": answer.standalone or answer.question,
        "answers": answers,
        "forbidden": [],
        "evidence": proof,
        "answerable": answerable,
        "kind": f"marked {judged}",
        "turns": [],
    }


def _keys(answer: Answer) -> list[str]:
    """The key words of each citation, or the start of its quote where none stand out."""
    found: list[str] = []
    for citation in answer.citations:
        words = citation.quote
        if citation.key:
            start, end = (offset - citation.start for offset in citation.key)
            words = citation.quote[start:end]
        words = " ".join(words.split()[:MAX_WORDS])
        if words and words not in found:
            found.append(words)
    return found
