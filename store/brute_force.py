"""Exact nearest-neighbour search in memory, over the vectors in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VectorState:
    """How far the catalogue's vectors go: the model that made them, the last one's ``seq``, and how
    often unused ones were collected."""

    model: str
    last: int
    collections: int


class VectorSource(Protocol):
    """Where the vectors are kept: the catalogue."""

    def vectors_after(self, seq: int, limit: int = -1) -> list[tuple[int, str, bytes]]: ...
    def vector_state(self) -> VectorState: ...
    def vector_keys(self, up_to: int | None = None) -> set[str]: ...


class Tail:
    """Vectors compared exactly, in memory: those that were saved after ``base``."""

    def __init__(self) -> None:
        self._follows: tuple[int, str, int] | None = None
        self._seq = 0
        self._keys: list[str] = []
        self._parts: list[NDArray[np.float32]] = []

    def follow(self, source: VectorSource, base: int) -> None:
        """Holds exactly the vectors after ``base``."""
        import numpy as np

        state = source.vector_state()
        if (base, state.model, state.collections) != self._follows:
            self._follows = (base, state.model, state.collections)
            self._seq = base
            self._keys, self._parts = [], []
        if state.last <= self._seq:
            return
        rows = source.vectors_after(self._seq)
        self._keys += [key for _, key, _ in rows]
        self._parts += [np.frombuffer(blob, dtype=np.float32)[None, :] for _, _, blob in rows]
        if self._parts:
            self._parts = [np.concatenate(self._parts)]
            self._seq = rows[-1][0] if rows else self._seq

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """The ``n`` nearest keys with their cosines, nearest first."""
        if not self._parts:
            return []
        return exact(vector, self._keys, self._parts[0], n)


def exact(
    vector: NDArray[np.float32], keys: list[str], matrix: NDArray[np.float32], n: int
) -> list[tuple[str, float]]:
    """``(key, cosine)`` of the ``n`` rows of ``matrix`` nearest to ``vector``, nearest first."""
    import numpy as np

    cosines = matrix @ vector
    best = np.argsort(-cosines, kind="stable")[:n]
    return [(keys[int(i)], float(cosines[int(i)])) for i in best]
