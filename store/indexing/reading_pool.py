"""Reads and splits files in several processes, ahead of the encoder, if there is much to read.

The processes are loky's, as scikit-learn uses them: they are kept for the next files, end when they
have nothing to do, and end with the process that started them.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.load.sandbox.sandbox import Progress
from store.indexing.read_and_split import Outcome, ReadAndSplit, WantedFile

SLOW_S = 2.0
"""Reading that took so long in this process goes on in others; starting one takes a second."""
MAX_PROCESSES = 4
AHEAD_FILES = 64
AHEAD_BYTES = 64 * 1024 * 1024
"""What is read ahead of the encoder at most: a batch for it is on average less."""
IDLE_S = 20

_Pending = tuple[WantedFile, int, "Future[Outcome]"]


class ReadingPool:
    """Reads files in order: the first in this process, and once that has taken ``slow_s`` seconds,
    the rest in several. ``progress`` hears which file is read, of the pages that this process
    recognises, and of the splitting of a long document."""

    def __init__(
        self, read: ReadAndSplit, progress: Progress | None = None, slow_s: float = SLOW_S
    ) -> None:
        self._read, self._progress, self._slow_s = read, progress, slow_s
        self._processes = min(MAX_PROCESSES, os.cpu_count() or 1)

    def __call__(self, wanted: Iterable[WantedFile]) -> Iterator[tuple[WantedFile, Outcome]]:
        """Each file with its document, or with the error that it cannot be read."""
        files = iter(wanted)
        spent = 0.0
        for one in files:
            self._report_reading(one)
            began = time.monotonic()
            outcome = self._read(one, self._progress)
            spent += time.monotonic() - began
            yield one, outcome
            if spent >= self._slow_s and self._processes > 1:
                yield from self._in_processes(files)

    def _in_processes(self, files: Iterator[WantedFile]) -> Iterator[tuple[WantedFile, Outcome]]:
        pending: deque[_Pending] = deque()
        done = False
        try:
            while self._fill(pending, files):
                one, _, future = pending.popleft()
                self._report_reading(one)
                yield one, self._outcome(one, future)
            done = True
        finally:
            if not done:  # interrupted: nobody waits for what is being read
                self._executor().shutdown(wait=False, kill_workers=True)

    def _report_reading(self, one: WantedFile) -> None:
        if self._progress:
            self._progress(f"reading {Path(one.path).name}", 0, 0)

    def _fill(self, pending: deque[_Pending], files: Iterator[WantedFile]) -> bool:
        """Hand out files while there is room; whether any are pending."""
        read_bytes = sum(size for _, size, _ in pending)
        while len(pending) < AHEAD_FILES and (read_bytes < AHEAD_BYTES or not pending):
            one = next(islice(files, 1), None)
            if one is None:
                break
            size = 0
            with suppress(OSError):
                size = Path(one.path).stat().st_size
            pending.append((one, size, self._executor().submit(self._read, one)))
            read_bytes += size
        return bool(pending)

    def _outcome(self, one: WantedFile, future: Future[Outcome]) -> Outcome:
        try:
            return future.result()
        except BrokenProcessPool:
            # A process was killed, maybe for want of memory: here the file has it to itself.
            return self._read(one, self._progress)

    def _executor(self) -> Any:
        from joblib.externals.loky import get_reusable_executor

        return get_reusable_executor(
            max_workers=self._processes,
            timeout=IDLE_S,
            initializer=_end_with,
            initargs=(os.getpid(),),
        )


def _end_with(parent: int) -> None:
    """Has this process end with its parent, should that be killed while a file is read here."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
