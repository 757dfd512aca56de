"""User accounts: argon2 hashes, sessions that expire, throttled sign-in.

Session tokens are stored as hashes only.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from functools import cache
from pathlib import Path

from sqlalchemy import delete, func, insert, select

from app.service.database import open_database
from app.service.tables import attempts, choices, members, sessions, users
from ingest.document import FootnoteError
from store import counters

SESSION_S = 12 * 3600
TRIES = 5
PAUSE_S = 60.0
MIN_PASSWORD = 10
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class UserError(FootnoteError):
    """A user cannot be made, changed or signed in as asked."""

    exit_code = 2


class TooManyTries(UserError):
    """Too many wrong passwords in a short time."""


class Users:
    """The users of a data folder, or of the database at ``url``; methods may be called from any
    thread or process."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self._database = open_database(folder, url)

    def names(self) -> list[str]:
        """Everybody who may sign in."""
        with self._database.reading() as db:
            return list(db.execute(select(users.c.name).order_by(users.c.name)).scalars())

    def add(self, name: str, password: str) -> None:
        """Make a user, or give one another password, which ends their sessions."""
        if not _NAME.fullmatch(name):
            raise UserError(
                "A user's name has 1 to 64 letters, digits, dots, dashes, underscores or @."
            )
        if len(password) < MIN_PASSWORD:
            raise UserError(f"A password has at least {MIN_PASSWORD} characters.")
        hashed = _hash(password)
        with self._database.writing() as db:
            db.execute(delete(sessions).where(sessions.c.name == name))
            made = counters.insert(db, users).values(name=name, hash=hashed)
            db.execute(made.on_conflict_do_update(index_elements=["name"], set_={"hash": hashed}))

    def remove(self, name: str) -> None:
        """Forget a user and their sessions; their conversations stay in the data folder."""
        with self._database.writing() as db:
            if not db.execute(delete(users).where(users.c.name == name)).rowcount:
                raise UserError(f"There is no user {name}; see `footnote users list`.")
            # Who gets the name next is not to read what was shared with this one.
            db.execute(delete(members).where(members.c.name == name))
            db.execute(delete(choices).where(choices.c.owner == name))

    def check(self, name: str, password: str, address: str = "") -> bool:
        """Whether this is the user's password. Raises ``TooManyTries`` after five wrong ones.

        Tries are counted for the name and for the address they come from. An unknown name takes
        as long as a known one, so that names cannot be told by the time.
        """
        sources = (f"name:{name}", f"address:{address}")
        now = time.time()
        with self._database.writing() as db:
            db.execute(delete(attempts).where(attempts.c.at < now - PAUSE_S))
            for who in sources:
                counted = select(func.count()).select_from(attempts).where(attempts.c.who == who)
                if db.execute(counted).scalar_one() >= TRIES:
                    raise TooManyTries(
                        f"Too many wrong passwords. Try again in {PAUSE_S:.0f} seconds."
                    )
            known = select(users.c.hash).where(users.c.name == name)
            kept: str | None = db.execute(known).scalar_one_or_none()
        nobody = _nobody()
        right = _verify(kept or nobody, password) and kept is not None
        with self._database.writing() as db:
            if right:
                db.execute(delete(attempts).where(attempts.c.who == sources[0]))
            else:
                db.execute(insert(attempts), [{"who": who, "at": now} for who in sources])
        return right

    def start_session(self, name: str, lasts_s: float = SESSION_S) -> str:
        """A fresh session's token."""
        token = secrets.token_urlsafe(32)
        now = time.time()
        with self._database.writing() as db:
            db.execute(delete(sessions).where(sessions.c.expires < now))
            kept = insert(sessions).values(token=_digest(token), name=name, expires=now + lasts_s)
            db.execute(kept)
        return token

    def session(self, token: str) -> str | None:
        """Whose session this is, or None where it is unknown or over."""
        wanted = select(sessions.c.name).where(
            sessions.c.token == _digest(token), sessions.c.expires > time.time()
        )
        with self._database.reading() as db:
            name: str | None = db.execute(wanted).scalar_one_or_none()
        return name

    def end_session(self, token: str) -> None:
        """Sign out."""
        with self._database.writing() as db:
            db.execute(delete(sessions).where(sessions.c.token == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hash(password: str) -> str:
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


@cache
def _nobody() -> str:
    """What an unknown name's password is held against: made once, so that it costs no time."""
    return _hash("nobody's password")


def _verify(known: str, password: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import VerificationError

    try:
        return PasswordHasher().verify(known, password)
    except VerificationError:
        return False
