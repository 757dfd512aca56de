"""Examples as windows of token ids, in arrays that can be stored and put on any device."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from evals.training.reader.examples import NO_SPAN, Example, by_people


@dataclass(frozen=True, slots=True)
class Windows:
    """Many windows; row i of each array is window i, ``ids`` are of shape (windows, longest).

    ``length`` is a window's tokens, ``second`` the first token of its passage; ``start`` and
    ``end`` (inclusive) index its tokens (``NO_SPAN`` for none); ``answerable`` is 0 or 1;
    ``support`` indexes SUPPORT_LABELS (``NO_SPAN`` if it is a question); ``by_people`` is 1
    if people wrote a question without an answer.
    """

    ids: NDArray[np.int32]
    length: NDArray[np.int32]
    second: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    answerable: NDArray[np.int32]
    support: NDArray[np.int32]
    by_people: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.length)

    def save(self, path: Path) -> None:
        """Write them as a NumPy archive, the ids one after another."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        inside = np.arange(self.ids.shape[1]) < self.length[:, None]
        arrays["ids"] = self.ids[inside].astype(np.uint16)
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> Windows:
        """Read what ``save`` wrote."""
        with np.load(path) as saved:
            arrays = {name: saved[name].astype(np.int32) for name in saved.files}
        ids = np.zeros((len(arrays["length"]), int(arrays["length"].max())), dtype=np.int32)
        ids[np.arange(ids.shape[1]) < arrays["length"][:, None]] = arrays["ids"]
        return cls(**{**arrays, "ids": ids})


def cut_all(
    examples: Sequence[Example], tokenizer: Tokenizer, limit: int, rng: random.Random
) -> Windows:
    """A window of each example, at most ``limit`` tokens, the answer inside at a random place."""
    rows = [_cut(e, tokenizer, limit, rng) for e in examples]
    numbers = np.array([r[1:] for r in rows], dtype=np.int32).reshape(-1, 7).T
    ids = np.zeros((len(rows), max((len(r[0]) for r in rows), default=0)), dtype=np.int32)
    for row, (tokens, *_) in zip(ids, rows, strict=True):
        row[: len(tokens)] = tokens
    return Windows(ids, *numbers)


def _token_span(encoding: Encoding, start: int, end: int) -> tuple[int, int]:
    covered = [i for i, (a, b) in enumerate(encoding.offsets) if a < end and b > start]
    return (covered[0], covered[-1]) if covered else (NO_SPAN, NO_SPAN)


def _cut(
    example: Example, tokenizer: Tokenizer, limit: int, rng: random.Random
) -> tuple[list[int], int, int, int, int, int, int, int]:
    """Token ids and, in the order of ``Windows``, what belongs to them."""
    cls, sep = (int(tokenizer.token_to_id(mark) or 0) for mark in ("[CLS]", "[SEP]"))
    first = tokenizer.encode(example.first, add_special_tokens=False).ids[: limit // 3]
    encoding = tokenizer.encode(example.second, add_special_tokens=False)
    room = limit - len(first) - 3
    start, end = NO_SPAN, NO_SPAN
    if example.start >= 0:
        start, end = _token_span(encoding, example.start, example.end)
    low, high = max(0, end - room + 1), min(max(start, 0), max(0, len(encoding.ids) - room))
    offset = rng.randint(low, high) if start >= 0 and low <= high else 0
    if start < 0 and len(encoding.ids) > room and example.support is None:
        offset = rng.randint(0, len(encoding.ids) - room)
    second = encoding.ids[offset : offset + room]
    shift = len(first) + 2 - offset
    inside = start >= 0 and end - offset < room
    ids = [cls, *first, sep, *second, sep]
    return (
        ids,
        len(ids),
        len(first) + 2,
        start + shift if inside else NO_SPAN,
        end + shift if inside else NO_SPAN,
        int(bool(example.answerable)),
        NO_SPAN if example.support is None else example.support,
        int(by_people(example)),
    )
