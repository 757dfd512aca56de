"""Child processes that read what strangers made: a process for each file, so that nothing that one
file does to its process reaches the next.

If a second file is read, the process for the one after it is started ahead and waits for it:
0.2 s less for each.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

MODULE = "ingest.load.sandbox.sandbox"
SECRETS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")
"""Words in the names of variables that a child does not get."""

Started = tuple["subprocess.Popen[bytes]", IO[bytes]]


class _Ahead:
    """The child that waits for the next file, if any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Started | None = None
        self._asked = False

    def take(self) -> Started:
        """A child; from the second time on another one is started for the next."""
        with self._lock:
            taken, self._waiting = self._waiting, None
            if taken is not None and taken[0].poll() is not None:
                _end(taken)
                taken = None
            child = taken or _start()
            if self._asked:
                self._waiting = _start()
            self._asked = True
            return child

    def stop(self) -> None:
        """Ends the child that waits."""
        with self._lock:
            taken, self._waiting = self._waiting, None
        if taken is not None:
            _end(taken)

    def forget(self) -> None:
        """After a fork: the child that waits is the parent's."""
        self._lock = threading.Lock()
        self._waiting, self._asked = None, False


_ahead = _Ahead()
atexit.register(_ahead.stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ahead.forget)


@contextmanager
def child_process(
    seconds: int,
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], threading.Event]]:
    """A child process, the file of its errors, and what is set if it takes too long and is
    ended. It is gone when the context ends, whatever happens."""
    child, errors = _ahead.take()
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield child, errors, late
    finally:
        timer.cancel()
        _end((child, errors))


def child_environment() -> dict[str, str]:
    """This process's environment for a child, without what opens anything: it reads documents of
    strangers, and should one get the better of it, there is no key to be had."""
    environment = {
        n: v for n, v in os.environ.items() if not any(word in n.upper() for word in SECRETS)
    }
    return environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _start() -> Started:
    errors: Any = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the child)
    child = subprocess.Popen(
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=child_environment(),
    )
    return child, errors


def _end(started: Started) -> None:
    child, errors = started
    child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    child.wait()
    errors.close()
