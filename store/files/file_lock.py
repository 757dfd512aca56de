"""A lock around the change of a small file that several processes may change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

Changing = Callable[[Path], AbstractContextManager[None]]
"""What is around the change of a file."""


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """While a file is read and rewritten; nobody else does so meanwhile. Its folder is made."""
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        yield
