"""Reads, splits and embeds documents as tasks of a Ray cluster, or of processes that Ray starts on
this machine.

The process that ingests hands out as much as the workers can take (back-pressure), keeps the
vectors and makes documents current, each in a transaction. A task whose worker is killed is done
again by another; a vector is kept under the hash of what it is made of, so nothing is kept twice.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from ingest.errors import UnreadableDocument
from store.embedding.embedder import Embedder, EncodeProgress
from store.indexing.read_and_split import Outcome, ReadAndSplit, Readers, WantedFile
from store.results import StoreError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOCAL_CLUSTER = "local"
"""The address that stands for workers on this machine."""
MAX_RETRIES = 5
FILES_PER_WORKER = 4
TEXTS_PER_TASK = 256
CONNECT_S = 10

Task = Callable[..., Any]


class RayCluster:
    """The workers of a Ray cluster; a context manager."""

    def __init__(self, address: str, workers: int | None = None) -> None:
        """Connects to ``address`` (``HOST:PORT`` or ``ray://HOST:PORT``), or starts ``workers`` on
        this machine (``local``), one a core if None. Raises ``StoreError`` if that cannot
        be."""
        # By default Ray tells its makers of each use.
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        try:
            import ray
        except ImportError as error:
            raise StoreError(
                "Ray is not installed: pip install 'footnote[ray]', or ingest without --ray."
            ) from error
        self._ray: Any = ray
        here = {"include_dashboard": False, "num_cpus": workers}
        options = here if address == LOCAL_CLUSTER else {"address": address}
        try:
            _knock(address)
            self._ray.init(log_to_driver=False, logging_level="ERROR", **options)
        except (OSError, RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())[:300]
            raise StoreError(
                f"No Ray cluster answers at {address} ({reason}). Give the address that `ray start "
                "--head` prints, or `--ray local` for workers on this machine."
            ) from error
        self.workers = max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def readers(self, read: ReadAndSplit) -> Readers:
        """What reads and splits files on the workers; they must find them under the same paths."""
        return partial(self._read, read)

    def embedder(self, real: Embedder) -> Embedder:
        """An embedder whose documents are encoded by the workers."""
        return _RayEmbedder(self, real)

    def _read(
        self, read: ReadAndSplit, files: Iterable[WantedFile]
    ) -> Iterator[tuple[WantedFile, Outcome]]:
        tasks = ((one, (one,)) for one in files)
        most = FILES_PER_WORKER * self.workers
        for one, reference in self.run(read, tasks, most):
            try:
                yield one, self._ray.get(reference)
            except self._ray.exceptions.RayError as error:
                yield one, _unread(one, error)

    def run(
        self, work: Task, tasks: Iterable[tuple[Any, tuple[Any, ...]]], most: int
    ) -> Iterator[tuple[Any, Any]]:
        """``work`` with the arguments of each task, at most so many at once: each task's name and a
        reference to its result, as they are done."""
        remote = self._ray.remote(max_retries=MAX_RETRIES)(_call)
        shipped = self._ray.put(work)
        pending: dict[Any, Any] = {}
        try:
            for name, arguments in tasks:
                while len(pending) >= most:
                    yield self._next(pending)
                pending[remote.remote(shipped, arguments)] = name
            while pending:
                yield self._next(pending)
        finally:
            for reference in pending:  # interrupted: nobody waits for these
                self._ray.cancel(reference, force=True)

    def _next(self, pending: dict[Any, Any]) -> tuple[Any, Any]:
        (done, *_), _ = self._ray.wait(list(pending), num_returns=1)
        return pending.pop(done), done

    def encode(
        self, real: Embedder, texts: Sequence[str], progress: EncodeProgress | None
    ) -> list[NDArray[np.float32]]:
        """The vectors of texts in parts, in order. Raises ``StoreError``."""
        firsts = range(0, len(texts), TEXTS_PER_TASK)
        tasks = ((first, (list(texts[first : first + TEXTS_PER_TASK]),)) for first in firsts)
        parts: dict[int, NDArray[np.float32]] = {}
        done = 0
        for first, reference in self.run(real.encode_documents, tasks, 2 * self.workers):
            try:
                parts[first] = self._ray.get(reference)
            except self._ray.exceptions.RayTaskError as error:
                raise error.as_instanceof_cause() from error
            except self._ray.exceptions.RayError as error:
                reason = " ".join(str(error).split())[:300]
                raise StoreError(
                    f"The Ray workers that embed ended ({reason}). Documents that are current "
                    "stay current; run the same ingest again to continue."
                ) from error
            done += len(parts[first])
            if progress:
                progress(done, len(texts))
        return [parts[first] for first in firsts]


def _knock(address: str) -> None:
    """Raises ``OSError`` if nothing listens: Ray itself tries for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()


def _unread(one: WantedFile, error: Exception) -> UnreadableDocument:
    reason = " ".join(str(error).split())[:200]
    return UnreadableDocument(
        f"{one.path}: the Ray workers that read it ended ({reason}). It may be damaged, or very "
        "large: split it, or ingest it without --ray."
    )


def _call(work: Task, arguments: tuple[Any, ...]) -> Any:
    """What a worker does."""
    return work(*arguments)


class _RayEmbedder(Embedder):
    """Questions are encoded here, documents by the workers."""

    def __init__(self, cluster: RayCluster, real: Embedder) -> None:
        self._cluster, self._real = cluster, real
        self.name, self.fingerprint = real.name, real.fingerprint
        self.max_tokens, self.dimensions = real.max_tokens, real.dimensions
        self.workers = cluster.workers

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process it is the embedder that it stands for."""
        return self._real.__reduce__()  # type: ignore[return-value]

    def count_tokens(self, text: str) -> int:
        """See ``Embedder``."""
        return self._real.count_tokens(text)

    def encode_documents(
        self, texts: Sequence[str], progress: EncodeProgress | None = None
    ) -> NDArray[np.float32]:
        """See ``Embedder``."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        # Texts of one length together: less is padded.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]), reverse=True)
        parts = self._cluster.encode(self._real, [texts[at] for at in order], progress)
        stacked = np.concatenate(parts)
        vectors = np.empty_like(stacked)
        vectors[order] = stacked
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See ``Embedder``."""
        return self._real.encode_queries(texts)
