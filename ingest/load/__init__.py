"""Loading documents: the registry of formats and the functions that choose a loader.

A loader is ``(bytes, Source) -> Document`` and is imported when its format is first met. What a
file is, its first bytes say before its name does.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from ingest.document import Document
from ingest.errors import UnreadableDocument
from ingest.load.base.source import Source
from ingest.load.formats import FORMATS, detect, extensions, format_names
from ingest.load.sandbox.sandbox import Progress, load_in_sandbox
from ingest.load.text.plain_text import load_text

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "Source",
    "expand",
    "format_names",
    "is_link",
    "left_out",
    "load",
    "load_bytes",
    "load_text",
    "read_file",
]

MAX_BYTES = 256 * 1024 * 1024


def load(
    source: str | Path,
    *,
    name: str | None = None,
    max_bytes: int = MAX_BYTES,
    allow_private: bool = False,
    proxy: str = "",
    ocr: bool = True,
    progress: Progress | None = None,
) -> Document:
    """The document at a path or an ``http(s)`` address, by the loader its content asks for.

    ``name`` is what people will call it (the file's name if not given); ``max_bytes`` is the most
    that is read; ``allow_private`` lets a link lead into this machine or its network, and
    ``proxy`` is the address of the HTTP proxy through which links are followed; ``ocr`` reads
    pictures of text, and ``progress`` hears how many. Raises UnreadableDocument, which names
    the document, says why and what would help.
    """
    if is_link(str(source)):
        from ingest.load.web.fetch import Fetched, fetch

        fetched = fetch(str(source), allow_private=allow_private, proxy=proxy, max_bytes=max_bytes)
        assert isinstance(fetched, Fetched)  # nothing was asked to be compared with
        named = replace(fetched.source, name=name or fetched.source.name)
        return load_bytes(fetched.data, named, ocr=ocr, progress=progress)
    path = Path(source).expanduser()
    _check_name(path)
    data = read_file(path, max_bytes=max_bytes)
    named = Source(name or path.name, str(path.resolve()))
    return load_bytes(data, named, ocr=ocr, progress=progress)


def _check_name(path: Path) -> None:
    """Raises UnreadableDocument for a path that no text can hold: footnotes and records name it."""
    written = os.fsencode(path)
    try:
        written.decode("utf-8")
    except UnicodeDecodeError as error:
        shown = written.decode("utf-8", "backslashreplace")
        raise UnreadableDocument(
            f"{shown}: its name is not in UTF-8. Rename the file or folder, and add it again."
        ) from error


def load_bytes(
    data: bytes, source: Source, *, ocr: bool = True, progress: Progress | None = None
) -> Document:
    """The document in ``data``; the format is detected by content, then name, then media type.

    ``ocr`` reads pictures of text, such as the pages of a scan; ``progress`` hears how many.
    Raises UnreadableDocument for an unknown format, an empty or a damaged file.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise source.unreadable("the file is empty: there is nothing to read in it.")
    source = replace(source, ocr="ask" if ocr else "off")
    known = detect(data, source)
    document: Document = (
        load_in_sandbox(known.module, data, source, progress)
        if known.binary
        else import_module(known.module).load(data, source)
    )
    if not document.text.strip():
        raise source.unreadable("no text was found in it: there is nothing to ask about.")
    return replace(document, original=data) if document.has_pages else document


def read_file(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a file; raises UnreadableDocument if it is missing, closed or too large."""
    try:
        if path.is_dir():
            raise UnreadableDocument(
                f"{path}: this is a folder; give the files in it, or the "
                "folder to a command that takes folders."
            )
        if not path.is_file():
            why = (
                "there is no such file; check the path."
                if not path.exists()
                else ("this is not an ordinary file (a device or a pipe); give a file.")
            )
            raise UnreadableDocument(f"{path}: {why}")
        size = path.stat().st_size
        if size > max_bytes:
            raise UnreadableDocument(
                f"{path.name}: {size / 1e6:.0f} MB is more than the limit of "
                f"{max_bytes / 1e6:.0f} MB; split the file, or raise the limit in the settings."
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnreadableDocument(f"{path}: it could not be read ({reason}).") from error


def is_link(source: str) -> bool:
    """Whether ``source`` is an address (``scheme://…``) and not a path."""
    scheme, separator, _ = source.partition("://")
    return bool(separator) and scheme.isalnum()


def expand(sources: Sequence[str]) -> list[str]:
    """Files and links meant by paths, folders and globs, in order, each once.

    A folder stands for the files of known formats in it, at any depth, hidden ones left out.
    Raises UnreadableDocument for a folder or glob without any.
    """
    expanded: dict[str, None] = {}
    for source in sources:
        expanded.update(dict.fromkeys(_meant(source)))
    return list(expanded)


def left_out(source: str) -> list[tuple[str, str]]:
    """Files of a folder that it does not stand for: each path in it, and why. No folder, none."""
    folder = Path(source).expanduser()
    if is_link(source) or not folder.is_dir():
        return []
    reasons = []
    for file in sorted(folder.rglob("*")):
        if not _is_wanted(file, folder) and file.is_file():
            hidden = _is_hidden(file, folder)
            why = "hidden" if hidden else f"“{file.suffix or file.name}” files are not read"
            reasons.append((file.relative_to(folder).as_posix(), why))
    return reasons


def _meant(source: str) -> list[str]:
    if is_link(source):
        return [source]
    path = Path(source).expanduser()
    if path.is_dir():
        files = [str(file) for file in sorted(path.rglob("*")) if _is_wanted(file, path)]
    elif path.exists() or not glob.has_magic(source):
        return [str(path)]
    else:
        matched = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207
        files = [str(file) for file in matched if file.is_file()]
    if not files:
        raise UnreadableDocument(
            f"{source}: no readable documents there. Footnote reads {format_names()}."
        )
    return files


def _is_wanted(file: Path, folder: Path) -> bool:
    known = file.suffix.lower() in extensions()
    return known and not _is_hidden(file, folder) and file.is_file()


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith((".", "~")) for part in file.relative_to(folder).parts)
