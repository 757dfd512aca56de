"""The vector index: Chroma as a cache of the catalogue's vectors; the only import of Chroma.

Two processes on one Chroma folder are unsafe, so one process owns it (a file lock, free again when
the process dies). Vectors that Chroma does not hold yet, or all of them in a process that is not
the owner, are compared exactly from the catalogue. So every process sees every vector at once,
Chroma may lag, and a lost or damaged folder costs no answer.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from store.brute_force import Tail, VectorSource, VectorState

if TYPE_CHECKING:
    import numpy as np
    from filelock import FileLock
    from numpy.typing import NDArray

Result = TypeVar("Result")
logger = logging.getLogger(__name__)
BATCH = 2000
# While Chroma lags behind, each question brings it this much closer and waits no longer than that.
STEP = 128


class Damaged(Exception):
    """Chroma's folder does not hold what it should."""


class Vectors:
    """Nearest-vector search over a catalogue's vectors; safe to share between threads."""

    def __init__(self, folder: Path, source: VectorSource) -> None:
        self._folder = folder
        self._source = source
        self._guard = threading.RLock()
        self._lock: FileLock | None = None
        self._chroma: _Chroma | None = None
        self._unusable = False
        self._tail = Tail()

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """``(key, cosine)`` of the ``n`` nearest vectors, nearest first."""

        def ask(chroma: _Chroma) -> tuple[int, list[tuple[str, float]]]:
            chroma.sync(self._source, STEP)
            return chroma.seq, chroma.nearest(vector, n)

        with self._guard:
            base, found = self._with_chroma(ask) or (0, [])
            self._tail.follow(self._source, base)
            return sorted([*found, *self._tail.nearest(vector, n)], key=lambda hit: -hit[1])[:n]

    def sync(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Brings Chroma up to the catalogue, where this process owns it."""

        def follow(chroma: _Chroma) -> None:
            while chroma.sync(self._source, BATCH):
                if progress:
                    progress(chroma.seq, self._source.vector_state().last)

        with self._guard:
            self._with_chroma(follow)

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Makes Chroma's folder anew from the catalogue; False where another process owns it."""
        with self._guard:
            if self._lock is None and not self._acquire():
                return False
            self._unusable = False
            self._start_anew()
            self.sync(progress)
            return True

    def close(self) -> None:
        """Lets go of the folder."""
        with self._guard:
            if self._chroma is not None:
                self._chroma.close()
                self._chroma = None
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def _with_chroma(self, work: Callable[[_Chroma], Result]) -> Result | None:
        """Does ``work`` with Chroma, once more with a new folder where the first is damaged.

        None where another process owns the folder or it cannot be made.
        """
        for _ in range(2):
            if self._unusable or (self._lock is None and not self._acquire()):
                return None
            try:
                if self._chroma is None:
                    self._chroma = _Chroma.open(self._folder, self._source)
                return work(self._chroma)
            except _failures() as error:
                logger.warning("Rebuilding %s from the catalogue: %s", self._folder, error)
                self._start_anew()
        return None

    def _acquire(self) -> bool:
        from filelock import FileLock, Timeout

        lock = FileLock(self._folder.with_suffix(".lock"), is_singleton=False)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            return False
        self._lock = lock
        return True

    def _start_anew(self) -> None:
        if self._chroma is not None:
            self._chroma.close()
            self._chroma = None
        self._tail = Tail()
        try:
            self._chroma = _Chroma.create(self._folder, self._source.vector_state())
        except _failures() as error:
            logger.warning("No vectors in %s for now: %s", self._folder, error)
            self._unusable = True


class _Chroma:
    """One Chroma folder and, beside it, the note of how far it follows the catalogue."""

    def __init__(self, root: Path, name: str, seq: int, state: VectorState) -> None:
        import chromadb
        from chromadb.config import Settings

        self._note = root / "follows.json"
        self._name = name
        self.seq = seq
        self._model = state.model
        self._collections = state.collections
        self._client: Any = chromadb.PersistentClient(
            path=str(root / name), settings=Settings(anonymized_telemetry=False)
        )
        self._items = self._client.get_or_create_collection(
            "passages", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    @classmethod
    def open(cls, root: Path, source: VectorSource) -> _Chroma:
        """The folder as it was left; ``Damaged`` where vectors that were put in are gone."""
        note = root / "follows.json"
        if not note.exists():
            return cls.create(root, source.vector_state())
        try:
            noted = json.loads(note.read_text(encoding="utf-8"))
            state = VectorState(str(noted["model"]), 0, int(noted["collections"]))
            opened = cls(root, str(noted["folder"]), int(noted["seq"]), state)
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged(f"unreadable note: {error}") from error
        held = opened._items.count()
        if held < len(source.vector_keys(opened.seq)):
            raise Damaged(f"only {held} vectors are left")
        return opened

    @classmethod
    def create(cls, root: Path, state: VectorState) -> _Chroma:
        """A new, empty folder of its own name: Chroma keeps what it knows of a path in memory."""
        if root.is_dir():
            shutil.rmtree(root, ignore_errors=True)
        else:
            root.unlink(missing_ok=True)
        root.mkdir(parents=True, exist_ok=True)
        made = cls(root, uuid.uuid4().hex, 0, state)
        made._write_note()
        return made

    def sync(self, source: VectorSource, limit: int) -> bool:
        """Takes in up to ``limit`` vectors and drops collected ones; False when there is none."""
        import numpy as np

        state = source.vector_state()
        if state.model != self._model:
            raise Damaged("its vectors were made by another embedder")
        if state.collections != self._collections:
            self._drop(set(self._items.get(include=[])["ids"]) - source.vector_keys())
            self._collections = state.collections
            self._write_note()
        rows = source.vectors_after(self.seq, limit) if state.last > self.seq else []
        if not rows:
            return False
        vectors = np.stack([np.frombuffer(blob, dtype=np.float32) for _, _, blob in rows])
        self._items.upsert(ids=[key for _, key, _ in rows], embeddings=vectors)
        self.seq = rows[-1][0]
        self._write_note()
        return True

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        wanted = min(n, self._items.count())
        if wanted == 0:
            return []
        result = self._items.query(
            query_embeddings=vector[None, :], n_results=wanted, include=["distances"]
        )
        keys, distances = result["ids"][0], (result["distances"] or [[]])[0]
        if len(keys) < wanted:
            raise Damaged(f"{len(keys)} neighbours of {wanted}")
        return [(key, 1.0 - float(distance)) for key, distance in zip(keys, distances, strict=True)]

    def close(self) -> None:
        self._client.close()

    def _drop(self, keys: set[str]) -> None:
        ordered = sorted(keys)
        for first in range(0, len(ordered), BATCH):
            self._items.delete(ids=ordered[first : first + BATCH])

    def _write_note(self) -> None:
        fresh = self._note.with_suffix(".tmp")
        noted = {
            "folder": self._name,
            "model": self._model,
            "seq": self.seq,
            "collections": self._collections,
        }
        fresh.write_text(json.dumps(noted), encoding="utf-8")
        fresh.replace(self._note)


def _failures() -> tuple[type[Exception], ...]:
    from chromadb.errors import ChromaError

    return (Damaged, ChromaError, OSError)
