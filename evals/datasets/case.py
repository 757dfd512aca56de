"""The data model of question sets, and the error that an invalid set raises."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.answer import Turn
from ingest.errors import FootnoteError


class SetError(FootnoteError):
    """A question set cannot be used; ``problems`` has one message for each mistake."""

    exit_code = 2

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        shown = "\n".join(f"  {problem}" for problem in self.problems[:50])
        more = f"\n  … and {len(self.problems) - 50} more" if len(self.problems) > 50 else ""
        super().__init__(f"{where} cannot be used:\n{shown}{more}")


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    ``answers`` are groups of alternatives: right when every group has one that stands in the
    answer. ``forbidden`` words must not stand in it. Each item of ``evidence`` is a list of key
    words that stand together in one passage. ``document`` restricts the question to one document.
    ``passage`` is the gold paragraph if the set gives it; ``relevant`` are judged documents with
    their grades (BEIR). ``turns`` is the conversation before the question.
    """

    id: str
    question: str
    answers: tuple[tuple[str, ...], ...] = ()
    forbidden: tuple[str, ...] = ()
    evidence: tuple[tuple[str, ...], ...] = ()
    answerable: bool = True
    kind: str = "other"
    turns: tuple[Turn, ...] = ()
    document: str | None = None
    passage: str = ""
    relevant: tuple[tuple[str, int], ...] = ()

    def as_row(self) -> dict[str, Any]:
        """The case as a JSON row of our schema, without its empty fields."""
        row = {key: value for key, value in asdict(self).items() if value not in ((), "", None)}
        row["relevant"] = dict(self.relevant)
        if not row["relevant"]:
            del row["relevant"]
        return row


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Cases in order; ``documents`` is the folder that the set brings along, if it does."""

    name: str
    cases: tuple[Case, ...]
    documents: Path | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the cases: equal questions and expectations, equal set."""
        rows = json.dumps([case.as_row() for case in self.cases], sort_keys=True)
        return hashlib.sha256(rows.encode()).hexdigest()
