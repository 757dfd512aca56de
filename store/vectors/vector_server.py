"""Where vectors are served: Chroma's own server, and the notes in the folder of vectors.

``footnote serve-vectors`` owns the folder as a chat would, runs ``chroma run`` on it, and leaves a
note of its address, which every process on the data folder then uses.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.files.private_files import private_umask
from store.vectors.chroma_index import COLLECTION_NAME, FOLDER_FILE, folder_of

NOTE_FILE = "server.json"
START_S = 60.0
WAIT_S = 0.2
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class VectorServer:
    """A Chroma server: its address, a bearer token if it wants one, and the collection."""

    address: str
    token: str = ""
    name: str = COLLECTION_NAME


def served_at(root: Path) -> VectorServer | None:
    """The server of the note in this folder; it runs if another process owns the folder."""
    try:
        noted = json.loads((root / NOTE_FILE).read_text(encoding="utf-8"))
        return VectorServer(str(noted["address"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_server(root: Path) -> None:
    """Takes away the note of a server that is gone."""
    (root / NOTE_FILE).unlink(missing_ok=True)


def chroma_folder(root: Path) -> Path | None:
    """Chroma's own folder in the folder of vectors; None before there is one."""
    if not (root / FOLDER_FILE).exists():
        return None
    return root / folder_of(root)


def name_folder(root: Path, name: str) -> None:
    """Notes which folder in the folder of vectors is Chroma's own."""
    _write(root / FOLDER_FILE, {"folder": name})


def _write(file: Path, noted: dict[str, object]) -> None:
    fresh = file.with_suffix(".tmp")
    fresh.write_text(json.dumps(noted), encoding="utf-8")
    fresh.replace(file)


def serve(root: Path, port: int, ready: Callable[[str], None]) -> None:
    """Runs Chroma's server on the folder of vectors until it is interrupted.

    ``ready`` is called with the address once it answers. Call it in the main thread, with the
    folder's lock held.
    """
    import chromadb_rust_bindings

    folder = chroma_folder(root)
    if folder is None:
        folder = root / uuid.uuid4().hex
        root.mkdir(parents=True, exist_ok=True)
        name_folder(root, folder.name)
    port = port or _free_port()
    address = f"http://{HOST}:{port}"

    def announce() -> None:
        if _answers(address):
            _write(root / NOTE_FILE, {"address": address})
            ready(address)

    threading.Thread(target=announce, daemon=True).start()
    try:
        with _without_banner(), private_umask():
            chromadb_rust_bindings.cli(
                ["chroma", "run", "--path", str(folder), "--host", HOST, "--port", str(port)]
            )
    except KeyboardInterrupt:
        pass
    finally:
        forget_server(root)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def _answers(address: str) -> bool:
    import httpx

    for _ in range(int(START_S / WAIT_S)):
        try:
            httpx.get(f"{address}/api/v2/heartbeat", timeout=WAIT_S).raise_for_status()
            return True
        except httpx.HTTPError:
            time.sleep(WAIT_S)
    return False


@contextmanager
def _without_banner() -> Iterator[None]:
    """Chroma prints a picture and advertisements on the standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
