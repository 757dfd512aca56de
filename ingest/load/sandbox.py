"""Runs a loader in a separate process, with limits on time and memory.

Parsers of PDF and Office files are large, partly native code that meets files from anywhere: one
that hangs, swells or crashes must end with an error about that file, not with the program.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from importlib import import_module
from typing import Any

from ingest.document import Block, BlockKind, Document, UnreadableDocument
from ingest.load.archive import damaged
from ingest.load.source import Source

MAX_SECONDS = 30
MAX_MEMORY = 1024 * 1024 * 1024


def load_apart(module: str, data: bytes, source: Source) -> Document:
    """What ``module.load(data, source)`` gives, from a child process.

    Raises UnreadableDocument also where the child crashed or ran over its limits.
    """
    about = asdict(replace(source, metadata=dict(source.metadata)))
    header = json.dumps({"module": module, "source": about}).encode()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ingest.load.sandbox"],
            input=header + b"\n" + data,
            capture_output=True,
            timeout=MAX_SECONDS,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired as error:
        raise source.unreadable(
            f"it took more than {MAX_SECONDS} seconds to read; it may be damaged, or very large: "
            "split it, or give its text."
        ) from error
    if done.returncode:
        raise _crashed(source, done)
    reply = json.loads(done.stdout)
    if "error" in reply:
        raise UnreadableDocument(reply["error"])
    return _document(reply)


def _crashed(source: Source, done: subprocess.CompletedProcess[bytes]) -> UnreadableDocument:
    """Why the child ended: a failed reader says so on its last line, one without memory may not."""
    said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    if done.returncode < 0 or not said or "MemoryError" in said:
        return source.unreadable(
            f"it could not be read within {MAX_MEMORY >> 20} MB of memory; it may be damaged, or "
            "very large: split it, or give its text."
        )
    return damaged(source, said)


def _document(reply: dict[str, Any]) -> Document:
    blocks = tuple(Block(BlockKind(kind), *rest) for kind, *rest in reply.pop("blocks"))
    return Document(blocks=blocks, omissions=tuple(reply.pop("omissions")), **reply)


def _reply(document: Document) -> dict[str, Any]:
    return {
        "name": document.name,
        "title": document.title,
        "text": document.text,
        "source": document.source,
        "media_type": document.media_type,
        "metadata": dict(document.metadata),
        "omissions": document.omissions,
        "blocks": [(b.kind, b.start, b.end, b.level, b.page, b.row) for b in document.blocks],
    }


def _limit() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """The child: reads a header line and the file, writes a document or an error as JSON."""
    _limit()
    asked = json.loads(sys.stdin.buffer.readline())
    source = Source(**asked["source"])
    data = sys.stdin.buffer.read()
    reply: dict[str, Any]
    try:
        reply = _reply(import_module(asked["module"]).load(data, source))
    except UnreadableDocument as error:
        reply = {"error": str(error)}
    except (MemoryError, RecursionError) as error:
        why = f"it is nested too deeply or too large to read ({type(error).__name__})."
        reply = {"error": str(source.unreadable(why))}
    sys.stdout.write(json.dumps(reply))


if __name__ == "__main__":
    main()
