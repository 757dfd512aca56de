"""Files that a page has uploaded and that are not ingested yet.

They lie in the data folder, each in a folder of its own whose name nobody can guess, inside one of
the user who uploaded it. They are deleted as soon as they are ingested, or after a day.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ingest.errors import FootnoteError
from store.files.private_files import private_folder

FOLDER = "uploads"
KEPT_S = 24 * 3600.0
"""How long an upload that nobody ingests is kept, in seconds: many may wait for those before."""


class NotUploaded(FootnoteError):
    """A path that is not an upload of this user, or no longer."""

    exit_code = 2


class UploadedFiles:
    """The uploads of a data folder; methods may be called from any thread."""

    def __init__(self, data: Path) -> None:
        self.folder = data.resolve() / FOLDER

    def new_folder(self, owner: str) -> Path:
        """A fresh folder for what a user uploads now ("" if nobody signs in)."""
        private_folder(self.folder)
        self.delete_old()
        folder = self._of(owner) / secrets.token_hex(16)
        private_folder(folder.parent)
        private_folder(folder)
        return folder

    def find(self, owner: str, path: str) -> Path:
        """An upload of this user's. Raises ``NotUploaded`` for any other path, also one that leads
        out of the user's folder by ``..`` or a link."""
        given = Path(path)
        mine = self._of(owner)
        try:
            resolved = given.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            resolved = None
        if (
            resolved is None
            or given != resolved
            or mine not in resolved.parents
            or not resolved.is_file()
        ):
            raise NotUploaded("This file is not here, or no longer: add it again.")
        return resolved

    def take(self, owner: str, path: str) -> bytes:
        """What is in an upload of this user's, which is deleted. Raises as ``find`` does."""
        resolved = self.find(owner, path)
        data = resolved.read_bytes()
        self._delete(resolved)
        return data

    def discard(self, owner: str, path: str) -> None:
        """Deletes an upload of this user's; nothing if it is none, or no longer there."""
        with suppress(NotUploaded):
            self._delete(self.find(owner, path))

    def delete_old(self, older_than_s: float = KEPT_S) -> None:
        """Deletes uploads that nobody has ingested in so many seconds."""
        before = time.time() - older_than_s
        for folder, files in self._walk():
            for file in files:
                with suppress(FileNotFoundError):  # ingested at this moment
                    if (folder / file).stat().st_mtime < before:
                        self._delete(folder / file)

    def delete_named(self, name: str) -> None:
        """Deletes uploads of a file of this name, no matter who uploaded them."""
        for folder, files in self._walk():
            if name in files:
                self._delete(folder / name)

    def _walk(self) -> Iterator[tuple[Path, list[str]]]:
        """Each folder of an upload with its files; what is deleted meanwhile does not matter."""
        return ((Path(folder), files) for folder, _, files in os.walk(self.folder) if files)

    def _delete(self, upload: Path) -> None:
        """Deletes a file, and the folders that were made for it once they are empty."""
        upload.unlink(missing_ok=True)
        for folder in upload.relative_to(self.folder).parents[:-2]:
            with suppress(OSError):  # others that came with it still wait in there
                (self.folder / folder).rmdir()

    def _of(self, owner: str) -> Path:
        """A user's folder: two names that differ in case alone are one on some disks."""
        return self.folder / hashlib.sha256(f"user {owner}".encode()).hexdigest()[:32]
