"""Draws the list of documents: searched, sorted, each with its revisions and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.formats.html_escape import clip, markup
from app.service.access.document_choice import display_folder
from app.web.chat import Chat
from app.web.display_names import display_title
from store.library import Library
from store.results import Revision

SORT_CHOICES = [
    ("By name", "name"), ("Newest first", "newest"), ("Longest first", "longest"),
    ("Out-of-date answers first", "changed"),
]  # fmt: skip


Row = tuple[Revision, str]
"""A document's current revision, and the title that a reader is shown."""


@dataclass(frozen=True, slots=True)
class ListedLibrary:
    """The library as its reader sees it: the collections that they may change, whether the rows
    show their ``collections``, and whether people share it."""

    library: Library
    editable: frozenset[str]
    collections: bool
    shared: bool
    owner: str


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question that an owner asked: its exchange, and its words."""

    exchange: str
    words: str


def render_document_list(chat: Chat, owner: str, session: str) -> str:
    """The current documents as this page shows them.

    Whoever draws them, the page's search and its question whether one is to be removed stay.
    """
    page = chat.page(session)
    library = chat.engine.access.library_of(owner)
    revisions = library.documents()
    titled = [(d, display_title(library, d)) for d in revisions]
    sought = page.words.casefold().split()
    titled = [(d, t) for d, t in titled if all(w in _searched(d, t) for w in sought)]
    changed = out_of_date(chat, owner)
    titled = _sorted(titled, page.sort, changed)
    # Told if there are several, and only if the reader may change one what would do so.
    shown = ListedLibrary(
        library,
        editable=chat.engine.access.editable(owner),
        collections=len({d.collection for d in revisions}) > 1,
        shared=chat.engine.access.shared,
        owner=owner,
    )
    rows = "".join(_row(shown, d, t, page.removing, changed) for d, t in titled[: page.most])
    none = "No document has these words in its name or title." if revisions else "No documents yet."
    listed = f'<ul class="documents">{rows}</ul>' if rows else f'<p class="none">{none}</p>'
    return _removed(library, page.removed) + listed + _more(len(titled), page.most)


def _searched(revision: Revision, title: str) -> str:
    return f"{title} {revision.document} {revision.source}".casefold()


def _sorted(
    listed_rows: list[Row], sort: str, changed: dict[str, list[AskedQuestion]]
) -> list[Row]:
    by_name = sorted(listed_rows, key=lambda row: (row[1].casefold(), row[0].document))
    by: dict[str, Callable[[Row], Any]] = {
        "newest": lambda row: row[0].activated or row[0].created,
        "longest": lambda row: row[0].characters,
        "changed": lambda row: len(changed.get(row[0].document_id, ())),
    }
    return sorted(by_name, key=by[sort], reverse=True) if sort in by else by_name


def out_of_date(chat: Chat, owner: str) -> dict[str, list[AskedQuestion]]:
    """By document id, the owner's questions whose cited words have changed there or moved."""
    asked = chat.kept.answers_of(owner)
    statuses = chat.statuses.of(
        chat.engine.access.library_of(owner), (answer for _, _, answer in asked)
    )
    by_document: dict[str, list[AskedQuestion]] = {}
    for exchange, words, answer in asked:
        for document in statuses[answer].changed:
            by_document.setdefault(document, []).append(AskedQuestion(exchange, words))
    return by_document


def _more(count: int, most: int) -> str:
    if count <= most:
        return ""
    return (
        f'<p class="none">{most:,} of {count:,} documents are shown. <button type="button" '
        'class="inline" data-do="act" data-act="more">Show more</button></p>'
    )


def _removed(library: Library, revision: Revision | None) -> str:
    """What was removed from this page, and the way back."""
    if revision is None:
        return ""
    title = markup(clip(display_title(library, revision), 60))
    undo = _button("restore", revision, "Undo", f' data-number="{revision.number}"')
    return f'<p class="undo" role="status">Removed “<bdi>{title}</bdi>”. {undo}</p>'


def _button(do: str, revision: Revision, label: str, more: str = "") -> str:
    return (
        f'<button type="button" data-do="act" data-act="{do}" data-id="{markup(revision.id)}" '
        f'data-document="{markup(revision.document_id)}"{more}>{label}</button>'
    )


def _row(
    shown: ListedLibrary,
    current: Revision,
    title: str,
    removing: str,
    changed: dict[str, list[AskedQuestion]],
) -> str:
    history = shown.library.history(current.document_id)
    mine = current.collection in shown.editable
    ask = (
        f'<button type="button" data-do="only" data-document="{markup(current.document_id)}">'
        "Ask about this</button>"
    )
    diff = _button("diff", current, "What changed") if len(history) > 1 else ""
    sure = _sure(current, shared=shown.shared) if mine and removing == current.id else ""
    remove = "" if sure or not mine else _button("ask-remove", current, "Remove…")
    lies = f" · in {markup(display_folder(current.collection, shown.owner))}"
    return (
        f'<li><div class="name" dir="auto"><strong>{markup(clip(title, 90))}</strong> '
        f"<bdi>{markup(clip(current.document, 80))}</bdi></div>"
        f'<p class="meta">{current.passages:,} passages · {current.characters:,} characters · '
        f"ingested {markup(current.created[:10])}{lies if shown.collections else ''}</p>"
        f'<div class="actions">{ask}{_button("read", current, "Read")}{diff}{remove}</div>{sure}'
        f"{_revisions(current, history, restorable=mine)}"
        f"{_answers(changed.get(current.document_id, []))}{omissions(current.omissions)}</li>"
    )


def _sure(current: Revision, *, shared: bool) -> str:
    """The question whether it is to be removed. If people share the library, what is gone for
    good is gone for all of them: that stays with whoever runs it."""
    purge = "" if shared else _button("purge", current, "Delete for good")
    warning = "" if shared else (
        " Delete for good also erases its text, and every answer that quotes it."
    )  # fmt: skip
    return (
        '<div class="sure"><p>Remove takes it out of new answers; it can be undone.'
        f"{warning}</p>{_button('remove', current, 'Remove')}{purge}"
        f"{_button('keep', current, 'Keep')}</div>"
    )


def _revisions(current: Revision, history: Sequence[Revision], *, restorable: bool) -> str:
    def restore(r: Revision) -> str:
        return _button("restore", r, "Restore", f" data-number={r.number}") if restorable else ""

    older = "".join(
        f"<li>Revision {r.number}, {markup(r.created[:16].replace('T', ' '))} UTC "
        f"{_button('read', r, 'Read')} "
        f"{restore(r)}</li>"
        for r in history
        if r.id != current.id
    )
    if not older:
        return ""
    return f"<details><summary>{len(history)} revisions</summary><ol>{older}</ol></details>"


def _answers(questions: Sequence[AskedQuestion]) -> str:
    """The answers whose cited words have changed in this document, each a link to it."""
    if not questions:
        return ""
    count = "1 answer is" if len(questions) == 1 else f"{len(questions)} answers are"
    rows = "".join(
        f'<li><a href="?answer={markup(q.exchange)}" dir="auto">{markup(clip(q.words, 120))}</a>'
        "</li>"
        for q in questions
    )
    return (
        f'<details class="out-of-date"><summary>{count} out of date</summary><ul>{rows}</ul>'
        "</details>"
    )


def omissions(notes: Sequence[str]) -> str:
    """What of a document was not read, or was assumed."""
    rows = "".join(f"<li>{markup(clip(omission, 300))}</li>" for omission in notes)
    return f'<ul class="omissions" aria-label="Not read, or assumed">{rows}</ul>' if rows else ""
