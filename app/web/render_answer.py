"""Renders an ``Answer`` as HTML: sentences, verdicts, footnotes, refusals and drafts.

Buttons carry ``data-`` attributes that ``chat.js`` turns into events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from markupsafe import Markup

from app.answer import Answer, Citation, EvidenceFound, Sentence, Verdict
from app.formats.answer_text import BULLET, is_listed
from app.web import feedback
from app.web.rendering import render
from app.web.verdict_mark import VERDICT_MARKS, VerdictMark
from ingest.table import cells_of_line
from store.results import Revision

NOTHING = Markup()
MARK_LABELS = {"right": "Right", "wrong": "Wrong", "incomplete": "Incomplete"}
STATUS_NAMES = {"stale": "Out of date"}
"""The statuses whose name is not what a reader would say."""
STATUS_MEANINGS = {
    "moved": "The cited words now stand elsewhere in the document.",
    "stale": "The cited words have changed since this answer.",
    "unreadable": "You may no longer read what this answer cites.",
    "worth asking again": "New text bears on this question.",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of a conversation and what came of it.

    ``status`` is the stored answer's (``current``, ``moved``, ``stale``, ``worth asking again``);
    ``mark`` is the reader's own judgement, a key of ``MARK_LABELS`` or ""; ``case`` the question
    that it made of their own set, ``rejected`` a correction that could not be kept, ``documents``
    those to find the right place in. ``running``: it is being answered for another page or
    process.
    """

    id: str
    question: str
    answer: Answer | None
    problem: str = ""
    status: str = "current"
    mark: str = ""
    before: Answer | None = None
    case: Mapping[str, Any] | None = None
    rejected: feedback.Correction = feedback.Correction()
    documents: tuple[Revision, ...] = ()
    running: bool = False

    @property
    def correction(self) -> feedback.CorrectionForm:
        """The form that a wrong or incomplete answer is corrected with."""
        return feedback.CorrectionForm.of(self.case, self.rejected, self.documents)


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence as it is drawn, with its citations.

    ``cells`` are a table row's, else one: each the words before, of and after the key words.
    """

    cells: tuple[tuple[str, str, str], ...]
    verdict: Verdict
    citations: tuple[Citation, ...]

    @property
    def mark(self) -> VerdictMark:
        """The mark of its verdict."""
        return VERDICT_MARKS[self.verdict]


def exchange(item: Exchange) -> Markup:
    """One question with its answer, refusal or problem."""
    return render(
        "exchange",
        item=item,
        groups=_groups(item.answer) if item.answer else (),
        status=STATUS_NAMES.get(item.status, item.status.capitalize()),
        changed=STATUS_MEANINGS.get(item.status, ""),
        mark_labels=MARK_LABELS,
    )


def draft(question: str, evidence: EvidenceFound, words: str, state: str) -> Markup:
    """What is known while an answer is in progress: quotes first, then a model's words."""
    groups = _groups(evidence.provisional) if evidence.provisional else ()
    return render(
        "draft", question=question, found=evidence, words=words, state=state, groups=groups
    )


def log(items: Sequence[Exchange], live: Markup = NOTHING) -> Markup:
    """The conversation so far and, at its end, the answer in progress."""
    return Markup().join(exchange(item) for item in items) + live


def _groups(answer: Answer) -> list[tuple[str, list[ShownSentence]]]:
    """The sentences that answer: items of a list, rows of a table and plain text, each together.
    Closest passages are a list, without key words."""
    citations, closest = {c.n: c for c in answer.citations}, answer.kind == "closest"
    return [
        (form, [_shown(s, form, citations, marked=not closest) for s in group])
        for form, group in groupby(answer.first, partial(_form, listed=closest))
    ]


def _form(sentence: Sentence, *, listed: bool) -> str:
    """How a sentence is drawn: as an ``item`` of a list, a ``row`` of a table, or as ``text``."""
    if is_listed(sentence):
        return "item"
    row = sentence.verdict is Verdict.QUOTED and len(cells_of_line(sentence.text)) > 1
    return "row" if row else "item" if listed else "text"


def _shown(
    sentence: Sentence, form: str, citations: Mapping[int, Citation], *, marked: bool
) -> ShownSentence:
    cited = tuple(citations[n] for n in sentence.citations if n in citations)
    text = BULLET.sub("", sentence.text) if form == "item" else sentence.text
    quoted = sentence.verdict is Verdict.QUOTED
    keys = [c.around_key[1] for c in cited] if marked and quoted else []
    cells = cells_of_line(text) if form == "row" else [text]
    return ShownSentence(tuple(_around(cell, keys) for cell in cells), sentence.verdict, cited)


def _around(text: str, keys: Sequence[str]) -> tuple[str, str, str]:
    """The text before, of and after the first of the keys that occurs in it."""
    key = next((key for key in keys if key and key in text), "")
    return text.partition(key) if key else (text, "", "")
