"""Draws the list of documents: searched, sorted, each with its revisions and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from app.service.access.document_choice import display_folder
from app.web.chat import Chat
from app.web.display_names import display_title
from app.web.document_words import kind_in_words, length_in_words
from app.web.rendering import render
from store.results import Revision

SORT_CHOICES = [
    ("By name", "name"), ("Newest first", "newest"), ("Longest first", "longest"),
    ("Out-of-date answers first", "changed"),
]  # fmt: skip


Row = tuple[Revision, str]
"""A document's current revision, and the title that a reader is shown."""


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document as its reader sees it.

    ``kind`` and ``length`` are in words; ``folder`` is where it lies, "" if that is not shown;
    ``outdated`` are the reader's questions whose cited words have changed in it.
    """

    revision: Revision
    title: str
    kind: str
    length: str
    folder: str
    editable: bool
    history: Sequence[Revision]
    outdated: Sequence[AskedQuestion]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question that an owner asked: its exchange, and its words."""

    exchange: str
    words: str


def render_document_list(chat: Chat, owner: str, session: str) -> Markup:
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
    return render(
        "documents",
        rows=_listed(chat, owner, titled[: page.most], revisions, changed),
        count=len(titled),
        any=bool(revisions),
        shared=chat.engine.access.shared,
        removing=page.removing,
        removed=page.removed,
        removed_title=display_title(library, page.removed) if page.removed else "",
    )


def _listed(
    chat: Chat,
    owner: str,
    shown: Sequence[Row],
    revisions: Sequence[Revision],
    changed: Mapping[str, Sequence[AskedQuestion]],
) -> list[ListedDocument]:
    library, editable = chat.engine.access.library_of(owner), chat.engine.access.editable(owner)
    # A collection is named only if there are several.
    several = len({r.collection for r in revisions}) > 1
    return [
        ListedDocument(
            revision,
            title,
            kind_in_words(revision),
            length_in_words(revision.characters),
            display_folder(revision.collection, owner) if several else "",
            revision.collection in editable,
            library.history(revision.document_id),
            changed.get(revision.document_id, ()),
        )
        for revision, title in shown
    ]


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
    answered = chat.kept.answers_of(owner)
    statuses = chat.statuses.of(
        chat.engine.access.library_of(owner), (answer for _, _, answer in answered)
    )
    by_document: dict[str, list[AskedQuestion]] = {}
    for exchange, words, answer in answered:
        for document in statuses[answer].changed:
            by_document.setdefault(document, []).append(AskedQuestion(exchange, words))
    return by_document
