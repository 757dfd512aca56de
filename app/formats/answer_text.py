"""An answer as text with its footnotes, for the clipboard, for export and for other programs."""

from __future__ import annotations

import re

from app.answer import Answer, Citation, Sentence
from app.formats.place import page_label

BULLET = re.compile(r"^\s*[-*•–]\s+")


def citation_place(citation: Citation) -> str:
    """Where a citation is, in words: document, heading path, page or row (plain text)."""
    parts = [citation.document, *citation.headings[-2:]]
    if citation.page is not None:
        parts.append(page_label(citation.document, citation.page))
    if citation.row is not None:
        parts.append(f"row {citation.row}")
    return " › ".join(parts)


def is_listed(sentence: Sentence) -> bool:
    """Whether the sentence is an item of a list."""
    return sentence.listed or bool(BULLET.match(sentence.text))


def with_bullet(sentence: Sentence) -> str:
    """The sentence as a line of text: an item of a list begins with a bullet."""
    bare = sentence.listed and not BULLET.match(sentence.text)
    return f"- {sentence.text}" if bare else sentence.text


def with_footnotes(answer: Answer, mark: str = "[^{}]", note: str = "[^{}]: ") -> str:
    """The sentences that answer with a mark for each citation, and below them what is cited.

    ``mark`` and ``note`` take the citation's number; as they stand they are Markdown's footnotes.
    A refusal is its reason, which stands before the closest passages.
    """
    if not answer.sentences:
        return answer.reason
    text = f"{answer.reason}\n" if answer.kind == "closest" else ""
    for sentence in answer.first:
        listed = answer.kind == "closest" or is_listed(sentence)
        apart = "\n" if listed or sentence.text.startswith("|") else " "
        marks = "".join(mark.format(n) for n in sentence.citations)
        text += (apart if text else "") + with_bullet(sentence) + marks
    notes = [f"{note.format(c.n)}{quote_and_place(c)}" for c in answer.footnotes[0]]
    return "\n".join([text, "", *notes])


def quote_and_place(citation: Citation) -> str:
    """The cited words on one line, and where they stand."""
    return f"“{' '.join(citation.quote.split())}” — {citation_place(citation)}"
