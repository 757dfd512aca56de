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
OTHERS_MODE = 0o077
"""What group and others may do."""
POSIX = os.name == "posix"
OWN_FILES = (
    "*.sqlite3*", "vectors*", "uploads", "gradio", "sets", "runs", "calibration*", "settings.toml"
)  # fmt: skip
"""What Footnote keeps in a data folder; whatever else lies there is none of its business."""


def private_folder(folder: Path) -> None:
    """Makes a folder that only its owner may enter, or closes the one that is there to others."""
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    _close(folder)


def private_file(file: Path) -> None:
    """Makes an empty file that only its owner may read, if there is none."""
    if not file.exists():
        file.touch(mode=FILE, exist_ok=True)


def make_private(folder: Path) -> list[Path]:
    """Closes a data folder, and all that Footnote keeps in it, to others; what could not be closed,
    because another account owns it."""
    return [path for path in _of(folder) if not _close(path)]


def open_to_others(folder: Path) -> list[Path]:
    """The data folder, and what Footnote keeps in it, as far as other accounts may use it."""
    return [path for path in _of(folder) if _mode(path) & OTHERS_MODE]


@contextmanager
def private_umask() -> Iterator[None]:
    """What is made meanwhile, by whatever library, is its owner's alone. For a whole process."""
    before = os.umask(OTHERS_MODE)
    try:
        yield
    finally:
        os.umask(before)


def _of(folder: Path) -> Iterator[Path]:
    """The data folder and what Footnote keeps in it; nothing if there are no such modes."""
    if not POSIX or not folder.is_dir():
        return
    yield folder
    for name in OWN_FILES:
        for kept in folder.glob(name):
            yield kept
            if kept.is_dir() and not kept.is_symlink():
                for parent, folders, files in os.walk(kept):
                    yield from (Path(parent, each) for each in (*folders, *files))


def _mode(path: Path) -> int:
    """A path's permissions; 0 of what is gone, of a link, which may lead out of the folder, and of
    a folder that is everybody's on purpose (``/tmp``)."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return 0
    return 0 if stat.S_ISLNK(mode) or mode & stat.S_ISVTX else stat.S_IMODE(mode)


def _close(path: Path) -> bool:
    mode = _mode(path)
    if not POSIX or not mode & OTHERS_MODE:
        return True
    try:
        path.chmod(mode & ~OTHERS_MODE)
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
