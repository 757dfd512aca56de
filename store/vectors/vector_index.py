"""The vector index: Chroma as a cache of the catalogue's vectors.

Two processes on one Chroma folder are unsafe. So one process owns the folder (a file lock, free
again when the process dies), or a Chroma server does (``footnote serve-vectors``, or one named in
the settings), which all processes share. Vectors that Chroma does not hold yet, or all of them
if it cannot be used, are compared exactly from the catalogue. So every process sees every vector
at once, Chroma may lag, and a lost or damaged index costs no answer.
"""

from __future__ import annotations

import logging
import shutil
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from store.results import StoreError
from store.vectors.brute_force import Tail, VectorSource, VectorState, nearest
from store.vectors.chroma_index import VECTOR_BATCH_SIZE, ChromaIndex, Damaged, failures
from store.vectors.vector_server import (
    VectorServer,
    chroma_folder,
    forget_server,
    name_folder,
    serve,
    served_at,
)

if TYPE_CHECKING:
    import numpy as np
    from filelock import FileLock
    from numpy.typing import NDArray

Result = TypeVar("Result")
logger = logging.getLogger(__name__)
# While Chroma lags behind, each question brings it this much closer and waits no longer than that.
SYNC_STEP = 128
RETRY_S = 5.0
"""How long a server that cannot be reached is left alone."""
SERVER_TIMEOUT_S = 60.0
"""How long it has time to start again, before a process that used it takes the folder itself."""


class Vectors:
    """Nearest-vector search over a catalogue's vectors; safe to share between threads."""

    def __init__(
        self, folder: Path, source: VectorSource, server: VectorServer | None = None
    ) -> None:
        self._folder = folder
        self._source = source
        self._server = server
        self._guard = threading.RLock()
        self._lock: FileLock | None = None
        self._index: ChromaIndex | None = None
        self._served = False
        self._unusable = False
        self._retry_at = 0.0
        self._take_over_at = 0.0
        self._tail = Tail(source)

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """``(key, cosine)`` of the ``n`` nearest vectors, nearest first."""

        def ask(index: ChromaIndex) -> tuple[int, list[tuple[str, float]]]:
            self._step(index, SYNC_STEP)
            return index.follows.seq, index.nearest(vector, n)

        with self._guard:
            base, neighbours = self._with_index(ask) or (0, [])
            return nearest([*neighbours, *self._tail.nearest(base, vector, n)], n)

    def sync(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Brings Chroma up to the catalogue, if this process can; questions go on between."""
        while True:
            with self._guard:
                index = self._with_index(
                    lambda each: each if self._step(each, VECTOR_BATCH_SIZE) else None
                )
                if index is None:
                    self._with_index(lambda each: each.record_count())
                    return
            if progress:
                progress(index.follows.seq, self._source.vector_state().last)

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Rebuilds the index from the catalogue; False if another process owns the folder."""
        with self._guard:
            self._unusable, self._retry_at = False, 0.0
            with suppress(*failures()):  # what is damaged is thrown away anyway
                self._ready()
            if not self._served and self._lock is None:
                return False
            self._start_anew()
        self.sync(progress)
        return True

    def serve(self, port: int, ready: Callable[[str], None]) -> None:
        """Serves the folder until it is interrupted; see ``store.vectors.vector_server.serve``."""
        if self._server is not None:
            raise StoreError("The settings name a Chroma server: there is nothing else to serve.")
        self.sync()
        with self._guard:
            if self._lock is None:
                raise StoreError(
                    f"Another process uses the vectors in {self._folder} by itself. Stop it, start "
                    "`footnote serve-vectors`, then start it again."
                )
            self._drop()
            serve(self._folder, port, ready)

    def close(self) -> None:
        """Lets go of the folder."""
        with self._guard:
            self._drop()
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def _with_index(self, work: Callable[[ChromaIndex], Result]) -> Result | None:
        """Does ``work`` with Chroma, once more with a new index if the first is damaged.

        None if another process owns the folder, or there is none to be had.
        """
        for _ in range(2):
            try:
                index = self._ready()
                return None if index is None else work(index)
            except failures() as error:
                self._failed(error)
        return None

    def _ready(self) -> ChromaIndex | None:
        state = self._source.vector_state()
        if self._index is None:
            self._index = self._open(state)
        index = self._index
        if index is not None and self._served and not index.up_to_date(state):
            index.refresh()
        if index is not None and not index.fits(state):
            raise Damaged("its vectors were made by another embedder")
        return index

    def _open(self, state: VectorState) -> ChromaIndex | None:
        server = self._server
        waiting = monotonic() < self._take_over_at
        if server is None and (waiting or not (self._lock or self._acquire())):
            server = served_at(self._folder)  # the folder's owner may serve it
            if server is None:
                return None
        self._served = server is not None
        if server is not None:
            if monotonic() < self._retry_at:
                return None
            return ChromaIndex.on_server(server.address, server.token, server.name, state)
        if self._unusable:
            return None
        folder = chroma_folder(self._folder)
        if folder is None:
            return self._create(state)
        if not folder.is_dir():
            raise Damaged("its folder is gone")
        return ChromaIndex.in_folder(folder, state)

    def _create(self, state: VectorState) -> ChromaIndex:
        """A new, empty folder of its own name: Chroma keeps what it knows of a path in memory."""
        if self._folder.is_dir():
            shutil.rmtree(self._folder, ignore_errors=True)
        else:
            self._folder.unlink(missing_ok=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = self._folder / uuid.uuid4().hex
        index = ChromaIndex.in_folder(folder, state)
        name_folder(self._folder, folder.name)
        return index

    def _step(self, index: ChromaIndex, limit: int) -> bool:
        """Brings Chroma closer; False if it needs no more, or another process is doing it."""
        if index.up_to_date(self._source.vector_state()):
            return False
        if not self._served:
            return index.sync(self._source, limit)
        from filelock import FileLock, Timeout

        lock = FileLock(self._folder.with_suffix(".sync.lock"), is_singleton=False)
        try:
            with lock.acquire(timeout=0):
                index.refresh()
                return index.sync(self._source, limit)
        except Timeout:
            return False

    def _acquire(self) -> bool:
        from filelock import FileLock, Timeout

        lock = FileLock(self._folder.with_suffix(".lock"), is_singleton=False)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            return False
        self._lock = lock
        forget_server(self._folder)
        return True

    def _failed(self, error: Exception) -> None:
        if self._served and not isinstance(error, Damaged):
            logger.warning("The Chroma server did not answer, vectors are compared: %s", error)
            self._drop()
            self._retry_at = monotonic() + RETRY_S
            self._take_over_at = max(self._take_over_at, self._retry_at + SERVER_TIMEOUT_S)
            return
        logger.warning("Rebuilding %s from the catalogue: %s", self._folder, error)
        try:
            self._start_anew()
        except failures() as second:
            logger.warning("No vectors in %s for now: %s", self._folder, second)
            self._unusable = True

    def _start_anew(self) -> None:
        index, state = self._index, self._source.vector_state()
        if self._served:
            if index is not None:
                index.delete()
            self._drop()
            self._index = self._open(state)
            return
        self._drop()
        self._index = self._create(state)

    def _drop(self) -> None:
        self._tail = Tail(self._source)
        if self._index is not None:
            with suppress(*failures()):
                self._index.close()
            self._index = None
