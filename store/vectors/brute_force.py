"""Exact nearest-neighbour search over the vectors in the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_TAIL_VECTORS = 20_000
"""Vectors that are kept in memory, 1.5 kB each; what is beyond them is read for each question."""
VECTOR_BATCH_SIZE = 2000


@dataclass(frozen=True, slots=True)
class VectorState:
    """How far the catalogue's vectors go: the model that made them, the last one's ``seq``, and how
    often unused ones were collected."""

    model: str
    last: int
    collections: int


class VectorSource(Protocol):
    """Where the vectors are kept: the catalogue."""

    def vectors_after(self, seq: int, limit: int | None = None) -> list[tuple[int, str, bytes]]: ...
    def vector_state(self) -> VectorState: ...
    def unknown_vectors(self, keys: Iterable[str]) -> set[str]: ...


class Tail:
    """Compares exactly the vectors that were saved after a ``seq``."""

    def __init__(self, source: VectorSource) -> None:
        self._source = source
        self._follows: tuple[int, str, int] | None = None
        self._seq = 0
        self._keys: list[str] = []
        self._held: NDArray[np.float32] | None = None

    def nearest(self, base: int, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """``(key, cosine)`` of the ``n`` nearest of those after ``base``, nearest first."""
        state = self._source.vector_state()
        if state.last <= base:
            return []
        self._follow(base, state)
        best: list[tuple[str, float]] = []
        for keys, matrix in self._batches(state.last):
            best = nearest([*best, *exact(vector, keys, matrix, n)], n)
        return best

    def _follow(self, base: int, state: VectorState) -> None:
        import numpy as np

        if (base, state.model, state.collections) != self._follows:
            self._follows = (base, state.model, state.collections)
            self._seq, self._keys, self._held = base, [], None
        room = MAX_TAIL_VECTORS - len(self._keys)
        if state.last <= self._seq or room <= 0:
            return
        for keys, matrix in self._read(self._seq, room):
            self._keys += keys
            self._held = matrix if self._held is None else np.concatenate([self._held, matrix])

    def _batches(self, last: int) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        if self._held is not None:
            yield self._keys, self._held
        seq = self._seq
        while seq < last:
            rows = self._source.vectors_after(seq, VECTOR_BATCH_SIZE)
            if not rows:
                return
            seq = rows[-1][0]
            yield _matrix(rows)

    def _read(self, seq: int, most: int) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        rows = self._source.vectors_after(seq, most)
        if rows:
            self._seq = rows[-1][0]
            yield _matrix(rows)


def _matrix(rows: list[tuple[int, str, bytes]]) -> tuple[list[str], NDArray[np.float32]]:
    import numpy as np

    joined = np.frombuffer(b"".join(blob for _, _, blob in rows), dtype=np.float32)
    return [key for _, key, _ in rows], joined.reshape(len(rows), -1)


def nearest(candidates: Iterable[tuple[str, float]], n: int) -> list[tuple[str, float]]:
    """The ``n`` nearest of ``(key, cosine)``, nearest first, each key once."""
    distinct = dict(candidates)
    return sorted(distinct.items(), key=lambda hit: -hit[1])[:n]


def exact(
    vector: NDArray[np.float32], keys: list[str], matrix: NDArray[np.float32], n: int
) -> list[tuple[str, float]]:
    """``(key, cosine)`` of the ``n`` rows of ``matrix`` nearest to ``vector``, nearest first."""
    import numpy as np

    cosines = matrix @ vector
    best = np.argsort(-cosines, kind="stable")[:n]
    return [(keys[int(i)], float(cosines[int(i)])) for i in best]
