"""The list of conversations in the sidebar: by date, each with a menu of what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import groupby

from markupsafe import Markup

from app.service.conversations.conversations import Conversation
from app.web import downloads
from app.web.rendering import render

PERIOD_NAMES = ((0, "Today"), (1, "Yesterday"), (7, "The last week"), (31, "The last month"))
"""Days back, and what is said of conversations no older than that."""


def period(updated: str, today: date) -> str:
    """When a conversation was last added to (``updated``: ISO 8601, UTC), in words."""
    there = datetime.fromisoformat(updated)
    if there.tzinfo is None:
        there = there.replace(tzinfo=UTC)
    days = (today - there.astimezone().date()).days
    return next((words for most, words in PERIOD_NAMES if days <= most), "Earlier")


def render_conversation_list(
    conversations: Sequence[Conversation], current: str, none: str
) -> Markup:
    """The conversations as HTML; ``none`` is said if there are none."""
    today = datetime.now().astimezone().date()
    groups = groupby(conversations, key=lambda c: period(c.updated, today))
    return render(
        "conversations",
        periods=[(words, list(items)) for words, items in groups],
        current=current,
        empty=none,
        formats=downloads.FORMAT_NAMES,
    )


def render_undo(conversation: Conversation) -> Markup:
    """What stands above the list after one was deleted: its name, and the way back."""
    return render("conversation_undo", conversation=conversation)
