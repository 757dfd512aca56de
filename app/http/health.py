"""Whether the process is alive and whether it can answer, for whatever watches or balances chats.

Nobody signs in for these, so they say no more than that.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from app.service.engine import Engine

ALIVE, READY = "/healthz", "/readyz"
PATHS = ALIVE, READY
log = logging.getLogger(__name__)


def install(app: FastAPI, engine: Engine) -> None:
    """Add ``/healthz`` (200 while the process runs) and ``/readyz`` (200 once questions are
    answered; 503 before, and while the database does not answer)."""

    @app.get(ALIVE, include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get(READY, include_in_schema=False)
    def ready() -> JSONResponse:
        if engine.status.phase == "starting":
            return JSONResponse({"status": "starting"}, 503)
        try:
            _ = engine.access.library.generation
        except FootnoteError as error:
            log.warning("not ready: %s", error)
            return JSONResponse({"status": "no database"}, 503)
        return JSONResponse({"status": "ready"})
