"""The feedback set: answers that users mark and correct become an evaluation set.

One JSON line a question, in the schema of the sets that come with Footnote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.answer import Answer
from app.service.storage.shared_files import shared_files
from app.settings import Settings
from ingest.errors import FootnoteError
from store.files import file_lock
from store.files.file_lock import Changing

MAX_KEY_WORDS = 12
MAX_KEY_CHARS = 200
"""What graders of sets take as key words."""
MAX_ANSWER_CHARS = 4000


class CorrectionError(FootnoteError):
    """A correction cannot be kept as it stands; the message says what is missing."""

    exit_code = 2


def feedback_set_path(data: Path, owner: str = "") -> Path:
    """The file of the owner's set; "" is the user of a chat that nobody signs in to.

    Names of users are letters, digits, dots, dashes, underscores and @, so they are safe in paths.
    """
    return data / "sets" / (f"mine-{owner}.jsonl" if owner else "mine.jsonl")


def read_cases(path: Path) -> dict[str, dict[str, Any]]:
    """The questions of a set by id; lines that are no JSON objects with an id are passed over."""
    rows: dict[str, dict[str, Any]] = {}
    for line in _lines(path):
        row = _row(line)
        if row is not None:
            rows[str(row.get("id"))] = row
    return rows


def own_set(settings: Settings, owner: str = "") -> Path:
    """The file of the owner's set as it is now, on whichever machine it was changed."""
    shared_files(settings).refresh()
    return feedback_set_path(settings.data, owner)


def put(
    path: Path,
    identity: str,
    row: Mapping[str, Any] | None,
    changing: Changing = file_lock.changing,
) -> None:
    """Write the question of this id, in place of the one before; None takes it out.

    Every other line stays as it is, whatever it holds.
    """
    with changing(path):
        others = [line for line in _lines(path) if str((_row(line) or {}).get("id")) != identity]
        if row is not None:
            others.append(json.dumps(row, ensure_ascii=False))
        fresh = path.with_suffix(".new")
        fresh.write_text("".join(line + "\n" for line in others), encoding="utf-8")
        fresh.replace(path)


def right_case(identity: str, answer: Answer) -> dict[str, Any] | None:
    """The question that an answer marked right makes: its key words are expected again, or its
    refusal; None if it has no words to expect."""
    if answer.refused:
        return _case(identity, answer, "marked right", [], [], answerable=False)
    words = _keys(answer)
    if not words:
        return None
    return _case(identity, answer, "marked right", words, words[:1])


def corrected_case(
    identity: str, answer: Answer, judged: str, right: str, passage: str, *, silent: bool
) -> dict[str, Any]:
    """The question that a correction makes.

    ``right`` is what should have been said, its parts separated by semicolons; ``passage`` the
    words of a document that say it; ``silent`` means that the documents do not say. Raises
    :class:`CorrectionError` if nothing is given to grade by.
    """
    kind = f"marked {judged}"
    if silent:
        return _case(identity, answer, kind, [], [], answerable=False)
    parts = [part.strip() for part in right.split(";") if part.strip()]
    proof = key_words(passage)
    if not parts and not proof:
        raise CorrectionError("Type the right answer, or choose the place that holds it.")
    if any(len(part) > MAX_ANSWER_CHARS for part in parts):
        raise CorrectionError("The right answer is too long: give the few words that matter.")
    return _case(identity, answer, kind, parts or [proof], [proof] if proof else [])


def key_words(text: str) -> str:
    """The first words of a text, as few as a grader takes."""
    words = text.split()[:MAX_KEY_WORDS]
    while len(words) > 1 and len(" ".join(words)) > MAX_KEY_CHARS:
        words.pop()
    return " ".join(words)[:MAX_KEY_CHARS]


def expectation(row: Mapping[str, Any]) -> str:
    """What a question's answer should hold, in words."""
    if not row.get("answerable", True):
        return "a refusal"
    return "; ".join(" or ".join(group) for group in row.get("answers", ()))


def _case(
    identity: str,
    answer: Answer,
    kind: str,
    answers: list[str],
    evidence: list[str],
    *,
    answerable: bool = True,
) -> dict[str, Any]:
    return {
        "id": identity,
        "question": answer.standalone or answer.question,
        "answers": [[words] for words in answers],
        "evidence": [[words] for words in evidence],
        "answerable": answerable,
        "kind": kind,
    }


def _keys(answer: Answer) -> list[str]:
    """The key words of each citation, or the start of its quote if none stand out."""
    keys: list[str] = []
    for citation in answer.citations:
        words = citation.quote
        if citation.key:
            start, end = (offset - citation.start for offset in citation.key)
            words = citation.quote[start:end]
        words = key_words(words)
        if words and words not in keys:
            keys.append(words)
    return keys


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
