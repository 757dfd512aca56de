"""Keeps a data folder to its owner: no other account of the machine reads or lists it.

Folders get the mode 0700 and files 0600. Windows has no such modes: there a user's own folders are
closed to others by where they lie, and nothing is changed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
OTHERS = 0o077
"""What group and others may do."""
POSIX = os.name == "posix"


def private_folder(folder: Path) -> None:
    """Makes a folder that only its owner may enter, or closes the one that is there to others."""
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    _close(folder)


def private_file(file: Path) -> None:
    """Makes an empty file that only its owner may read, where there is none."""
    if not file.exists():
        file.touch(mode=FILE, exist_ok=True)


def make_private(folder: Path) -> list[Path]:
    """Closes a folder and all that is in it to others; what could not be closed, because another
    account owns it."""
    if not POSIX or not folder.is_dir():
        return []
    left: list[Path] = []
    for path in (folder, *_inside(folder)):
        if not _close(path):
            left.append(path)
    return left


def open_to_others(folder: Path) -> list[Path]:
    """The folder, and the files and folders in it, that other accounts may use in some way."""
    if not POSIX or not folder.is_dir():
        return []
    return [path for path in (folder, *_inside(folder)) if _mode(path) & OTHERS]


@contextmanager
def private_umask() -> Iterator[None]:
    """What is made meanwhile, by whatever library, is its owner's alone. For a whole process."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def _inside(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def _mode(path: Path) -> int:
    """A path's permissions; 0 of a link, which may lead out of the folder, and of what is gone."""
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return 0
    return 0 if stat.S_ISLNK(found) else stat.S_IMODE(found)


def _close(path: Path) -> bool:
    mode = _mode(path)
    if not POSIX or not mode & OTHERS:
        return True
    try:
        path.chmod(mode & ~OTHERS)
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
