"""Who may read a collection and who may change it, if people sign in.

A person's own collection (``@ann``) is theirs. Any other is everybody's to read until it is closed:
by being shared with somebody, or by no longer being shared with everybody. It stays closed whoever
leaves. Only editors change a collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from sqlalchemy import delete, or_, select
from sqlalchemy.engine import Connection

from app.service.storage.app_database import open_database
from app.service.storage.app_schema import members, users
from ingest.errors import FootnoteError
from store.catalogue.collections import OWN_PREFIX, own_collection
from store.database import counters

if TYPE_CHECKING:
    from store.library import Library

Role = Literal["reader", "editor"]
EVERYONE = "*"
"""Stands for all who sign in, and for visitors of the widget."""
NOBODY = ""
"""The name in the row that says that a collection is closed."""


class NotAllowed(FootnoteError):
    """Somebody may not do this, or not with this collection."""

    exit_code = 2


def one_collection(library: Library, name: str) -> Library:
    """One collection of a library; ``NotAllowed`` if it has none of that name."""
    if name not in library.collection_names():
        raise NotAllowed(f"There is no collection {name!r}; see `footnote collections list`.")
    return library.within([name])


@dataclass(frozen=True, slots=True)
class Member:
    """One who may read a collection, or also change it. ``name`` is a user's, or ``*``."""

    collection: str
    name: str
    role: Role


class Permissions:
    """The members of the collections of a data folder, or of the database at ``url``; methods may
    be called from any thread or process."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self._database = open_database(folder, url)

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def members(self, collection: str | None = None) -> list[Member]:
        """The members of a collection (of all if None), by name; not whose own it is."""
        with self._database.reading() as db:
            known = db.execute(select(users.c.owner, users.c.name))
            names = {row.owner: row.name for row in known}
        return [
            replace(member, name=names.get(member.name, member.name))
            for member in self._rows(collection)
            if member.name != NOBODY
        ]

    def closed(self) -> frozenset[str]:
        """The collections that only their members read; people's own are not among them."""
        return frozenset(row.collection for row in self._rows() if row.name == NOBODY)

    def _rows(self, collection: str | None = None) -> list[Member]:
        statement = select(members).order_by(members.c.collection, members.c.name)
        if collection is not None:
            statement = statement.where(members.c.collection == collection)
        with self._database.reading() as db:
            return [Member(*row) for row in db.execute(statement)]

    def share(self, collection: str, name: str, role: Role) -> None:
        """Let a user (or everybody, ``*``) read or change a collection. Raises ``NotAllowed`` for
        an unknown user or role."""
        if role not in get_args(Role):
            raise NotAllowed(f"{role} is not a role; use reader or editor.")
        with self._database.writing() as db:
            owner = _owner(db, name)
            if owner is None and name != EVERYONE:
                raise NotAllowed(f"There is no user {name}; see `footnote users list`.")
            _put(db, Member(collection, owner or name, role))
            _put(db, Member(collection, NOBODY, "reader"))

    def unshare(self, collection: str, name: str) -> None:
        """Take a member's right to a collection away. Raises ``NotAllowed`` if there is none."""
        with self._database.writing() as db:
            who = _owner(db, name) or name
            this = members.c.collection == collection, members.c.name == who
            had = db.execute(delete(members).where(*this)).rowcount
            if not had and name != EVERYONE:
                raise NotAllowed(f"{collection} is not shared with {name}.")
            _put(db, Member(collection, NOBODY, "reader"))

    def readable(self, user: str, names: Iterable[str]) -> frozenset[str]:
        """Those of the collections that a user may read."""
        rows = self._rows()
        closed = {member.collection for member in rows if member.name == NOBODY}
        ours = {m.collection for m in rows if m.name in (user, EVERYONE)}
        return frozenset(
            name
            for name in names
            if name in ours
            or (user and name == own_collection(user))
            or (name not in closed and not name.startswith(OWN_PREFIX))
        )

    def editable(self, user: str, names: Iterable[str]) -> frozenset[str]:
        """Those of the collections that a user may change."""
        ours = {
            member.collection
            for member in self._rows()
            if member.role == "editor" and member.name in (user, EVERYONE)
        }
        return frozenset(n for n in names if n in ours or (user and n == own_collection(user)))


def _owner(db: Connection, name: str) -> str | None:
    """What a user's things are kept under, by their name or by that itself; None of nobody."""
    called = or_(users.c.name == name, users.c.owner == name)
    owner: str | None = db.execute(select(users.c.owner).where(called)).scalars().first()
    return owner


def _put(db: Connection, member: Member) -> None:
    statement = counters.dialect_insert(db, members).values(**asdict(member))
    same = ["collection", "name"]
    db.execute(statement.on_conflict_do_update(index_elements=same, set_={"role": member.role}))
