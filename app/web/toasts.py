"""Short notices of what changed elsewhere: another tab, the command line, a watched folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from app.formats.html_escape import clip, markup
from app.web.chat import Chat
from app.web.display_names import display_title
from app.web.document_list import out_of_date
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
) -> str:
    """What changed, as HTML; "" if all of it was done on this page (``own`` documents)."""
    notices = [notices for document, notices in _changes(before, now) if document not in own]
    if len(notices) > MAX_NAMED_DOCUMENTS:
        notices = [f"{len(notices)} documents were added, changed or removed."]
    changed = {d for d, (revision, _) in now.documents.items() if _was(before, d) != revision}
    stale = [q for d, asked in out_of_date(chat, owner).items() if d in changed for q in asked]
    if notices and stale:
        notices.append("1 answer is out of date." if len(stale) == 1 else
                    f"{len(stale)} answers are out of date.")  # fmt: skip
    if before.phase in ("fetching", "loading") and now.phase == "ready":
        notices.append("The language model is ready.")
    rows = "".join(f"<p>{line}</p>" for line in notices)
    return f'<div class="toast" role="status">{rows}</div>' if rows else ""


def _was(before: KnownState, document: str) -> str:
    return before.documents.get(document, ("", ""))[0]


def _changes(before: KnownState, now: KnownState) -> list[tuple[str, str]]:
    """Each changed document, and what became of it, as HTML."""
    changes = []
    for document, (revision, title) in now.documents.items():
        if document not in before.documents:
            changes.append((document, f"{_quoted(title)} was added."))
        elif _was(before, document) != revision:
            changes.append((document, f"{_quoted(title)} has changed."))
    for document, (_, title) in before.documents.items():
        if document not in now.documents:
            changes.append((document, f"{_quoted(title)} was removed."))
    return changes


def _quoted(title: str) -> str:
    return f"“<bdi>{markup(clip(title, 60))}</bdi>”"
