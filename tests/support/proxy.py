"""A reverse proxy in front of a chat: shows it under a path, over TLS if asked, streaming."""

from __future__ import annotations

import datetime
import ipaddress
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.support.browser import free_port

OWN = {"host", "connection", "transfer-encoding"}
METHODS = ["GET", "POST", "DELETE", "PUT", "HEAD"]


@contextmanager
def proxy(
    target: str | list[str],
    path: str,
    *,
    strip: bool = True,
    tls: Path | None = None,
    passes: str = "host",
) -> Iterator[str]:
    """Show ``target`` under ``path``; yields the address with it. Of a list of targets the first
    one is shown that answers, from the one that answered last on.

    ``strip`` takes the path off again; ``tls`` is a folder for a certificate; ``passes`` is the
    header that tells the host that the browser asked for ("" for none).
    """
    port = free_port()
    targets = target if isinstance(target, list) else [target]
    app = _application(targets, path, strip=strip, passes=passes, scheme="https" if tls else "http")
    files = certificate(tls) if tls else {}
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", **files)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"{'https' if tls else 'http'}://127.0.0.1:{port}{path}"
    server.should_exit = True
    thread.join(10)


def _application(
    targets: list[str], path: str, *, strip: bool, passes: str, scheme: str
) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=None) as client:
            app.state.client = client
            yield

    async def forward(request: Request) -> Response:
        asked = request.url.path.removeprefix(path) or "/" if strip else request.url.path
        headers = {k: v for k, v in request.headers.items() if k not in OWN}
        headers["x-forwarded-proto"] = scheme
        if passes:
            headers[passes] = request.headers["host"]
        client: httpx.AsyncClient = request.app.state.client
        body = request.stream() if len(targets) == 1 else await request.body()
        while True:
            made = client.build_request(
                request.method, f"{targets[0]}{asked}", params=request.query_params,
                headers=headers, content=body,
            )  # fmt: skip
            try:
                got = await client.send(made, stream=True)
                break
            except httpx.ConnectError:
                if len(targets) == 1:
                    return Response(status_code=502)
                del targets[0]
        answer = StreamingResponse(
            got.aiter_raw(), got.status_code, background=BackgroundTask(got.aclose)
        )
        answer.raw_headers = [(k, v) for k, v in got.headers.raw if k.lower().decode() not in OWN]
        return answer

    rest = path + "{rest:path}" if path else "/{rest:path}"
    under = [Route(rest, forward, methods=METHODS)]
    return Starlette(routes=under, lifespan=lifespan)


def certificate(folder: Path) -> dict[str, Any]:
    """A certificate of this machine's own, as uvicorn's options."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today)
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(secret)
    return {"ssl_certfile": folder / "cert.pem", "ssl_keyfile": folder / "key.pem"}
