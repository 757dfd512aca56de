"""Streams items from a worker thread, with a time limit and immediate stop."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
POLL_S = 0.1


class Stopped(Exception):
    """The reader stopped waiting."""


class Outlet(Generic[T]):
    """Where a worker puts its items; it should end soon once the outlet is ``closed``."""

    def __init__(self) -> None:
        self._items: SimpleQueue[tuple[T] | _End] = SimpleQueue()
        self._closed = threading.Event()

    @property
    def closed(self) -> bool:
        """Whether nobody listens any more."""
        return self._closed.is_set()

    def put(self, item: T) -> None:
        """Hand one item on."""
        self._items.put((item,))


class _End:
    """After the last item; ``error`` is what ended the work, None if it was done."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def worker_stream(
    work: Callable[[Outlet[T]], None],
    *,
    timeout_s: float = math.inf,
    stop: threading.Event | None = None,
) -> Iterator[T]:
    """Run ``work`` in a thread and yield what it puts into its outlet.

    Raises ``TimeoutError`` when the whole takes longer than ``timeout_s`` seconds, ``Stopped``
    within ``POLL_S`` seconds of ``stop``, and whatever the worker raised.
    """
    outlet: Outlet[T] = Outlet()
    deadline = time.monotonic() + timeout_s
    threading.Thread(target=_run, args=(work, outlet), name="worker", daemon=True).start()
    try:
        while True:
            if stop is not None and stop.is_set():
                raise Stopped
            left = deadline - time.monotonic()
            wait = left if stop is None else min(left, POLL_S)
            try:
                item = outlet._items.get(timeout=None if wait == math.inf else max(0.0, wait))
            except Empty:
                if wait == left:
                    raise TimeoutError(f"It took longer than {timeout_s:g} seconds.") from None
                continue
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item[0]
    finally:
        outlet._closed.set()


def iterate_in_worker(make: Callable[[], Iterator[T]], stop: threading.Event) -> Iterator[T]:
    """The items of ``make()``, drawn in a thread, so that ``stop`` works while one is awaited."""

    def draw(outlet: Outlet[T]) -> None:
        for item in make():
            outlet.put(item)
            if outlet.closed:
                return

    return worker_stream(draw, stop=stop)


def _run(work: Callable[[Outlet[T]], None], outlet: Outlet[T]) -> None:
    error: BaseException | None = None
    try:
        work(outlet)
    except BaseException as raised:  # raised again where the items are read
        error = raised
    finally:
        outlet._items.put(_End(error))
