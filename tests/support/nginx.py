"""nginx in front of several chats, with the configuration that ``.deploy`` ships."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.browser import PATIENCE_MS, free_port

CONFIGURATION = Path(__file__).parents[2] / ".deploy" / "nginx.conf"


@contextmanager
def nginx(ports: Sequence[int], folder: Path) -> Iterator[str]:
    """The address under which nginx shows the chats that listen on these ports of 127.0.0.1.

    Skips the test if nginx is not installed (Debian: ``apt install nginx``).
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed.")
    listening = free_port()
    text = CONFIGURATION.read_text(encoding="utf-8")
    servers = "\n".join(f"server 127.0.0.1:{p} max_fails=1 fail_timeout=5s;" for p in ports)
    for before, after in (
        ("server chat:7860 max_fails=1 fail_timeout=5s;", servers),
        ("listen 8080;", f"listen 127.0.0.1:{listening};"),
        ("http {", f"pid {folder}/nginx.pid;\nhttp {{\naccess_log off;\n{_folders(folder)}"),
    ):
        assert before in text, before
        text = text.replace(before, after)
    configuration = folder / "nginx.conf"
    configuration.write_text(text, encoding="utf-8")
    options = ["-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")]
    process = subprocess.Popen([program, *options, "-g", "daemon off;"])
    try:
        address = f"http://127.0.0.1:{listening}"
        _await(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _folders(folder: Path) -> str:
    """Where nginx keeps bodies meanwhile: its own places need an administrator."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        assert process.poll() is None and time.monotonic() < deadline, "nginx did not start"
        try:
            httpx.get(f"{address}/healthz", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
