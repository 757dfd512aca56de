"""Short notices of what changed elsewhere: another tab, the command line, a watched folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from app.web.chat import Chat
from app.web.display_names import display_title
from app.web.document_list import out_of_date
from app.web.rendering import render
from store.results import Revision

MAX_NAMED_DOCUMENTS = 3
"""Up to so many changes are reported one by one; more are counted."""


@dataclass(frozen=True)
class KnownState:
    """What an open page shows: ``stamp`` of the whole state, the model's phase, and by document
    its current revision and title."""

    stamp: str = ""
    phase: str = ""
    documents: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def known(chat: Chat, owner: str, stamp: str) -> KnownState:
    """The state of now."""
    library = chat.engine.access.library_of(owner)
    revisions: Sequence[Revision] = library.documents()
    documents = {d.document_id: (d.id, display_title(library, d)) for d in revisions}
    return KnownState(stamp, chat.engine.status.phase, documents)


def toasts(
    chat: Chat, owner: str, before: KnownState, now: KnownState, own: Collection[str]
) -> Markup:
    """What changed, as HTML; "" if all of it was done on this page (``own`` documents)."""
    changes = [change for document, *change in _changes(before, now) if document not in own]
    notices = []
    if len(changes) > MAX_NAMED_DOCUMENTS:
        notices = [f"{len(changes)} documents were added, changed or removed."]
        changes = []
    changed = {d for d, (revision, _) in now.documents.items() if _was(before, d) != revision}
    stale = [
        q for d, questions in out_of_date(chat, owner).items() if d in changed for q in questions
    ]
    if (changes or notices) and stale:
        notices.append("1 answer is out of date." if len(stale) == 1 else
                    f"{len(stale)} answers are out of date.")  # fmt: skip
    if before.phase in ("fetching", "loading") and now.phase == "ready":
        notices.append("The language model is ready.")
    return render("toast", changes=changes, notices=notices) if changes or notices else Markup()


def _was(before: KnownState, document: str) -> str:
    return before.documents.get(document, ("", ""))[0]


def _changes(before: KnownState, now: KnownState) -> list[tuple[str, str, str]]:
    """Each changed document, its title, and what became of it."""
    changes = []
    for document, (revision, title) in now.documents.items():
        if document not in before.documents:
            changes.append((document, title, "was added"))
        elif _was(before, document) != revision:
            changes.append((document, title, "has changed"))
    for document, (_, title) in before.documents.items():
        if document not in now.documents:
            changes.append((document, title, "was removed"))
    return changes
