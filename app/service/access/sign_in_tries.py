"""Counts wrong passwords, in all processes, and refuses more if there were too many.

A try is counted before its password is hashed, as one that is under way: as many as come at once
get no further than as many that come one after the other.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from app.service.storage.app_schema import attempts
from ingest.errors import FootnoteError
from store.database.database import Database

MAX_TRIES = 5
PAUSE_S = 60.0
"""How long a wrong password counts, in seconds."""
UNDER_WAY_PREFIX = "under way "
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
        ``TooManyTries`` if too many from the address were wrong, or may turn out to be."""
        who, tried = _who(name, address), Try()
        self._begin(who)
        try:
            yield tried
        finally:
            self._end(who, right=tried.right)

    def refuse_blocked(self, address: str) -> None:
        """Raises ``TooManyTries`` if too many from the address were wrong."""
        with self._database.reading() as db:
            _refuse_blocked(db, _network(address))

    def _begin(self, who: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        network = who.partition(" ")[0]
        while True:
            now = time.time()
            with self._database.writing() as db:
                db.execute(delete(attempts).where(attempts.c.at < now - PAUSE_S))
                _refuse_blocked(db, network)
                if _count(db, network, UNDER_WAY_PREFIX + network) < MAX_TRIES:
                    db.execute(insert(attempts).values(who=UNDER_WAY_PREFIX + who, at=now))
                    return
            if time.monotonic() > deadline:
                raise TooManyTries("Too many sign-ins at once. Try again in a moment.")
            time.sleep(BEAT_S)

    def _end(self, who: str, *, right: bool) -> None:
        one = select(func.min(attempts.c.id)).where(attempts.c.who == UNDER_WAY_PREFIX + who)
        this = attempts.c.id == one.scalar_subquery()
        with self._database.writing() as db:
            if right:  # earlier mistakes of this user alone are forgiven
                db.execute(delete(attempts).where(or_(this, attempts.c.who == who)))
            else:
                db.execute(update(attempts).where(this).values(who=who, at=time.time()))


def _who(name: str, address: str) -> str:
    """What a try is counted for: its address, then the name, hashed since it may be anything."""
    hashed = hashlib.sha256(name.casefold().encode(errors="surrogatepass")).hexdigest()[:32]
    return f"{_network(address)} {hashed}"


def _network(address: str) -> str:
    """An address as tries are counted for it: one of IPv6 has a whole network of them."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address.replace(" ", "")
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False))
    return address


def _count(db: Connection, *sources: str) -> int:
    """The tries from these addresses, whatever their names."""
    since = time.time() - PAUSE_S
    of_them = or_(*(attempts.c.who.startswith(f"{one} ", autoescape=True) for one in sources))
    return int(db.execute(select(func.count()).where(of_them, attempts.c.at >= since)).scalar_one())


def _refuse_blocked(db: Connection, network: str) -> None:
    if _count(db, network) >= MAX_TRIES:
        raise TooManyTries(f"Too many wrong passwords. Try again in {PAUSE_S:.0f} seconds.")
