"""Leaves out what a reasoning model thinks aloud: it is neither shown nor judged."""

from __future__ import annotations

import re

from app.answer import Word

# Tokens of a reply that thinks first: what one or two sentences take is used up by the thoughts.
THINKING_TOKENS = 4096
CLOSED = "</think>"
_NAMES = "(?:think|thinking|thought|thoughts|reasoning)"
_OPENS = re.compile(rf"<{_NAMES}>", re.IGNORECASE)
_CLOSES = re.compile(rf"</{_NAMES}>\s*", re.IGNORECASE)
_PART_OF_A_TAG = re.compile(r"</?[a-z]{0,9}$", re.IGNORECASE)


def strip_reasoning(reply: str) -> str:
    """The reply after its thoughts; "" while one is not closed. Some models mark only its end."""
    answer = _CLOSES.split(reply)[-1]
    opened = _OPENS.search(answer)
    return (answer[: opened.start()] if opened else answer).lstrip()


class UnreasonedReply:
    """A reply as it comes, without its thoughts."""

    def __init__(self) -> None:
        self._raw = ""
        self._shown = ""

    def add(self, piece: str) -> None:
        """Take the next piece."""
        self._raw += piece

    @property
    def text(self) -> str:
        """What was said so far; what may be the beginning of a tag waits."""
        return _PART_OF_A_TAG.sub("", strip_reasoning(self._raw))

    @property
    def only_thought(self) -> bool:
        """Whether it ended in the middle of a thought."""
        return bool(self._raw.strip()) and not strip_reasoning(self._raw)

    def unshown(self) -> Word:
        """What was not shown yet; from the start if what was shown turns out to be a thought."""
        text, before = self.text, self._shown
        self._shown = text
        if text.startswith(before):
            return Word(text[len(before) :])
        return Word(text, restart=True)
