"""What a client may send as text."""

from __future__ import annotations

from typing import Any


def has_half_character(value: Any) -> bool:
    """Whether a JSON value holds half of a UTF-16 pair, which is no character: JSON can write one
    as an escape, and nothing can store or show it."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return True
        return False
    if isinstance(value, dict):
        return any(has_half_character(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(map(has_half_character, value))
