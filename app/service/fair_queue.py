"""A fair queue: the user served longest ago comes first, with a limit for each user."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ingest.document import FootnoteError

PER_USER = 5
"""Questions that one user may have in progress."""
IN_ALL = 200
REMEMBERED = 1000
BEAT_S = 0.2


class Busy(FootnoteError):
    """Too much is in progress; asking again later helps."""


class Abandoned(FootnoteError):
    """The asker left or stopped while waiting."""


@dataclass(eq=False, slots=True)
class _Ticket:
    user: str
    called: bool = False


class FairQueue:
    """Lets ``places`` askers through at once. Between threads; least recently served goes first.

    A user with five questions in line and one with a single one take turns: the single one waits
    for what is being answered, not for the other four. "" is nobody in particular: without limit.
    """

    def __init__(self, places: int, per_user: int = PER_USER, in_all: int = IN_ALL) -> None:
        self._free = places
        self._per_user, self._in_all = per_user, in_all
        self._changed = threading.Condition()
        self._line: list[_Ticket] = []
        self._inside: Counter[str] = Counter()
        self._served: dict[str, int] = {}
        self._count = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._line)

    @contextmanager
    def turn(self, user: str, left: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """One's turn. Raises :class:`Busy` where the user has too many questions in progress or
        the line is full, and :class:`Abandoned` once ``left()`` while waiting."""
        ticket = self._enter(user)
        try:
            self._wait(ticket, left)
            yield
        finally:
            self._leave(ticket)

    def _enter(self, user: str) -> _Ticket:
        ticket = _Ticket(user)
        with self._changed:
            if user and self._inside[user] >= self._per_user:
                raise Busy(
                    f"{self._per_user} questions of yours are in progress: wait for one of them, "
                    "or stop one."
                )
            if self._inside.total() >= self._in_all:
                raise Busy(
                    f"Footnote is busy: {self._in_all} questions are in progress. Try again in "
                    "a minute."
                )
            self._inside[user] += 1
            self._line.append(ticket)
            self._call()
        return ticket

    def _wait(self, ticket: _Ticket, left: Callable[[], bool]) -> None:
        with self._changed:
            while not ticket.called:
                if left():
                    raise Abandoned("The question was stopped before its turn came.")
                self._changed.wait(BEAT_S)

    def _leave(self, ticket: _Ticket) -> None:
        with self._changed:
            if ticket.called:
                self._free += 1
            else:
                self._line.remove(ticket)
            self._inside[ticket.user] -= 1
            if not self._inside[ticket.user]:
                del self._inside[ticket.user]
            self._call()

    def _call(self) -> None:
        """Give the free places away; the condition is held."""
        while self._free and self._line:
            ticket = min(self._line, key=lambda t: self._served.get(t.user, 0))
            self._line.remove(ticket)
            self._free -= 1
            self._count += 1
            self._served.pop(ticket.user, None)
            self._served[ticket.user] = self._count
            if len(self._served) > REMEMBERED:
                del self._served[next(iter(self._served))]
            ticket.called = True
        self._changed.notify_all()
