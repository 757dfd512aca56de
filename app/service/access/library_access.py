"""The library as each user may read and change it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from app.service.access.permissions import NotAllowed, Permissions, Role, one_collection
from app.service.access.user_settings import UserSettings
from app.service.queue.in_progress import InProgress
from app.settings import Settings, is_loopback
from store.catalogue.collections import own_collection

if TYPE_CHECKING:
    from store.library import Library


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of users besides their conversations, opened together."""

    permissions: Permissions
    choices: UserSettings
    in_progress: InProgress

    @classmethod
    def open(cls, folder: Path, url: str) -> Self:
        return cls(Permissions(folder, url), UserSettings(folder, url), InProgress(folder, url))

    def close(self) -> None:
        for each in (self.permissions, self.choices, self.in_progress):
            each.close()


class LibraryAccess:
    """The library of a served chat, opened when it is first needed. Safe between threads."""

    def __init__(self, settings: Settings, library: Library | None = None) -> None:
        self.settings = settings
        self._library = library
        self._kept: _Kept | None = None
        self._lock = threading.Lock()

    @property
    def shared(self) -> bool:
        """Whether several people sign in."""
        return not is_loopback(self.settings.host)

    @property
    def library(self) -> Library:
        """The opened library; loads no model."""
        with self._lock:
            if self._library is None:
                from app.service.open_library import open_library

                self._library = open_library(self.settings)
            return self._library

    @property
    def permissions(self) -> Permissions:
        """Who may read and change which collections."""
        return self._opened.permissions

    @property
    def choices(self) -> UserSettings:
        """What each user chose for their own questions."""
        return self._opened.choices

    @property
    def in_progress(self) -> InProgress:
        """The questions that are being answered, in all processes."""
        return self._opened.in_progress

    @property
    def _opened(self) -> _Kept:
        with self._lock:
            if self._kept is None:
                self._kept = _Kept.open(self.settings.data, self.settings.database)
            return self._kept

    def library_of(self, user: str, collection: str | None = None) -> Library:
        """The library as this user sees it, or one collection of it. Raises ``NotAllowed`` if
        there is no such collection, or it is not theirs to read."""
        library = self.library
        if self.shared:
            readable = self.permissions.readable(user, library.collection_names())
            library = library.within(readable)
        return library if collection is None else one_collection(library, collection)

    def documents_named(self, user: str, names: Sequence[str]) -> list[str]:
        """The names, with a user's own documents by their ids: what others share under the name of
        one of these does not pass for it."""
        if not self.shared or not user:
            return list(names)
        mine: dict[str, list[str]] = {}
        for revision in self.library.within([own_collection(user)]).documents():
            mine.setdefault(revision.document, []).append(revision.document_id)
        return [document for name in names for document in mine.get(name, [name])]

    def editable(self, user: str) -> frozenset[str]:
        """The collections whose documents this user may change."""
        names = self.library.collection_names()
        return self.permissions.editable(user, names) if self.shared else frozenset(names)

    def library_to_change(self, user: str, document: str) -> Library:
        """The library in which this user may change a document (its name, id or source). Raises
        ``NotAllowed`` if they may only read it, ``StoreError`` if there is none."""
        if not self.shared:
            return self.library
        editable = self.editable(user)
        named = self.documents_named(user, [document])
        own_one = named[0] if len(named) == 1 else document
        collection = self.library_of(user).history(own_one)[-1].collection
        if collection not in editable:
            raise NotAllowed(
                f"Only editors can change {collection}. Whoever runs Footnote can make "
                f"you one: footnote collections share {collection} {user} --editor"
            )
        return self.library.within(editable)

    def collection_for(self, user: str, collection: str = "") -> str:
        """The collection that what a user adds is put into: the one they want, if they may
        change it, else their own. Raises ``NotAllowed``."""
        if not self.shared or not user:  # nobody, if people sign in, is Footnote itself
            return collection
        if (
            collection
            and collection != own_collection(user)
            and collection not in self.editable(user)
        ):
            raise NotAllowed(f"There is no collection {collection} that you may change.")
        return collection or own_collection(user)

    def share(self, user: str, collection: str, name: str, role: Role | None) -> None:
        """What ``user`` lets somebody (``*``: everybody) do with a collection that they may change;
        nothing if ``role`` is None. Raises ``NotAllowed``."""
        if collection not in self.editable(user) | {own_collection(user)} or not user:
            raise NotAllowed(f"There is no collection {collection} that you may change.")
        if role is None:
            self.permissions.unshare(collection, name)
        else:
            self.permissions.share(collection, name, role)

    def close(self) -> None:
        """Close the library and what is kept of users."""
        if self._kept is not None:
            self._kept.close()
        if self._library is not None:
            self._library.close()
