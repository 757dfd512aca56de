"""A server that is told to stop ends its streams, and finishes the replies that have not begun."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import httpx
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from app.http.graceful_shutdown import Server
from tests.support.browser import free_port, wait_until


def test_what_was_asked_is_answered_and_streams_end() -> None:
    app, asked, streaming, stopping = FastAPI(), *(threading.Event() for _ in range(3))
    cancelled = []

    @app.post("/reply")
    async def reply() -> str:
        asked.set()
        try:
            while not stopping.is_set():
                await asyncio.sleep(0.01)
            await asyncio.sleep(1)  # longer than streams are waited for
        except asyncio.CancelledError:
            cancelled.append("reply")
            raise
        return "whole"

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def endless() -> AsyncIterator[str]:
            streaming.set()
            while True:
                yield "and so on "
                await asyncio.sleep(0.01)

        return StreamingResponse(endless())

    port = free_port()
    server = Server(app, host="127.0.0.1", port=port, log_level="warning")  # type: ignore[arg-type]
    serving = threading.Thread(target=server.run)
    serving.start()
    wait_until(lambda: server.started)
    address = f"http://127.0.0.1:{port}"
    with ThreadPoolExecutor(2) as pool:
        streamed = pool.submit(httpx.get, f"{address}/stream", timeout=60)
        replied = pool.submit(httpx.post, f"{address}/reply", timeout=60)
        assert asked.wait(60) and streaming.wait(60)
        server.should_exit = True
        wait_until(lambda: not server.servers[0].is_serving())
        stopping.set()
        assert replied.result(60).json() == "whole"
        assert streamed.result(60).text.startswith("and so on ")
    serving.join(60)
    assert not serving.is_alive() and not cancelled
