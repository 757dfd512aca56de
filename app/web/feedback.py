"""Marks and corrections of an answer, and the form for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.answer import Answer
from app.evidence.custom_calibration import point_of, put_mark
from app.formats.inline_markdown import plain
from app.service.conversations.conversations import StoredExchange
from app.service.conversations.feedback_set import (
    CorrectionError,
    corrected_case,
    expectation,
    feedback_set_path,
    put,
    right_case,
)
from app.service.engine import Engine
from app.service.storage.shared_files import shared_files
from store.library import Library
from store.results import Revision

MARKS = ("right", "wrong", "incomplete")
MAX_DOCUMENTS = 6


@dataclass(frozen=True, slots=True)
class Correction:
    """What the reader typed and chose; ``problem`` says why it could not be kept."""

    right: str = ""
    passage: str = ""
    silent: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """The form for a correction: what its fields hold, and documents to find the passage in.

    ``expected`` are the words of the question that was kept in the reader's own set, or None.
    """

    expected: str | None
    problem: str
    right: str
    passage: str
    documents: tuple[Revision, ...]

    @classmethod
    def of(
        cls, case: Mapping[str, Any] | None, correction: Correction, documents: Sequence[Revision]
    ) -> CorrectionForm:
        """The form after ``correction``, for an answer kept as ``case`` or not."""
        return cls(
            None if case is None else expectation(case),
            correction.problem,
            correction.right or _first(case, "answers"),
            correction.passage or _first(case, "evidence"),
            tuple(documents[:MAX_DOCUMENTS]),
        )

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return self.expected is None or bool(self.problem)


def _first(case: Mapping[str, Any] | None, field: str) -> str:
    groups = case.get(field, ()) if case is not None else ()
    return "; ".join(group[0] for group in groups)


def mark(engine: Engine, owner: str, stored: StoredExchange, judged: str) -> str:
    """The mark that an answer has from now on; the same one again takes it back.

    Right answers enter the owner's set at once, others once their correction is known.
    """
    if stored.answer is None or judged not in MARKS:
        return stored.mark
    fresh = "" if stored.mark == judged else judged
    row = right_case(stored.id, stored.answer) if fresh == "right" else None
    _put(engine, owner, stored.id, row)
    _calibrate(engine, stored.id, stored.answer, fresh)
    return fresh


def correct(engine: Engine, owner: str, stored: StoredExchange, correction: Correction) -> None:
    """Keep a correction in the owner's set. Raises :class:`CorrectionError` if it says too
    little, or if its passage occurs in no document."""
    if stored.answer is None or stored.mark not in MARKS[1:]:
        return
    passage = correction.passage.strip()
    if (
        passage
        and not correction.silent
        and not _stands_in_documents(engine.access.library_of(owner), passage)
    ):
        raise CorrectionError(
            "The words of the right place occur in no document here: select them in a document, "
            "or type them exactly."
        )
    row = corrected_case(
        stored.id, stored.answer, stored.mark, correction.right, passage, silent=correction.silent
    )
    _put(engine, owner, stored.id, row)
    # An answer to what the documents do not say is wrong, however it was marked.
    _calibrate(engine, stored.id, stored.answer, "wrong" if correction.silent else stored.mark)


def _calibrate(engine: Engine, identity: str, answer: Answer, judged: str) -> None:
    point, shared = point_of(answer, judged), shared_files(engine.settings)
    put_mark(engine.settings.data, identity, answer.model, point, shared.changing)


def _put(engine: Engine, owner: str, identity: str, row: Mapping[str, Any] | None) -> None:
    path = feedback_set_path(engine.settings.data, owner)
    put(path, identity, row, shared_files(engine.settings).changing)


def _stands_in_documents(library: Library, words: str) -> bool:
    for revision in library.documents():
        # What is selected in a Markdown document is what is drawn of it.
        seen = plain if revision.media_type == "text/markdown" else str
        text = " ".join(seen(library.text(revision.id)).split())
        if " ".join(seen(words).split()) in text:
            return True
    return False
