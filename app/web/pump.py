"""Events from a worker thread, so that stopping works at once even while a model is thinking."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")
_END = object()


class Stopped(Exception):
    """The reader stopped the answer."""


def pump(make: Callable[[], Iterator[T]], stop: threading.Event, beat: float = 0.1) -> Iterator[T]:
    """The items of ``make()``, drawn in a thread; raises ``Stopped`` within ``beat`` seconds of
    ``stop``, and whatever the thread raised."""
    items: queue.Queue[object] = queue.Queue()

    def work() -> None:
        try:
            for item in make():
                items.put(item)
                if stop.is_set():
                    break
        except Exception as error:  # handed to the reader's thread, where it is raised again
            items.put(error)
        items.put(_END)

    threading.Thread(target=work, name="answer", daemon=True).start()
    while True:
        if stop.is_set():
            raise Stopped
        try:
            item = items.get(timeout=beat)
        except queue.Empty:
            continue
        if item is _END:
            return
        if isinstance(item, Exception):
            raise item
        yield item  # type: ignore[misc]
