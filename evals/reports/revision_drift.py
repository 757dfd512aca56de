"""Compares answers before and after a document changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from app.answer import Answer
from app.answering.pipeline import Answerer
from app.models.base import ChatModel
from app.settings import Settings
from evals.datasets.case import Case, QuestionSet
from evals.datasets.matching import all_stand_in, stands_in
from evals.reports.metric_tables import truncate
from evals.runs.runs import RunError
from ingest.document import Document
from store.library import Library
from store.results import Revision


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A question with its answers on both revisions, and what to report of it."""

    case: Case
    before: Answer
    after: Answer
    tells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """Questions asked of two revisions of one document, and those with something to report."""

    before: Revision
    after: Revision
    asked: int
    changes: tuple[AnswerChange, ...]


def drift(
    document: str,
    questions: QuestionSet,
    library: Library,
    settings: Settings,
    model: ChatModel | None,
    *,
    since: int | None = None,
) -> Drift:
    """Ask the set of the revision before the current one (or of number ``since``) and of the
    current one, each alone in a library of its own.

    Raises :class:`RunError` if there are no two revisions to compare.
    """
    before, after = revisions(document, library, since)
    cases = [case for case in questions.cases if case.document in (None, after.document)]
    answers = [_answers(rev, cases, library, settings, model) for rev in (before, after)]
    texts = library.text(before.id), library.text(after.id)
    changes = []
    for case, old, new in zip(cases, *answers, strict=True):
        tells = (*answer_changes(case, old, new), *contradicted(case, *texts))
        if tells:
            changes.append(AnswerChange(case, old, new, tells))
    return Drift(before, after, len(cases), tuple(changes))


def revisions(document: str, library: Library, since: int | None) -> tuple[Revision, Revision]:
    """The revision to compare with, and the current one."""
    history = library.history(document)
    after = next((rev for rev in history if rev.current), None)
    if after is None:
        raise RunError(f"{document} was removed; there is no current revision to ask.")
    earlier = [rev for rev in history if rev.number != after.number]
    chosen = [rev for rev in earlier if since in (None, rev.number)]
    if not chosen:
        numbers = ", ".join(str(rev.number) for rev in earlier) or "none"
        raise RunError(f"{document} has no such other revision; earlier ones: {numbers}.")
    return chosen[-1], after


def answer_changes(case: Case, old: Answer, new: Answer) -> list[str]:
    """How the answer changed, in words; nothing if it did not."""
    if old.refused and new.refused:
        return []
    if old.refused:
        change = "a refusal that can now be answered"
        return [change if case.answerable else f"{change}; the set says that it has no answer"]
    if new.refused:
        return ["now refused"]
    return ["the answer changed"] if old.text != new.text else []


def contradicted(case: Case, old: str, new: str) -> list[str]:
    """Expectations of the case that the old text bears out and the new one does not."""
    lost = [
        f"the new revision no longer says {' / '.join(group)}"
        for group in case.answers
        if any(stands_in(a, old) for a in group) and not any(stands_in(a, new) for a in group)
    ]
    lost += [
        f"the evidence {' + '.join(words)} is gone"
        for words in case.evidence
        if all_stand_in(words, old) and not all_stand_in(words, new)
    ]
    return lost


def _answers(
    revision: Revision,
    cases: Sequence[Case],
    library: Library,
    settings: Settings,
    model: ChatModel | None,
) -> list[Answer]:
    document = Document(
        name=revision.document,
        title=revision.title,
        text=library.text(revision.id),
        blocks=library.blocks(revision.id),
        source=revision.source,
        media_type=revision.media_type,
    )
    with (
        TemporaryDirectory(prefix="footnote-drift-") as folder,
        Library.open(Path(folder), library.embedder) as alone,
    ):
        alone.add(document)
        answerer = Answerer(alone, settings, model)
        return [answerer.answer(case.question, history=case.turns) for case in cases]


def drift_view(drifted: Drift) -> RenderableType:
    """The drift as a table for the terminal."""
    numbers = f"revision {drifted.before.number} → {drifted.after.number}"
    title = (
        f"{drifted.after.document}, {numbers}: {len(drifted.changes)} of {drifted.asked} to look at"
    )
    table = Table(title=escape(title), title_justify="left")
    for column in ("Question", "What changed", "Before", "After"):
        table.add_column(column)
    for change in drifted.changes:
        row = (
            change.case.question,
            "; ".join(change.tells),
            truncate(change.before.text),
            truncate(change.after.text),
        )
        table.add_row(*map(escape, row))
    return Group(table)
