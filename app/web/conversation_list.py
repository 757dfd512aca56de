"""The list of conversations in the sidebar: by date, each with a menu of what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby

from app.formats.html_escape import clip, markup
from app.service.conversations.conversations import Conversation
from app.web import downloads

PERIOD_NAMES = ((0, "Today"), (1, "Yesterday"), (7, "The last week"), (31, "The last month"))
"""Days back, and what is said of conversations no older than that."""


def period(updated: str, today: date) -> str:
    """When a conversation was last added to (``updated``: ISO 8601, UTC), in words."""
    there = datetime.fromisoformat(updated)
    if there.tzinfo is None:
        there = there.replace(tzinfo=UTC)
    days = (today - there.astimezone().date()).days
    return next((words for most, words in PERIOD_NAMES if days <= most), "Earlier")


def render_conversation_list(conversations: Sequence[Conversation], current: str, none: str) -> str:
    """The conversations as HTML; ``none`` is said if there are none."""
    today = datetime.now().astimezone().date()
    groups = groupby(conversations, key=lambda c: period(c.updated, today))
    parts = [
        f'<h3 class="period">{words}</h3><ul class="kept">{"".join(_rows(items, current))}</ul>'
        for words, items in groups
    ]
    listed = "".join(parts) or f'<p class="none">{none}</p>'
    # The page's address names the open one, so that a reload, or a server's restart, finds it.
    return f'<div data-current="{markup(current)}">{listed}</div>'


def render_undo(conversation: Conversation) -> str:
    """What stands above the list after one was deleted: its name, and the way back."""
    name = markup(clip(conversation.name, 40))
    return (
        f'<p class="undo" role="status">Deleted “<bdi>{name}</bdi>”. '
        f'<button type="button" data-do="undelete" data-conversation="{markup(conversation.id)}">'
        "Undo</button></p>"
    )


def _rows(items: Iterator[Conversation], current: str) -> Iterator[str]:
    for c in items:
        identity, name, whole = markup(c.id), markup(clip(c.name, 60)), markup(c.name)
        here = " aria-current=true" if c.id == current else ""
        yield (
            f'<li><button type="button" class="open" data-do="open" '
            f'data-conversation="{identity}" title="{whole}"{here} dir="auto">{name}</button>'
            f'<details class="menu" name="conversation"><summary aria-label="Rename, export or '
            f'delete {name}" title="Rename, export, delete">⋯</summary>'
            f'<div class="choices"><label>Name <input data-field="name" value="{whole}" '
            f'maxlength="120"></label>'
            f'<button type="button" data-do="rename" data-conversation="{identity}">Rename</button>'
            f"{downloads.links(c.id)}"
            f'<button type="button" class="delete" data-do="delete" '
            f'data-conversation="{identity}">Delete</button></div></details></li>'
        )
