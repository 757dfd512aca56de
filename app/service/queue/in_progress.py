"""The questions that are being answered in all processes of a library: a limit for each user, and
stops from elsewhere.

Each process says once a second that it lives; what one that died was answering counts no longer.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from app.service.storage.app_database import open_database
from app.service.storage.app_schema import exchanges, processes, questions
from ingest.errors import FootnoteError
from store.database import counters
from store.results import StoreError

log = logging.getLogger(__name__)
MAX_QUESTIONS_PER_USER = 5
"""Questions that one user may have in progress."""
MAX_QUESTIONS = 200
HEARTBEAT_S = 1.0
DEAD_AFTER_S = 10.0
"""How long a process may say nothing until it counts as gone."""


class Busy(FootnoteError):
    """Too much is in progress; asking again later helps."""


class InProgress:
    """What is being answered now, by any process on a data folder, or on the database at ``url``.

    Methods may be called from any thread.
    """

    def __init__(
        self,
        folder: Path,
        url: str = "",
        *,
        per_user: int = MAX_QUESTIONS_PER_USER,
        in_all: int = MAX_QUESTIONS,
    ) -> None:
        self._database = open_database(folder, url)
        self._per_user, self._in_all = per_user, in_all
        self._process = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._mine: dict[str, threading.Event] = {}
        self._beating = False
        self._closed = threading.Event()

    def close(self) -> None:
        """Says that this process is gone, and closes the database."""
        self._closed.set()
        try:
            with self._database.writing() as db:
                db.execute(delete(processes).where(processes.c.id == self._process))
        except StoreError as error:  # the others notice all the same, a few seconds later
            log.warning("other processes cannot be informed that this one ends: %s", error)
        self._database.close()

    @contextmanager
    def question(
        self, user: str, exchange: str = "", stop: threading.Event | None = None
    ) -> Iterator[None]:
        """While a question is answered; ``stop`` is set if somebody stops its ``exchange``.

        Raises :class:`Busy` if the user ("" is nobody in particular: without limit) or all
        together have too many in progress.
        """
        identity = secrets.token_hex(8)
        with self._lock:
            self._mine[identity] = stop or threading.Event()
        try:
            self._enter(identity, user, exchange)
            self._keep_beating()
            yield
        finally:
            self._leave(identity)

    def running(self, conversation: str) -> frozenset[str]:
        """The exchanges of a conversation that are being answered."""
        statement = (
            select(questions.c.exchange)
            .join(processes, processes.c.id == questions.c.process)
            .join(exchanges, exchanges.c.id == questions.c.exchange)
            .where(
                exchanges.c.conversation == conversation,
                processes.c.beat > time.time() - DEAD_AFTER_S,
            )
        )
        with self._database.reading() as db:
            return frozenset(db.execute(statement).scalars())

    def settled(self, exchange: str) -> None:
        """What came of an exchange is kept: it is not shown as in progress any more, though the
        work for it may go on for a moment, and counts until then."""
        known = update(questions).where(questions.c.exchange == exchange).values(exchange="")
        with self._database.writing() as db:
            db.execute(known)

    def stop(self, exchange: str) -> None:
        """Have an exchange stopped, whichever process answers it: within a second or two."""
        statement = update(questions).where(questions.c.exchange == exchange).values(stop=1)
        with self._database.writing() as db:
            db.execute(statement)

    def _enter(self, identity: str, user: str, exchange: str) -> None:
        counted = select(questions.c.owner, func.count()).group_by(questions.c.owner)
        with self._database.writing() as db:
            self._beat(db)
            running: dict[str, int] = {row[0]: row[1] for row in db.execute(counted)}
            if user and running.get(user, 0) >= self._per_user:
                raise Busy(
                    f"{self._per_user} questions of yours are in progress: wait for one of them, "
                    "or stop one."
                )
            if sum(running.values()) >= self._in_all:
                raise Busy(
                    f"Footnote is busy: {self._in_all} questions are in progress. Try again in "
                    "a minute."
                )
            row = {"id": identity, "owner": user, "exchange": exchange, "process": self._process}
            db.execute(insert(questions).values(row))

    def _leave(self, identity: str) -> None:
        with self._lock:
            del self._mine[identity]
        try:
            with self._database.writing() as db:
                db.execute(delete(questions).where(questions.c.id == identity))
        except StoreError as error:  # the answer is there all the same; the next beat deletes it
            log.warning("a question that has ended is still counted: %s", error)

    def _keep_beating(self) -> None:
        with self._lock:
            if self._beating:
                return
            self._beating = True
        threading.Thread(target=self._beats, name="beat", daemon=True).start()

    def _beats(self) -> None:
        while not self._closed.wait(HEARTBEAT_S):
            with self._lock:
                if not self._mine:
                    self._beating = False
                    return
            try:
                self._look()
            except StoreError as error:
                log.warning("other processes cannot be informed of this one: %s", error)

    def _look(self) -> None:
        """Tell that this process lives, and hear which questions are to stop."""
        ours = questions.c.process == self._process
        with self._database.writing() as db:
            self._beat(db)
            with self._lock:
                mine = dict(self._mine)
            db.execute(delete(questions).where(ours, questions.c.id.not_in(list(mine))))
            stopped = db.execute(select(questions.c.id).where(ours, questions.c.stop == 1))
            for identity in stopped.scalars():
                mine[identity].set()

    def _beat(self, db: Connection) -> None:
        now = time.time()
        db.execute(delete(processes).where(processes.c.beat < now - DEAD_AFTER_S))
        statement = counters.dialect_insert(db, processes).values(id=self._process, beat=now)
        db.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"beat": now}))
