"""Logs as JSON, a line each, for whatever collects them; a line for every question as well."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from typing import IO, Any

from app.service.query_telemetry import QueryObservation

OUR_PACKAGES = "app", "evals", "ingest", "store"
"""The packages whose lines are logged from INFO on; of others warnings are."""
STANDARD_ATTRIBUTES = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "taskName",
}
log = logging.getLogger(__name__)
printed = logging.getLogger("stderr")
TRACEBACK_STARTS = (
    "Traceback (most recent call last):",
    "Exception in thread",
    "Exception ignored in",
)
TRACEBACK_LINES = (*TRACEBACK_STARTS, "The above exception was", "During handling of the above")
"""What a traceback begins with, and what it has inside without being indented."""


class JsonLines(logging.Formatter):
    """``time`` (ISO 8601, UTC), ``level``, ``logger`` and ``message``; what was given as ``extra``;
    and ``error``, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        record_fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{k: v for k, v in record.__dict__.items() if k not in STANDARD_ATTRIBUTES},
        }
        if record.exc_info:
            record_fields["error"] = self.formatException(record.exc_info)
        return json.dumps(record_fields, ensure_ascii=False, default=str)


class StandardError(io.TextIOBase):
    """Logs what others print to standard error: a line for each of theirs, one for a traceback."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._local = threading.local()  # two threads may print at the same time

    def write(self, text: str) -> int:
        """Takes in text; what has no line break yet waits for it."""
        if getattr(self._local, "logging", False):  # logging itself complains, of what we logged
            return self._stream.write(text)
        *lines, rest = (getattr(self._local, "rest", "") + text).split("\n")
        self._local.rest = rest
        for line in lines:
            self._take(line)
        return len(text)

    def _take(self, line: str) -> None:
        block: list[str] = getattr(self._local, "block", [])
        if block or line.startswith(TRACEBACK_STARTS):
            self._local.block = [*block, line]
            if not line or line[0].isspace() or line.startswith(TRACEBACK_LINES):
                return
            self._local.block = []
            self._log(logging.ERROR, line, "\n".join([*block, line]))
        elif line.strip():
            self._log(logging.WARNING, line)

    def _log(self, level: int, line: str, error: str = "") -> None:
        self._local.logging = True
        try:
            printed.log(level, "%s", line, extra={"error": error} if error else None)
        finally:
            self._local.logging = False

    def flush(self) -> None:
        """Nothing waits here but the beginning of a line."""
        self._stream.flush()

    def fileno(self) -> int:
        """The descriptor, for what writes there itself."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Yes."""
        return True


def configure(stream: IO[str] | None = None) -> None:
    """Log JSON lines to a stream (standard error), in place of whatever was logged to, and so what
    libraries print there."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in OUR_PACKAGES:
        logging.getLogger(name).setLevel(logging.INFO)
    if stream is None:
        logging.captureWarnings(True)
        sys.stderr = StandardError(sys.stderr)


def log_question(seen: QueryObservation) -> None:
    """A line for a question: what came of it, not what it was."""
    record_fields = asdict(seen)
    seconds = {
        k: round(record_fields[k], 3)
        for k in ("seconds", "evidence_s")
        if record_fields[k] is not None
    }
    log.info("a question was %s", seen.outcome, extra={**record_fields, **seconds})
