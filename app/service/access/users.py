"""User accounts: argon2 hashes, sessions that expire, throttled sign-in.

Session tokens are stored as hashes only.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from functools import cache
from pathlib import Path

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from app.service.access.sign_in_tries import PAUSE_S, TooManyTries, Tries
from app.service.storage.app_database import open_database
from app.service.storage.app_schema import choices, former_users, members, sessions, users
from ingest.errors import FootnoteError
from store.database import counters

__all__ = ["PAUSE_S", "TooManyTries", "UserError", "Users"]
SESSION_S = 12 * 3600
MIN_PASSWORD_CHARS = 10
HASHING_SLOTS = threading.BoundedSemaphore(2)
"""Passwords that are hashed at a time; each takes 64 MB and a core."""
REMEMBERED_S, MOST_REMEMBERED = 300.0, 1000
_SECRET = secrets.token_bytes(32)
_right: dict[str, tuple[float, bytes]] = {}
"""By hash: when a password last matched it, and a keyed digest of that password."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class UserError(FootnoteError):
    """A user cannot be made, changed or signed in as asked."""

    exit_code = 2


class Users:
    """The users of a data folder, or of the database at ``url``; methods may be called from any
    thread or process."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self._database = open_database(folder, url)
        self._tries = Tries(self._database)

    def names(self) -> list[str]:
        """Everybody who may sign in."""
        with self._database.reading() as db:
            return list(db.execute(select(users.c.name).order_by(users.c.name)).scalars())

    def add(self, name: str, password: str, *, same_person: bool = False) -> None:
        """Make a user, or give one another password, which ends their sessions.

        Whoever is given a name that somebody had before gets nothing of theirs, unless it is the
        ``same_person``. Raises ``UserError`` for a name that differs from another in case alone.
        """
        if not _NAME.fullmatch(name):
            raise UserError(
                "A user's name has 1 to 64 letters, digits, dots, dashes, underscores or @."
            )
        if len(password) < MIN_PASSWORD_CHARS:
            raise UserError(f"A password has at least {MIN_PASSWORD_CHARS} characters.")
        hashed = _hash(password)
        with self._database.writing() as db:
            if db.execute(update(users).where(users.c.name == name).values(hash=hashed)).rowcount:
                db.execute(delete(sessions).where(sessions.c.name == name))
                return
            for other in db.execute(select(users.c.name)).scalars():
                if other.casefold() == name.casefold():
                    raise UserError(
                        f"There is {other} already: choose a name that differs in more than case."
                    )
            owner = _next_owner(db, name, same_person=same_person)
            db.execute(insert(users).values(name=name, hash=hashed, owner=owner))

    def remove(self, name: str) -> None:
        """Forget a user and their sessions. What they asked and added stays in the data folder,
        and nobody is given it with the name."""
        with self._database.writing() as db:
            owner = db.execute(select(users.c.owner).where(users.c.name == name)).scalar()
            if owner is None:
                raise UserError(f"There is no user {name}; see `footnote users list`.")
            db.execute(delete(users).where(users.c.name == name))
            # Who gets the name next is not to read what was shared with this one.
            db.execute(delete(members).where(members.c.name == owner))
            db.execute(delete(choices).where(choices.c.owner == owner))
            statement = counters.dialect_insert(db, former_users).values(owner=owner, name=name)
            db.execute(statement.on_conflict_do_nothing())

    def owner(self, name: str) -> str:
        """What all that is this user's is kept under."""
        with self._database.reading() as db:
            owner = db.execute(select(users.c.owner).where(users.c.name == name)).scalar()
        return owner or name

    def check(self, name: str, password: str, address: str = "") -> bool:
        """Whether this is the user's password. Raises ``TooManyTries`` after five wrong ones.

        Tries are counted for an address, so that nobody can keep somebody else out from another
        one; a right password takes back the wrong ones for its name. Each is counted before the
        password is hashed, and two are hashed at a time. An unknown name takes as long as a known
        one, so that the time does not give names away.
        """
        with HASHING_SLOTS, self._tries.one(name, address) as tried:
            with self._database.reading() as db:
                statement = select(users.c.hash).where(users.c.name == name)
                password_hash = db.execute(statement).scalar() if _NAME.fullmatch(name) else None
            tried.right = (
                _matches(password_hash or _nobody(), password) and password_hash is not None
            )
        return tried.right

    def refuse_blocked(self, address: str) -> None:
        """Raises ``TooManyTries`` if ``check`` would, before anybody waits for a turn."""
        self._tries.refuse_blocked(address)

    def start_session(self, name: str, lasts_s: float = SESSION_S) -> str:
        """A fresh session's token."""
        token = secrets.token_urlsafe(32)
        now = time.time()
        with self._database.writing() as db:
            db.execute(delete(sessions).where(sessions.c.expires < now))
            statement = insert(sessions).values(
                token=_digest(token), name=name, expires=now + lasts_s
            )
            db.execute(statement)
        return token

    def session(self, token: str) -> str | None:
        """Whose session this is (what is theirs is kept under that), or None if it is unknown
        or over."""
        of_user = sessions.join(users, users.c.name == sessions.c.name)
        this = sessions.c.token == _digest(token), sessions.c.expires > time.time()
        statement = select(users.c.owner).select_from(of_user).where(*this)
        with self._database.reading() as db:
            name: str | None = db.execute(statement).scalar_one_or_none()
        return name

    def end_session(self, token: str) -> None:
        """Sign out."""
        with self._database.writing() as db:
            db.execute(delete(sessions).where(sessions.c.token == _digest(token)))


def _next_owner(db: Connection, name: str, *, same_person: bool) -> str:
    """What is kept of who is given a name now: the name itself, or with a number if somebody had
    it before. No name has a "~"."""
    former: list[str] = [
        row.owner
        for row in db.execute(select(former_users).order_by(former_users.c.owner))
        if row.name.casefold() == name.casefold()
    ]
    if not former:
        return name
    latest = max(former, key=lambda owner: (len(owner), owner))
    if same_person:
        db.execute(delete(former_users).where(former_users.c.owner == latest))
        return latest
    return f"{name}~{len(former) + 1}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hash(password: str) -> str:
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


@cache
def _nobody() -> str:
    """What an unknown name's password is held against: made once, so that it costs no time."""
    return _hash("nobody's password")


def _matches(known: str, password: str) -> bool:
    """Whether a password has this hash. One that had it a moment ago is not hashed again: programs
    send theirs with every request."""
    digest = hashlib.blake2b(password.encode(errors="surrogatepass"), key=_SECRET).digest()
    at, before = _right.get(known, (0.0, b""))
    if time.monotonic() - at < REMEMBERED_S and hmac.compare_digest(before, digest):
        return True
    if not _verify(known, password):
        return False
    if len(_right) >= MOST_REMEMBERED:
        _right.clear()
    _right[known] = time.monotonic(), digest
    return True


def _verify(known: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    try:
        return PasswordHasher().verify(known, password)
    except VerificationError:
        return False
