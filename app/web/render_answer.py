"""Renders an ``Answer`` as HTML: sentences, verdicts, footnotes, refusals and drafts.

Buttons carry ``data-`` attributes that ``chat.js`` turns into events; all text is escaped here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from app.answer import Answer, Citation, EvidenceFound, Sentence, Verdict
from app.formats.answer_text import BULLET, citation_place, with_footnotes
from app.formats.html_escape import markup
from app.formats.inline_markdown import render_inline
from app.web import feedback
from app.web.footnotes import quoted, render_evidence, render_footnote
from app.web.verdict_mark import verdict_mark, verdict_meaning
from ingest.table import cells_of_line
from store.results import Revision

MARK_LABELS = {"right": "Right", "wrong": "Wrong", "incomplete": "Incomplete"}
STATUS_MEANINGS = {
    "moved": "The cited words now stand elsewhere in the document.",
    "stale": "The cited words have changed since this answer.",
    "unreadable": "You may no longer read what this answer cites.",
    "worth asking again": "New passages bear on this question.",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of a conversation and what came of it.

    ``status`` is the stored answer's (``current``, ``moved``, ``stale``, ``worth asking again``);
    ``mark`` is the reader's own judgement, a key of ``MARK_LABELS`` or ""; ``case`` the question
    that it made of their own set, ``given`` a correction that could not be kept, ``documents``
    those to find the right passage in. ``running``: it is being answered for another page or
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
    given: feedback.Correction = feedback.Correction()
    documents: tuple[Revision, ...] = ()
    running: bool = False


def _marks(exchange: str, sentence: Sentence, citations: dict[int, Citation]) -> str:
    """The footnotes of a sentence and the mark of its verdict."""
    meaning = verdict_meaning(sentence.verdict)
    cited = (citations[n] for n in sentence.citations if n in citations)
    notes = "".join(render_footnote(exchange, one, meaning) for one in cited)
    return f'<span class="marks">{notes}{verdict_mark(sentence.verdict)}</span>'


def _sentence(exchange: str, sentence: Sentence, citations: dict[int, Citation]) -> str:
    return (
        f'<span class="said {sentence.verdict.value}" dir="auto">'
        f"{_words(sentence, citations)}</span>{_marks(exchange, sentence, citations)} "
    )


def _words(sentence: Sentence, citations: dict[int, Citation]) -> str:
    """The sentence; of a quoted one, the words that matter are marked."""
    for cited in (citations[n] for n in sentence.citations if n in citations):
        key = cited.quote[slice(*(at - cited.start for at in cited.key))] if cited.key else ""
        if key and sentence.verdict is Verdict.QUOTED and key in sentence.text:
            before, _, after = sentence.text.partition(key)
            return f"{render_inline(before)}<b>{render_inline(key)}</b>{render_inline(after)}"
    return render_inline(sentence.text)


def _refusal(exchange: str, answer: Answer) -> str:
    rows = "".join(
        f'<li><button type="button" class="quote" data-do="cite" data-part="closest" '
        f'data-exchange="{markup(exchange)}" data-n="{c.citation.n}">'
        f'<span class="n" aria-hidden="true">·</span>'
        f'<span class="words" dir="auto">{quoted(c.citation)}</span>'
        f'<span class="where">{markup(citation_place(c.citation))}</span>'
        + (f'<span class="lacks">Lacks: {markup(c.lacks)}</span>' if c.lacks else "")
        + "</button></li>"
        for c in answer.closest
    )
    head = '<p class="closest-head">Closest passages</p>' if rows else ""
    title = "Not clear." if answer.kind == "unclear" else "Not in the documents."
    return (
        f'<p class="refusal {answer.kind}"><strong>{title}</strong> '
        f'<span dir="auto">{markup(answer.reason)}</span></p>'
        f'{head}<ol class="evidence closest">{rows}</ol>'
    )


def _body(exchange: str, answer: Answer) -> str:
    if answer.kind == "talk":
        return f'<p class="talk" dir="auto">{markup(answer.reason)}</p>'
    if answer.refused:
        return _refusal(exchange, answer)
    shown = {n for s in answer.first for n in s.citations}
    first = [c for c in answer.citations if c.n in shown]
    rest = [c for c in answer.citations if c.n not in shown]
    repeated = {c.n for c in first if answer.repeats(c)}
    head = f'<p class="headline" dir="auto">{render_inline(answer.headline_excerpt)}</p>'
    return (
        f'<div class="prose">{head if answer.headline else ""}{_prose(exchange, answer)}</div>'
        f"{render_evidence(exchange, first, repeated=repeated)}{_further(exchange, rest)}"
    )


def _prose(exchange: str, answer: Answer) -> str:
    """The sentences that answer, list items as a list and rows of tables as a grid."""
    citations = {c.n: c for c in answer.citations}
    text = ""
    for form, group in groupby(answer.first, _form):
        if form == "row":
            rows = "".join(_row(exchange, s, citations) for s in group)
            text += (
                '<div class="grid" tabindex="0" role="group" aria-label="Table"><table><tbody>'
                f"{rows}</tbody></table></div>"
            )
        elif form == "item":
            items = (replace(s, text=BULLET.sub("", s.text)) for s in group)
            rows = "".join(f"<li>{_sentence(exchange, s, citations)}</li>" for s in items)
            text += f'<ul class="items">{rows}</ul>'
        else:
            text += f"<p>{''.join(_sentence(exchange, s, citations) for s in group)}</p>"
    return text


def _form(sentence: Sentence) -> str:
    """How a sentence is drawn: as an ``item`` of a list, a ``row`` of a table, or as ``text``."""
    if BULLET.match(sentence.text):
        return "item"
    row = sentence.verdict is Verdict.QUOTED and len(cells_of_line(sentence.text)) > 1
    return "row" if row else "text"


def _row(exchange: str, sentence: Sentence, citations: dict[int, Citation]) -> str:
    cells = "".join(
        f'<td dir="auto">{_words(replace(sentence, text=cell), citations)}</td>'
        for cell in cells_of_line(sentence.text)
    )
    return f"<tr>{cells}<td>{_marks(exchange, sentence, citations)}</td></tr>"


def _further(exchange: str, citations: Sequence[Citation]) -> str:
    """Further passages, folded."""
    if not citations:
        return ""
    label = "1 further passage" if len(citations) == 1 else f"{len(citations)} further passages"
    return (
        f'<details class="further"><summary>{label}</summary>'
        f"{render_evidence(exchange, citations)}</details>"
    )


def _choices(answer: Answer) -> str:
    """What the question may mean, each a button that asks it so."""
    buttons = " ".join(
        f'<button type="button" data-do="ask" data-text="{markup(c.question)}">{markup(c.label)}'
        "</button>"
        for c in answer.choices
    )
    asked = "Several places fit. Which one is meant?"
    return f'<p class="which">{asked} <span class="group">{buttons}</span></p>' if buttons else ""


def _meta(answer: Answer) -> str:
    wrote = "quotes, no language model" if answer.model == "none" else answer.model
    total = answer.timings_ms.get("total")
    parts = [wrote] + ([f"{total / 1000:.1f} s"] if total is not None else [])
    return markup(" · ".join(parts))


def _actions(item: Exchange, answer: Answer) -> str:
    name = markup(item.id)
    if answer.kind == "talk":
        return ""
    marks = "".join(
        f'<button type="button" data-do="mark" data-exchange="{name}" data-mark="{key}" '
        f'aria-pressed="{str(item.mark == key).lower()}">{label}</button>'
        for key, label in MARK_LABELS.items()
    )
    return (
        f'<div class="actions"><span class="meta">{_meta(answer)}</span>'
        f'<span class="group" role="group" aria-label="Is this answer right?">{marks}</span>'
        f'<span class="group"><button type="button" data-do="again" data-exchange="{name}">'
        f'Ask again</button><button type="button" data-do="copy" '
        f'data-copy="{markup(with_footnotes(answer))}">Copy</button>'
        f'<button type="button" data-do="link" data-exchange="{name}">Link</button></span></div>'
    )


def _understood(item: Exchange, answer: Answer) -> str:
    if answer.standalone.strip() in ("", item.question.strip()):
        return ""
    return (
        f'<p class="understood">Understood as <q dir="auto">{markup(answer.standalone)}</q> '
        f'<button type="button" data-do="edit" data-text="{markup(answer.standalone)}">Edit'
        f"</button></p>"
    )


def _stale(item: Exchange) -> str:
    why = STATUS_MEANINGS.get(item.status)
    if not why:
        return ""
    return (
        f'<p class="stale" role="note"><strong>{markup(item.status.capitalize())}.</strong> {why} '
        f'<button type="button" data-do="again" data-exchange="{markup(item.id)}">Ask again'
        f"</button></p>"
    )


def _before(item: Exchange) -> str:
    if item.before is None:
        return ""
    return (
        '<details class="before"><summary>The answer before</summary>'
        f'<p dir="auto">{markup(item.before.text)}</p></details>'
    )


def exchange(item: Exchange) -> str:
    """One question with its answer, refusal or problem."""
    parts = [
        f'<article class="turn" id="x-{markup(item.id)}" aria-label="Question and answer">',
        f'<h3 class="asked" dir="auto">{markup(item.question)}</h3>',
    ]
    if item.answer is not None:
        notes = "".join(f'<p class="note">{markup(note)}</p>' for note in item.answer.notes)
        parts += [
            _understood(item, item.answer),
            _stale(item),
            _body(item.id, item.answer),
            _choices(item.answer),
            notes,
            _before(item),
            _actions(item, item.answer),
        ]
        if item.mark in ("wrong", "incomplete"):
            parts.append(feedback.form(item.id, item.case, item.given, item.documents))
    if item.running:
        parts.append(_running(item.id))
    elif item.problem:
        parts.append(problem(item.problem, item.id))
    return "".join(parts) + "</article>"


def _running(exchange: str) -> str:
    return (
        '<p class="state"><span class="dot" aria-hidden="true"></span>Being answered '
        f'<button type="button" class="inline" data-do="halt" data-exchange="{markup(exchange)}">'
        "Stop</button></p>"
    )


def problem(message: str, exchange: str = "") -> str:
    """Something that went wrong, in words; offers another try if there is a question."""
    again = (
        f' <button type="button" data-do="again" data-exchange="{markup(exchange)}">Try again'
        "</button>"
        if exchange
        else ""
    )
    return f'<p class="problem" role="alert">{markup(message)}{again}</p>'


def draft(question: str, evidence: EvidenceFound, words: str, state: str) -> str:
    """What is known while an answer is in progress: quotes first, then a model's words."""
    understood = (
        f'<p class="understood">Understood as <q dir="auto">{markup(evidence.standalone)}</q></p>'
        if evidence.standalone.strip() not in ("", question.strip())
        else ""
    )
    quotes = (
        _body("live", evidence.provisional)
        if evidence.provisional
        else render_evidence("live", evidence.citations)
    )
    text = f'<p class="draft" dir="auto">{markup(words)}</p>' if words else ""
    return (
        f'<article class="turn live" id="x-live" aria-busy="true">'
        f'<h3 class="asked" dir="auto">{markup(question)}</h3>{understood}'
        f'{quotes}{text}<p class="state"><span class="dot" aria-hidden="true"></span>'
        f'{markup(state)}<span class="elapsed" aria-hidden="true"></span></p></article>'
    )


def log(items: Sequence[Exchange], live: str = "") -> str:
    """The conversation so far and, at its end, the answer in progress."""
    return "".join(exchange(item) for item in items) + live
