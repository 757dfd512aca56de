"""Files that a page has uploaded and that are not ingested yet.

They lie in the data folder, each in a folder of its own whose name nobody can guess, inside one of
the user who uploaded it. They are deleted as soon as they are ingested, or after an hour.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

from ingest.document import FootnoteError
from store.private_files import private_folder

FOLDER = "uploads"
KEPT_S = 3600.0
"""How long an upload that nobody ingests is kept, in seconds."""


class NotUploaded(FootnoteError):
    """A path that is not an upload of this user, or no longer."""

    exit_code = 2


class UploadedFiles:
    """The uploads of a data folder; methods may be called from any thread."""

    def __init__(self, data: Path) -> None:
        self.folder = data.resolve() / FOLDER

    def new_folder(self, owner: str) -> Path:
        """A fresh folder for what a user uploads now ("" where nobody signs in)."""
        private_folder(self.folder)
        self.delete_old()
        made = self._of(owner) / secrets.token_hex(16)
        private_folder(made.parent)
        private_folder(made)
        return made

    def find(self, owner: str, path: str) -> Path:
        """An upload of this user's. Raises ``NotUploaded`` for any other path, also one that leads
        out of the user's folder by ``..`` or a link."""
        given = Path(path)
        mine = self._of(owner)
        try:
            found = given.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            found = None
        if found is None or given != found or mine not in found.parents or not found.is_file():
            raise NotUploaded("This file is not here, or no longer: add it again.")
        return found

    def take(self, owner: str, path: str) -> bytes:
        """What is in an upload of this user's, which is deleted. Raises as ``find`` does."""
        found = self.find(owner, path)
        data = found.read_bytes()
        self._delete(found)
        return data

    def discard(self, owner: str, path: str) -> None:
        """Deletes an upload of this user's; nothing where it is none, or no longer there."""
        with suppress(NotUploaded):
            self._delete(self.find(owner, path))

    def delete_old(self, older_than_s: float = KEPT_S) -> None:
        """Deletes uploads that nobody has ingested in so many seconds."""
        before = time.time() - older_than_s
        for one in self.folder.glob("*/*"):
            with suppress(FileNotFoundError):  # ingested at this moment
                if one.lstat().st_mtime < before:
                    shutil.rmtree(one, ignore_errors=True)

    def delete_named(self, name: str) -> None:
        """Deletes uploads of a file of this name, whoever uploaded them."""
        for file in self.folder.glob("*/*/**/*"):
            if file.name == name and file.is_file():
                self._delete(file)

    def _delete(self, upload: Path) -> None:
        """Deletes a file, and the folders that were made for it once they are empty."""
        upload.unlink(missing_ok=True)
        for folder in upload.relative_to(self.folder).parents[:-2]:
            with suppress(OSError):  # others that came with it still wait in there
                (self.folder / folder).rmdir()

    def _of(self, owner: str) -> Path:
        """A user's folder: two names that differ in case alone are one on some disks."""
        return self.folder / hashlib.sha256(f"user {owner}".encode()).hexdigest()[:32]
