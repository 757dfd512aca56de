"""The errors that every package raises for people to read."""

from __future__ import annotations


class FootnoteError(Exception):
    """A failure with a message for the person: what was wrong, and what to do next.

    ``exit_code`` is 2 if the user can correct the input and 1 if Footnote or the machine failed.
    """

    exit_code = 1


class UnreadableDocument(FootnoteError):
    """A document could not be read; the message names it, says why and what would help."""

    exit_code = 2
