"""Text from a thread that may hang, handed on piece by piece within a time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Condition, Event, Thread

from app.models import ModelError, ModelTimeout

Emit = Callable[[str], bool]


class _End:
    """After the last piece; ``error`` is what ended the work, None where it was done."""

    def __init__(self, error: ModelError | None) -> None:
        self.error = error


def relay(produce: Callable[[Emit], None], timeout_s: float) -> Iterator[str]:
    """Run ``produce`` in a thread and yield what it emits (empty pieces are a sign of life).

    ``emit`` returns True once nobody listens any more: the producer should stop. Raises
    ``ModelTimeout`` when the whole takes longer than ``timeout_s`` seconds, and ``ModelError``
    as the producer raised it.
    """
    pieces: SimpleQueue[str | _End] = SimpleQueue()
    unheard = Event()

    def emit(piece: str) -> bool:
        pieces.put(piece)
        return unheard.is_set()

    def work() -> None:
        end = _End(ModelError("The language model stopped without a word: see --debug."))
        try:
            produce(emit)
            end = _End(None)
        except ModelError as error:
            end = _End(error)
        finally:
            pieces.put(end)

    deadline = time.monotonic() + timeout_s
    Thread(target=work, name="footnote-model", daemon=True).start()
    try:
        while not isinstance(piece := _next(pieces, deadline, timeout_s), _End):
            if piece:
                yield piece
    finally:
        unheard.set()
    if piece.error is not None:
        raise piece.error


def _next(pieces: SimpleQueue[str | _End], deadline: float, timeout_s: float) -> str | _End:
    try:
        return pieces.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty:
        raise ModelTimeout(
            f"The language model took longer than {timeout_s:g} seconds: allow more with "
            "timeout_s in the settings, or use a smaller model."
        ) from None


class Turnstile:
    """A lock that lets waiters through in the order they came; any thread may release it."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: deque[object] = deque()

    def enter(self, timeout_s: float) -> None:
        """Wait for one's turn; raises ``ModelTimeout`` when it does not come in time."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            if self._changed.wait_for(lambda: self._waiting[0] is ticket, timeout_s):
                return
            self._waiting.remove(ticket)
            self._changed.notify_all()
        raise ModelTimeout(f"The language model was busy with others for {timeout_s:g} seconds.")

    def leave(self) -> None:
        """Let the next one through."""
        with self._changed:
            self._waiting.popleft()
            self._changed.notify_all()

    @contextmanager
    def turn(self, timeout_s: float) -> Iterator[None]:
        """One's turn, from entering to leaving."""
        self.enter(timeout_s)
        try:
            yield
        finally:
            self.leave()
