"""Answers what changed: sentence by sentence, each change with the old words and the new ones.

Compared are two revisions of a document, or two documents that are versions of each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations, zip_longest

from app.answer import Answer, Sentence, Verdict
from app.answering.citations import CitationNumbering
from app.language.tokens import stems
from app.question.change_question import ChangeQuestion
from ingest.language.sentences import sentences
from store.answers.revision_diff import diff as compare
from store.library import Library
from store.results import Change, Diff, Hit, Revision, StoredPassage

# Changes that are shown, at most.
MAX_CHANGES = 12
# Two documents are versions of each other if so large a share of their passages is equal or alike.
MIN_ALIKE = 0.5
# Documents among which versions are looked for.
MAX_DOCUMENTS = 12
_DIGITS = re.compile(r"(\d+)")
# What tells versions of a name apart: "lease v2.pdf", "lease (2024).pdf", "lease final.pdf".
_VERSION = re.compile(r"\d+|\b(?:v|version|rev|revision|draft|final|old|new|copy)\b|[\W_]+")

Span = tuple[StoredPassage, int, int]
"""A passage with a sentence's span in it."""


def change_answer(
    library: Library, question: str, asked: ChangeQuestion, revisions: Sequence[Revision]
) -> Answer | None:
    """The changes as an answer; None if no two versions of what is asked are known."""
    named = [r for r in revisions if asked.rest and asked.rest <= stems(f"{r.document} {r.title}")]
    found = _versions(library, named or revisions, asked.numbers)
    if found is None or asked.rest and not named and len(revisions) > 2:
        return None
    topic = frozenset() if named else asked.rest
    changes = [pair for pair in _sentences(found) if _is_about(pair, topic)]
    if topic and not changes:
        return None
    return _answer(library, question, found, changes)


def _versions(
    library: Library, revisions: Sequence[Revision], numbers: tuple[int, ...]
) -> Diff | None:
    """Two revisions of the one document that has several, or two documents alike."""
    several = [r for r in revisions if r.number > 1]
    if len(several) == 1:
        known = [r.number for r in library.history(several[0].document_id)]
        a, b = numbers if numbers and set(numbers) <= set(known) else (None, None)
        return library.diff(several[0].document_id, a, b)
    for one, other in combinations(revisions[:MAX_DOCUMENTS], 2):
        if not several and _stem_of_name(one) == _stem_of_name(other):
            old, new = sorted((one, other), key=lambda r: _natural(r.document))
            found = compare(old, library.passages(old.id), new, library.passages(new.id))
            changed = sum(c.kind in ("changed", "moved") for c in found.changes)
            if found.unchanged + changed >= MIN_ALIKE * (found.unchanged + len(found.changes)):
                return found
    return None


def _stem_of_name(revision: Revision) -> str:
    name = revision.document.rpartition(".")[0] or revision.document
    return _VERSION.sub(" ", name.casefold()).strip()


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts "v2" before "v10"."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(name)]


def _sentences(found: Diff) -> Iterator[tuple[Span | None, Span | None]]:
    """Each sentence that went, came or became another, in order."""
    for change in found.changes:
        if change.kind != "moved":
            yield from _within(change)


def _within(change: Change) -> Iterator[tuple[Span | None, Span | None]]:
    old, new = _spans(change.before), _spans(change.after)
    matcher = SequenceMatcher(None, [_plain(s) for s in old], [_plain(s) for s in new], False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag != "equal":
            yield from zip_longest(old[a1:a2], new[b1:b2])


def _spans(stored: StoredPassage | None) -> list[Span]:
    return [(stored, a, b) for a, b in sentences(stored.passage.text)] if stored else []


def _plain(span: Span) -> str:
    stored, start, end = span
    return " ".join(stored.passage.text[start:end].split())


def _is_about(pair: tuple[Span | None, Span | None], topic: frozenset[str]) -> bool:
    texts = [f"{' '.join(span[0].passage.headings)} {_plain(span)}" for span in pair if span]
    return topic <= stems(" ".join(texts))


def _answer(
    library: Library,
    question: str,
    found: Diff,
    changes: Sequence[tuple[Span | None, Span | None]],
) -> Answer:
    footnotes = CitationNumbering()
    hits = {r.id: library.passages_as_hits(r.id) for r in (found.a, found.b)}
    said = [_said(footnotes, hits[found.a.id], hits[found.b.id], *p) for p in changes[:MAX_CHANGES]]
    a, b = (_name(revision, found) for revision in (found.a, found.b))
    note = f"From {a} to {b}: {len(changes)} sentences changed, came or went."
    if len(changes) > MAX_CHANGES:
        note += f" The first {MAX_CHANGES} are shown."
    reason = "" if said else f"Nothing changed from {a} to {b}."
    return Answer(
        question,
        question,
        "answer" if said else "refusal",
        tuple(said),
        footnotes.citations,
        reason,
        (),
        1.0,
        "none",
        (note,) if said else (),
    )


def _name(revision: Revision, found: Diff) -> str:
    same = found.a.document_id == found.b.document_id
    return (
        f"version {revision.number} of “{revision.document}”" if same else f"“{revision.document}”"
    )


def _said(
    footnotes: CitationNumbering,
    before: Sequence[Hit],
    after: Sequence[Hit],
    old: Span | None,
    new: Span | None,
) -> Sentence:
    numbers: list[int] = []
    for hits, span in ((before, old), (after, new)):
        if span:
            stored, start, end = span
            offset = stored.passage.start
            numbers.append(footnotes.cite(_hit(hits, span), offset + start, offset + end).n)
    if old and new:
        text = f"“{_plain(old)}” is now “{_plain(new)}”"
    elif new:
        text = f"New: “{_plain(new)}”"
    else:
        assert old is not None
        text = f"Removed: “{_plain(old)}”"
    return Sentence(text, tuple(numbers), Verdict.COMPUTED)


def _hit(hits: Sequence[Hit], span: Span) -> Hit:
    return next(hit for hit in hits if hit.stored.id == span[0].id)
