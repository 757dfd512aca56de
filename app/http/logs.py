"""Logs as JSON, a line each, for whatever collects them; a line for every question as well."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import IO, Any

from app.service.observed import Observation

OURS = "app", "evals", "ingest", "store"
"""The packages whose lines are logged from INFO on; of others warnings are."""
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
log = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """``time`` (ISO 8601, UTC), ``level``, ``logger`` and ``message``; what was given as ``extra``;
    and ``error``, the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{k: v for k, v in record.__dict__.items() if k not in STANDARD},
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def configure(stream: IO[str] | None = None) -> None:
    """Log JSON lines to a stream (standard error), in place of whatever was logged to."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


def log_question(seen: Observation) -> None:
    """A line for a question: what came of it, not what it was."""
    told = asdict(seen)
    seconds = {k: round(told[k], 3) for k in ("seconds", "evidence_s") if told[k] is not None}
    log.info("a question was %s", seen.outcome, extra={**told, **seconds})
