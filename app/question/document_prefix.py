"""A question that names its document first: "NAME: question"."""

from __future__ import annotations

from collections.abc import Iterator


def possible_prefixes(question: str) -> Iterator[tuple[str, str]]:
    """What may be a document's name before a colon, and the question after it, shortest first."""
    at = question.find(": ")
    while at > 0:
        name, rest = question[:at].strip(), question[at + 2 :].strip()
        if name and rest:
            yield name, rest
        at = question.find(": ", at + 1)
