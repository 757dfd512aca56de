"""Where a reader's own evaluation set lies: corrections made in the chat become its questions."""

from __future__ import annotations

from pathlib import Path


def own_set(data: Path, owner: str = "") -> Path:
    """The file of the owner's set; "" is whoever uses a chat that nobody signs in to.

    Names of users are letters, digits, dots, dashes, underscores and @, so they are safe in paths.
    """
    return data / "sets" / (f"mine-{owner}.jsonl" if owner else "mine.jsonl")
