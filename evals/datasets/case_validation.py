"""Validates a row of a set and turns it into a case, with a message for each mistake."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.answer import Turn
from evals.datasets.case import Case, SetError
from evals.datasets.matching import stands_in
from evals.datasets.set_files import Row

CASE_FIELDS = tuple(f.name for f in fields(Case))
MAX_QUESTION_CHARS = 20_000
MAX_KEY_CHARS = 200
MAX_ANSWER_CHARS = 4_000


def build_cases(path: Path, rows: Sequence[Row]) -> tuple[Case, ...]:
    """Cases of the rows, in order.

    Raises :class:`SetError` with every mistake of every row, or if there is no row at all.
    """
    if not rows:
        raise SetError(str(path), ["the set is empty; it needs at least one question"])
    problems: list[str] = []
    cases: list[Case] = []
    first_line: dict[str, int] = {}
    for line, row in rows:
        row_errors = list(row_problems(row))
        if not row_errors:
            case = to_case(row)
            if case.id in first_line:
                row_errors.append(f"id “{case.id}” is already used on line {first_line[case.id]}")
            first_line.setdefault(case.id, line)
            cases.append(case)
        problems.extend(f"line {line}: {problem}" for problem in row_errors)
    if problems:
        raise SetError(str(path), problems)
    return tuple(cases)


def row_problems(row: Any) -> Iterator[str]:
    """What is wrong with one row, in words; nothing if it is right."""
    if isinstance(row, json.JSONDecodeError):
        yield f"not JSON: {row.msg} at column {row.colno}"
        return
    if not isinstance(row, dict):
        yield f"a question is an object with “question” in it, not {_shown(row)}"
        return
    yield from _unknown(row)
    yield from _plain(row)
    answers = list(_groups_problems(row, "answers", "an accepted answer"))
    evidence = list(_groups_problems(row, "evidence", "a key word"))
    yield from answers
    yield from evidence
    yield from _forbidden(row)
    yield from _turns(row)
    yield from _relevant(row)
    if not answers:
        yield from _meaning(row)


def _unknown(row: Mapping[str, Any]) -> Iterator[str]:
    for key in row:
        if key == "…":
            yield "more cells than the header has columns; quote cells that hold commas"
        elif key not in CASE_FIELDS:
            near = difflib.get_close_matches(str(key), CASE_FIELDS, 1)
            hint = f"did you mean “{near[0]}”?" if near else f"known are {', '.join(CASE_FIELDS)}"
            yield f"unknown field “{key}”; {hint}"


def _plain(row: Mapping[str, Any]) -> Iterator[str]:
    question = row.get("question")
    if question is None:
        yield "there is no “question”"
    elif not isinstance(question, str):
        yield f"“question” must be text, not {_shown(question)}"
    elif not question.strip():
        yield "“question” is empty"
    elif len(question) > MAX_QUESTION_CHARS:
        yield f"“question” has {len(question)} characters; at most {MAX_QUESTION_CHARS} are asked"
    for key in ("id", "kind", "document", "passage"):
        value = row.get(key, "x")
        if not isinstance(value, str):
            yield f"“{key}” must be text, not {_shown(value)}"
        elif not value.strip():
            yield f"“{key}” is empty; leave it out instead"
    if not isinstance(row.get("answerable", True), bool):
        yield f"“answerable” must be true or false, not {_shown(row['answerable'])}"


def _groups_problems(row: Mapping[str, Any], key: str, item: str) -> Iterator[str]:
    groups = row.get(key, [])
    if not isinstance(groups, list):
        yield f"“{key}” must be a list of lists, not {_shown(groups)}"
        return
    for number, group in enumerate(groups, 1):
        if not isinstance(group, list):
            yield f"“{key}” must be a list of lists: write [[{_shown(group)}]]"
        elif not group:
            yield f"group {number} of “{key}” is empty"
        else:
            longest = MAX_ANSWER_CHARS if key == "answers" else MAX_KEY_CHARS
            yield from _words(group, f"{item} in group {number} of “{key}”", longest)


def _words(words: Sequence[Any], what: str, longest: int = MAX_KEY_CHARS) -> Iterator[str]:
    for word in words:
        if not isinstance(word, str):
            yield f"{what} must be text, not {_shown(word)}"
        elif not word.strip():
            yield f"{what} is empty; everything would count as right"
        elif len(word) > longest:
            yield f"{what} has {len(word)} characters; give the few words that matter"


def _forbidden(row: Mapping[str, Any]) -> Iterator[str]:
    words = row.get("forbidden", [])
    if not isinstance(words, list):
        yield f"“forbidden” must be a list of texts, not {_shown(words)}"
    else:
        yield from _words(words, "a word in “forbidden”")


def _turns(row: Mapping[str, Any]) -> Iterator[str]:
    turns = row.get("turns", [])
    if not isinstance(turns, list):
        yield f"“turns” must be a list of questions with answers, not {_shown(turns)}"
        return
    for number, turn in enumerate(turns, 1):
        if not isinstance(turn, dict) or set(turn) != {"question", "answer"}:
            yield f"turn {number} must have “question” and “answer” and nothing else"
        elif not all(isinstance(turn[key], str) for key in turn) or not turn["question"].strip():
            yield f"turn {number} must have text as its question and answer"


def _relevant(row: Mapping[str, Any]) -> Iterator[str]:
    relevant = row.get("relevant", {})
    if not isinstance(relevant, dict) or not all(type(g) is int for g in relevant.values()):
        yield "“relevant” must map documents to whole-number grades"


def _meaning(row: Mapping[str, Any]) -> Iterator[str]:
    """Expectations that no answer can meet, or that say two things."""
    groups = row.get("answers", [])
    answerable = row.get("answerable", True)
    if answerable is True and not groups and not row.get("relevant"):
        yield "an answerable question needs “answers”, or “answerable”: false"
    if answerable is False and groups:
        yield "a question that is not answerable has “answers”; drop them or mark it answerable"
    forbidden = [w for w in row.get("forbidden") or [] if isinstance(w, str) and w.strip()]
    for number, group in enumerate(groups, 1):
        for word in forbidden:
            if all(stands_in(word, alternative) for alternative in group):
                yield f"“{word}” is forbidden, but every answer in group {number} holds it"


def to_case(row: Mapping[str, Any]) -> Case:
    """The case of a row that :func:`row_problems` finds nothing wrong with."""
    turns = tuple(Turn(t["question"], t["answer"]) for t in row.get("turns", []))
    return Case(
        id=row.get("id") or question_id(row["question"], turns),
        question=row["question"].strip(),
        answers=tuple(tuple(group) for group in row.get("answers", [])),
        forbidden=tuple(row.get("forbidden", [])),
        evidence=tuple(tuple(group) for group in row.get("evidence", [])),
        answerable=row.get("answerable", True),
        kind=row.get("kind", "other"),
        turns=turns,
        document=row.get("document"),
        passage=row.get("passage", ""),
        relevant=tuple(row.get("relevant", {}).items()),
    )


def question_id(question: str, turns: Sequence[Turn] = ()) -> str:
    """The id of a question whose set gives none: 12 hex digits of the hash of what is asked."""
    whole_question = "\n".join([*(turn.question for turn in turns), question])
    return hashlib.sha256(whole_question.encode()).hexdigest()[:12]


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:39] + "…"
