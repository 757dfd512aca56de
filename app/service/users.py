"""User accounts: argon2 hashes, sessions that expire, throttled sign-in.

Kept in an SQLite file of its own in the data folder. Session tokens are stored as hashes only.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from functools import cache
from pathlib import Path

from app.service.sqlite_file import SqliteFile
from ingest.document import FootnoteError

FILE = "users.sqlite3"
SESSION_S = 12 * 3600
TRIES = 5
PAUSE_S = 60.0
MIN_PASSWORD = 10
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_SCHEMA = """
create table if not exists user (name text primary key, hash text not null);
create table if not exists session (
    token text primary key, name text not null references user on delete cascade,
    expires real not null
);
create table if not exists attempt (who text not null, at real not null);
"""


class UserError(FootnoteError):
    """A user cannot be made, changed or signed in as asked."""

    exit_code = 2


class TooManyTries(UserError):
    """Too many wrong passwords in a short time."""


class Users:
    """The users of a data folder; methods may be called from any thread or process."""

    def __init__(self, folder: Path) -> None:
        self._file = SqliteFile(folder / FILE, _SCHEMA)
        self._file.path.chmod(0o600)

    def names(self) -> list[str]:
        """Everybody who may sign in."""
        with self._file.transaction() as db:
            return [name for (name,) in db.execute("select name from user order by name")]

    def add(self, name: str, password: str) -> None:
        """Make a user, or give one another password, which ends their sessions."""
        if not _NAME.fullmatch(name):
            raise UserError(
                "A user's name has 1 to 64 letters, digits, dots, dashes, underscores or @."
            )
        if len(password) < MIN_PASSWORD:
            raise UserError(f"A password has at least {MIN_PASSWORD} characters.")
        with self._file.transaction() as db:
            db.execute("delete from session where name = ?", (name,))
            db.execute(
                "insert into user values (?, ?) "
                "on conflict (name) do update set hash = excluded.hash",
                (name, _hash(password)),
            )

    def remove(self, name: str) -> None:
        """Forget a user and their sessions; their conversations stay in the data folder."""
        with self._file.transaction() as db:
            if not db.execute("delete from user where name = ?", (name,)).rowcount:
                raise UserError(f"There is no user {name}; see `footnote users list`.")

    def check(self, name: str, password: str, address: str = "") -> bool:
        """Whether this is the user's password. Raises ``TooManyTries`` after five wrong ones.

        Tries are counted for the name and for the address they come from. An unknown name takes
        as long as a known one, so that names cannot be told by the time.
        """
        sources = (f"name:{name}", f"address:{address}")
        now = time.time()
        with self._file.transaction() as db:
            db.execute("delete from attempt where at < ?", (now - PAUSE_S,))
            for who in sources:
                (count,) = db.execute(
                    "select count(*) from attempt where who = ?", (who,)
                ).fetchone()
                if count >= TRIES:
                    raise TooManyTries(
                        f"Too many wrong passwords. Try again in {PAUSE_S:.0f} seconds."
                    )
            row = db.execute("select hash from user where name = ?", (name,)).fetchone()
        nobody = _nobody()
        right = _verify(row[0] if row else nobody, password) and row is not None
        with self._file.transaction() as db:
            if right:
                db.execute("delete from attempt where who = ?", (sources[0],))
            else:
                db.executemany("insert into attempt values (?, ?)", [(w, now) for w in sources])
        return right

    def start_session(self, name: str, lasts_s: float = SESSION_S) -> str:
        """A fresh session's token."""
        token = secrets.token_urlsafe(32)
        with self._file.transaction() as db:
            db.execute("delete from session where expires < ?", (time.time(),))
            db.execute(
                "insert into session values (?, ?, ?)",
                (_digest(token), name, time.time() + lasts_s),
            )
        return token

    def session(self, token: str) -> str | None:
        """Whose session this is, or None where it is unknown or over."""
        with self._file.transaction() as db:
            row = db.execute(
                "select name from session where token = ? and expires > ?",
                (_digest(token), time.time()),
            ).fetchone()
        return str(row[0]) if row else None

    def end_session(self, token: str) -> None:
        """Sign out."""
        with self._file.transaction() as db:
            db.execute("delete from session where token = ?", (_digest(token),))


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
