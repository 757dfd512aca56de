"""Fair queues: the user served longest ago comes first, or each user has a place of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.service.queue.in_progress import Busy
from ingest.errors import FootnoteError

MAX_KNOWN_USERS = 1000
POLL_S = 0.2
MAX_WAITING_PER_USER = 4


class Abandoned(FootnoteError):
    """The asker left or stopped while waiting."""


@dataclass(eq=False, slots=True)
class _Ticket:
    user: str
    called: bool = False


class FairQueue:
    """Lets ``places`` askers through at once. Between threads; least recently served goes first.

    A user with five questions in line and one with a single one take turns: the single one waits
    for what is being answered, not for the other four. "" is nobody in particular.
    """

    def __init__(self, places: int) -> None:
        self._places = self._free = places
        self._changed = threading.Condition()
        self._line: list[_Ticket] = []
        self._served: dict[str, int] = {}
        self._count = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._line)

    def resize(self, places: int) -> None:
        """Let so many through at once from now on."""
        with self._changed:
            self._free += places - self._places
            self._places = places
            self._call()

    @contextmanager
    def turn(self, user: str, left: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """One's turn. Raises :class:`Abandoned` once ``left()`` while waiting."""
        ticket = _Ticket(user)
        with self._changed:
            self._line.append(ticket)
            self._call()
        try:
            self._wait(ticket, left)
            yield
        finally:
            self._leave(ticket)

    def _wait(self, ticket: _Ticket, left: Callable[[], bool]) -> None:
        with self._changed:
            while not ticket.called:
                if left():
                    raise Abandoned("The question was stopped before its turn came.")
                self._changed.wait(POLL_S)

    def _leave(self, ticket: _Ticket) -> None:
        with self._changed:
            if ticket.called:
                self._free += 1
            else:
                self._line.remove(ticket)
            self._call()

    def _call(self) -> None:
        """Give the free places away; the condition is held."""
        while self._free > 0 and self._line:
            ticket = min(self._line, key=lambda t: self._served.get(t.user, 0))
            self._line.remove(ticket)
            self._free -= 1
            self._count += 1
            self._served.pop(ticket.user, None)
            self._served[ticket.user] = self._count
            if len(self._served) > MAX_KNOWN_USERS:
                del self._served[next(iter(self._served))]
            ticket.called = True
        self._changed.notify_all()


class OneEach:
    """Lets each user do one thing at a time, and a few wait: what takes one of them long keeps
    nobody else waiting. "" is nobody in particular: without limit. Between threads."""

    def __init__(self, waiting: int = MAX_WAITING_PER_USER) -> None:
        self._waiting = waiting
        self._lock = threading.Lock()
        self._lines: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def turn(self, user: str) -> Iterator[None]:
        """One's turn. Raises :class:`Busy` if too many of the user's own wait already."""
        if not user:
            yield
            return
        with self._lock:
            place, waiting = self._lines.get(user, (threading.Lock(), 0))
            if waiting > self._waiting:
                raise Busy(
                    f"{waiting} additions of yours are in progress; wait until one of them is done."
                )
            self._lines[user] = place, waiting + 1
        try:
            with place:
                yield
        finally:
            with self._lock:
                place, waiting = self._lines.pop(user)
                if waiting > 1:
                    self._lines[user] = place, waiting - 1
