"""Checks a set against its documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evals.datasets.case import Case, QuestionSet
from evals.datasets.matching import all_stand_in, normalise, stands_in
from store.library import Library


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the case of this id."""

    id: str
    message: str


def check_set(questions: QuestionSet, library: Library) -> list[Problem]:
    """Evidence that no passage holds, duplicates, answers that do not occur in their evidence, and
    documents that are not there. Cases with judged documents only are checked for those."""
    passages = {
        revision.document: [
            f"{stored.passage.context}\n{stored.passage.text}"
            for stored in library.passages(revision.id)
        ]
        for revision in library.documents()
    }
    asked: dict[tuple[str, ...], str] = {}
    problems = []
    for case in questions.cases:
        texts = tuple(normalise(t) for t in (*(t.question for t in case.turns), case.question))
        where = (*texts, case.document or "")
        if where in asked:
            problems.append(Problem(case.id, f"asks the same as {asked[where]}"))
        asked.setdefault(where, case.id)
        problems += [Problem(case.id, message) for message in case_problems(case, passages)]
    return problems


def case_problems(case: Case, passages: dict[str, list[str]]) -> Iterator[str]:
    """What is wrong with a case, given the passages of each document."""
    if case.document and case.document not in passages:
        yield f"its document “{case.document}” is not there; ingest it, or correct the name"
        return
    yield from (
        f"judged document “{n}” is not there" for n, _ in case.relevant if n not in passages
    )
    named = [case.document] if case.document else list(passages)
    texts = [text for name in named for text in passages[name]]
    problems: list[str] = []
    for words in case.evidence:
        holders = [text for text in texts if all_stand_in(words, text)]
        if not holders:
            yield f"no passage holds the evidence {' + '.join(words)} together"
        problems += holders
    if case.passage:
        problems.append(case.passage)
    if not case.answerable or not problems:
        return
    evidence = "\n".join(problems)
    for number, group in enumerate(case.answers, 1):
        if not any(stands_in(answer, evidence) for answer in group):
            shown = " / ".join(group)
            yield f"answer group {number} ({shown}) does not occur in the evidence"
