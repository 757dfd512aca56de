"""Checks the installation; each finding says what to do if something is missing."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from app.settings import SETTINGS_FILE, Settings
from ingest.errors import FootnoteError
from store.files.private_files import POSIX, make_private, open_to_others, private_folder

LOW_DISK_BYTES = 2_000_000_000
"""Bytes: about what the language model needs while it is fetched."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ``good``, a ``note`` worth knowing, or ``bad``."""

    what: str
    state: Literal["good", "note", "bad"]
    detail: str


Check = Callable[[Settings], Finding]


def examine(settings: Settings, *, quick: bool = False) -> Iterator[Finding]:
    """Every finding, as it is made; ``quick`` loads no model."""
    checks: list[Check] = [_program, _settings, _folder, _room, _documents, _model_file, _port]
    if not quick:
        checks += [_embedder, _answers]
    for check in checks:
        try:
            yield check(settings)
        except FootnoteError as error:
            yield Finding(check.__name__.strip("_").replace("_", " "), "bad", str(error))


def _program(_: Settings) -> Finding:
    cores = os.cpu_count() or 1
    detail = f"Footnote {version('footnote')}, Python {platform.python_version()}, {cores} cores"
    return Finding("program", "good", detail)


def _settings(settings: Settings) -> Finding:
    file = settings.data / SETTINGS_FILE
    where = str(file) if file.is_file() else f"the defaults ({file} would change them)"
    return Finding("settings", "good", where)


def _folder(settings: Settings) -> Finding:
    was_open = bool(open_to_others(settings.data))
    try:
        private_folder(settings.data)
        with tempfile.TemporaryFile(dir=settings.data):
            pass
    except OSError as error:
        detail = f"{settings.data} is not writable ({error.strerror}): name another with --data"
        return Finding("data folder", "bad", detail)
    return _privacy(settings.data, make_private(settings.data), was_open=was_open)


def _privacy(folder: Path, left: Sequence[Path], *, was_open: bool) -> Finding:
    """Whether other accounts of the machine may read the data folder."""
    if left:
        detail = f"other accounts may read {left[0]}, which is not yours: chown it, or chmod go= it"
        return Finding("data folder", "bad", detail)
    if was_open:
        detail = f"{folder}; other accounts could read what is in it: it is closed to them now"
        return Finding("data folder", "note", detail)
    private = "; no other account can read it" if POSIX else ""
    return Finding("data folder", "good", f"{folder}{private}")


def _room(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data).free
    detail = f"{free / 1e9:.1f} GB free"
    return Finding("disk", "good" if free > LOW_DISK_BYTES else "note", detail)


def _documents(settings: Settings) -> Finding:
    from app.service.open_library import open_library

    with open_library(settings) as library:
        revisions = library.documents()
    if not revisions:
        return Finding("documents", "note", "none yet: footnote ingest FILE")
    return Finding(
        "documents", "good", f"{len(revisions)}, {sum(r.passages for r in revisions)} passages"
    )


def _model_file(settings: Settings) -> Finding:
    from app.models.pull import is_downloaded, model_path

    path = model_path(settings)
    if settings.model not in {"auto", "local"}:
        return Finding("language model", "good", settings.model)
    if path is None and settings.gguf is None and is_downloaded(settings.models):
        return Finding("language model", "good", "downloaded; it is converted at its first use")
    if path is None:
        detail = "not here, so answers are quotes: footnote pull fetches it"
        return Finding("language model", "note" if settings.model == "auto" else "bad", detail)
    from app.models.openvino.adapter import load_adapter

    adapted = "with Footnote's adapter" if load_adapter() else "without an adapter"
    runtime = "llama.cpp" if settings.gguf else f"OpenVINO, {adapted}"
    return Finding("language model", "good", f"{path}, run by {runtime}")


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    if taken:
        detail = f"{settings.port} is in use: footnote chat --port {settings.port + 1}"
        return Finding("port", "note", detail)
    return Finding("port", "good", f"{settings.port} is free")


def _embedder(settings: Settings) -> Finding:
    from store.embedding.open_embedder import open_embedder

    began = time.perf_counter()
    vectors = open_embedder(settings.embedder, settings.embedder_url).encode_queries(
        ["Is everything here?"]
    )
    seconds = time.perf_counter() - began
    return Finding("search model", "good", f"{vectors.shape[1]} numbers a text, in {seconds:.1f} s")


def _answers(settings: Settings) -> Finding:
    from langchain_core.messages import HumanMessage

    from app.models.factory import open_model

    model = open_model(settings)
    if model is None:
        return Finding("writing", "good", "answers are quotes")
    began = time.perf_counter()
    try:
        pieces = list(model.stream([HumanMessage("Count from one to twenty.")], max_tokens=40))
    finally:
        model.close()
    seconds = time.perf_counter() - began
    return Finding("writing", "good", f"{model.name}, {len(pieces)} words in {seconds:.1f} s")
