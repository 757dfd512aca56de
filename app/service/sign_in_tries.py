"""Counts wrong passwords, in all processes, and refuses more where there were too many.

A try is counted before its password is hashed, as one that is under way: as many as come at once
get no further than as many that come one after the other.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from app.service.tables import attempts
from ingest.document import FootnoteError
from store.database import Database

TRIES = 5
PAUSE_S = 60.0
"""How long a wrong password counts, in seconds."""
UNDER_WAY = "under way "
"""What stands before its source in the row of a try that is neither right nor wrong yet."""
PATIENCE_S, BEAT_S = 10.0, 0.05
"""How long a try waits for those under way in other processes, and how often it looks, in seconds.
"""


class TooManyTries(FootnoteError):
    """Too many wrong passwords in a short time."""

    exit_code = 2


@dataclass
class Try:
    """A password that somebody gives; whether it is ``right``."""

    right: bool = False


class Tries:
    """The tries to sign in that a database keeps; methods may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def one(self, name: str, address: str) -> Iterator[Try]:
        """One try, which counts as wrong unless it is ``right`` in the end. Raises
        ``TooManyTries`` if too many were wrong, or may turn out to be."""
        sources, tried = _sources(name, address), Try()
        self._begin(sources)
        try:
            yield tried
        finally:
            self._end(sources, right=tried.right)

    def refuse_blocked(self, name: str, address: str) -> None:
        """Raises ``TooManyTries`` if too many were wrong."""
        with self._database.reading() as db:
            _refuse_blocked(db, _sources(name, address))

    def _begin(self, sources: Sequence[str]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            now = time.time()
            with self._database.writing() as db:
                db.execute(delete(attempts).where(attempts.c.at < now - PAUSE_S))
                _refuse_blocked(db, sources)
                if all(_count(db, who, UNDER_WAY + who) < TRIES for who in sources):
                    rows = [{"who": UNDER_WAY + who, "at": now} for who in sources]
                    db.execute(insert(attempts), rows)
                    return
            if time.monotonic() > deadline:
                raise TooManyTries("Too many sign-ins at once. Try again in a moment.")
            time.sleep(BEAT_S)

    def _end(self, sources: Sequence[str], *, right: bool) -> None:
        with self._database.writing() as db:
            for who in sources:
                one = select(func.min(attempts.c.id)).where(attempts.c.who == UNDER_WAY + who)
                this = attempts.c.id == one.scalar_subquery()
                if right:
                    db.execute(delete(attempts).where(this))
                else:
                    db.execute(update(attempts).where(this).values(who=who, at=time.time()))
            if right:
                db.execute(delete(attempts).where(attempts.c.who == sources[0]))


def _sources(name: str, address: str) -> tuple[str, str]:
    """What tries are counted for. The name is hashed: anybody may send any."""
    network = _network(address)
    hashed = hashlib.sha256(name.casefold().encode(errors="surrogatepass")).hexdigest()[:32]
    return f"name:{hashed}@{network}", f"address:{network}"


def _network(address: str) -> str:
    """An address as tries are counted for it: one of IPv6 has a whole network of them."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False))
    return address


def _count(db: Connection, *who: str) -> int:
    since = time.time() - PAUSE_S
    counted = select(func.count()).where(attempts.c.who.in_(who), attempts.c.at >= since)
    return int(db.execute(counted).scalar_one())


def _refuse_blocked(db: Connection, sources: Sequence[str]) -> None:
    if any(_count(db, who) >= TRIES for who in sources):
        raise TooManyTries(f"Too many wrong passwords. Try again in {PAUSE_S:.0f} seconds.")
