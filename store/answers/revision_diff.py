"""Compares two revisions: passages added, removed, changed and moved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from store.results import Change, Diff, Revision, StoredPassage, WordRun

WORD_PATTERN = re.compile(r"\s+|\w+|[^\w\s]")
# Below this share of common words two passages are a removal and an addition, not a change.
ALIKE_RATIO = 0.5
# Comparing every pair grows with the square; beyond this many, neighbours only.
MAX_PAIRS = 2500


def diff(
    a: Revision, before: Sequence[StoredPassage], b: Revision, after: Sequence[StoredPassage]
) -> Diff:
    """Compares the passages of two revisions of one document; passages are equal by their words."""
    changes: list[Change] = []
    unchanged = 0
    old_words, new_words = ([_words(p) for p in side] for side in (before, after))
    matcher = SequenceMatcher(None, old_words, new_words, False)
    gone: list[StoredPassage] = []
    come: list[StoredPassage] = []
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            unchanged += a2 - a1
            continue
        pairs, old, new = _pair(before[a1:a2], after[b1:b2])
        changes += [Change("changed", x, y, word_runs(x.passage.text, y.passage.text))
                    for x, y in pairs]  # fmt: skip
        gone += old
        come += new
    changes += _moved_or_not(gone, come)
    return Diff(b.document, a, b, tuple(sorted(changes, key=_place)), unchanged)


def word_runs(old: str, new: str) -> tuple[WordRun, ...]:
    """The words of two texts side by side, runs of equal and of different ones."""
    left, right = WORD_PATTERN.findall(old), WORD_PATTERN.findall(new)
    matcher = SequenceMatcher(None, left, right, False)
    return tuple(
        WordRun(tag == "equal", "".join(left[a1:a2]), "".join(right[b1:b2]))
        for tag, a1, a2, b1, b2 in matcher.get_opcodes()
    )


def _words(stored: StoredPassage) -> tuple[str, str]:
    return stored.passage.context, stored.passage.text


def _pair(
    old: Sequence[StoredPassage], new: Sequence[StoredPassage]
) -> tuple[list[tuple[StoredPassage, StoredPassage]], list[StoredPassage], list[StoredPassage]]:
    """Pairs the passages that are versions of each other, most alike first; and the rest."""
    moved = {_words(p) for p in old} & {_words(p) for p in new}
    lone_old = [p for p in old if _words(p) not in moved]
    lone_new = [p for p in new if _words(p) not in moved]
    scored = sorted(_likeness(lone_old, lone_new), key=lambda pair: (-pair[0], pair[1], pair[2]))
    pairs: dict[int, int] = {}
    for alike, i, j in scored:
        if alike >= ALIKE_RATIO and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return (
        [(lone_old[i], lone_new[j]) for i, j in pairs.items()],
        [p for p in old if _words(p) in moved]
        + [p for i, p in enumerate(lone_old) if i not in pairs],
        [p for p in new if _words(p) in moved]
        + [p for j, p in enumerate(lone_new) if j not in pairs.values()],
    )


def _likeness(
    old: Sequence[StoredPassage], new: Sequence[StoredPassage]
) -> Iterator[tuple[float, int, int]]:
    """Share of common words (Dice) of each pair, or of neighbours if there are very many."""
    bags = [[Counter(p.passage.text.split()) for p in side] for side in (old, new)]
    for i, left in enumerate(bags[0]):
        for j, right in enumerate(bags[1]):
            if len(old) * len(new) > MAX_PAIRS and abs(i - j) > 2:
                continue
            total = left.total() + right.total()
            yield 2 * (left & right).total() / total if total else 0.0, i, j


def _moved_or_not(gone: Sequence[StoredPassage], come: Sequence[StoredPassage]) -> Iterator[Change]:
    waiting: dict[tuple[str, str], list[StoredPassage]] = {}
    for passage in gone:
        waiting.setdefault(_words(passage), []).append(passage)
    for passage in come:
        same = waiting.get(_words(passage))
        if same:
            yield Change("moved", same.pop(0), passage)
        else:
            yield Change("added", None, passage)
    for rest in waiting.values():
        yield from (Change("removed", passage, None) for passage in rest)


def _place(change: Change) -> tuple[int, int]:
    at = change.after or change.before
    return (at.ordinal if at else 0, 0 if change.after else 1)
