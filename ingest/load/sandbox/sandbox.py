"""Runs a loader in a separate process, with limits on time and memory.

Parsers of PDF and Office files are large, partly native code that meets files from anywhere: one
that hangs, swells or crashes must end with an error about that file, not with the program. So
each file has a process of its own (``ingest.load.sandbox.child``).
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from importlib import import_module
from itertools import count
from typing import Any

from ingest.document import Block, BlockKind, Document
from ingest.errors import UnreadableDocument
from ingest.load.base.archive import damaged
from ingest.load.base.source import Source
from ingest.load.ocr import recognise
from ingest.load.ocr.recognise import MAX_RECOGNISED, NeedsRecognition
from ingest.load.sandbox.child import child_process
from ingest.scan import read_scans, write_scans

Progress = Callable[[str, int, int], None]
"""Hears what is done, and how much of how much."""

READ_MARK = b"pictures read: "
MAX_SECONDS = 30
MAX_MEMORY = 1024 * 1024 * 1024
# Recognition: about three seconds a page on a quiet core, four ways round at most.
RECOGNITION_SECONDS = 40
RECOGNITION_MEMORY = 4 * 1024 * 1024 * 1024


def load_in_sandbox(
    module: str, data: bytes, source: Source, progress: Progress | None = None
) -> Document:
    """What ``module.load(data, source)`` gives, from a child process.

    If the loader says that text must be recognised, a second child may take more time and
    memory for it; ``progress`` hears how many of its pictures are read. Raises UnreadableDocument
    also if a child crashed or ran over its limits.
    """
    reply = _ask(module, data, source, MAX_SECONDS, MAX_MEMORY)
    if "recognise" in reply:
        pages = min(int(reply["recognise"]), MAX_RECOGNISED)
        seconds = MAX_SECONDS + RECOGNITION_SECONDS * pages
        with_ocr = replace(source, ocr="on")

        def hear(read: int) -> None:
            if progress is not None:
                progress("recognising", min(read, pages), pages)

        hear(0)
        reply = _ask(module, data, with_ocr, seconds, RECOGNITION_MEMORY, hear)
    if "error" in reply:
        raise UnreadableDocument(reply["error"])
    return _document(reply)


def call_in_sandbox(
    module: str, function: str, data: bytes, source: Source, **arguments: Any
) -> dict[str, Any]:
    """What ``module.function(data, **arguments)`` gives (a dict that JSON can hold), from a child
    process; ``source`` is what errors name. Raises as ``load_in_sandbox`` does."""
    call = {"function": function, "arguments": arguments}
    reply = _ask(module, data, source, MAX_SECONDS, MAX_MEMORY, call=call)
    if "error" in reply:
        raise UnreadableDocument(reply["error"])
    return reply


def _ask(
    module: str,
    data: bytes,
    source: Source,
    seconds: int,
    memory: int,
    hear: Callable[[int], None] | None = None,
    call: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A child's reply; ``hear`` is told how many pictures it has read so far."""
    about = asdict(replace(source, metadata=dict(source.metadata)))
    limits = {"seconds": seconds, "memory": memory}
    request = {"module": module, "source": about, "limits": limits, "call": call}
    header = json.dumps(request).encode()
    with child_process(seconds) as (child, errors, late):
        feeder = threading.Thread(target=_feed, args=(child, header + b"\n" + data), daemon=True)
        feeder.start()
        assert child.stdout is not None
        received = b""
        for line in child.stdout:
            if hear is not None and line.startswith(READ_MARK):
                hear(int(line[len(READ_MARK) :]))
            else:
                received += line
        code = child.wait()
        feeder.join()
        errors.seek(0)
        last = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    if late.is_set():
        raise source.unreadable(
            f"it took more than {seconds} seconds to read; it may be damaged, or very large: "
            "split it, or give its text."
        )
    if code:
        raise _crashed(source, code, last, memory)
    reply: dict[str, Any] = json.loads(received)
    return reply


def _feed(child: subprocess.Popen[bytes], data: bytes) -> None:
    assert child.stdin is not None
    # A child that ends before it has read all says why on its own.
    with suppress(BrokenPipeError, ValueError):
        child.stdin.write(data)
        child.stdin.close()


def _crashed(source: Source, code: int, errors: str, memory: int) -> UnreadableDocument:
    """Why the child ended: a failed reader says so on its last line, one without memory may not."""
    if code < 0 or not errors or "MemoryError" in errors:
        return source.unreadable(
            f"it could not be read within {memory >> 20} MB of memory; it may be damaged, or "
            "very large: split it, or give its text."
        )
    return damaged(source, errors)


def _document(reply: dict[str, Any]) -> Document:
    blocks = tuple(Block(BlockKind(kind), *rest) for kind, *rest in reply.pop("blocks"))
    omissions, scans = tuple(reply.pop("omissions")), read_scans(reply.pop("scans"))
    return Document(blocks=blocks, omissions=omissions, scans=scans, **reply)


def _reply(document: Document) -> dict[str, Any]:
    return {
        "name": document.name,
        "title": document.title,
        "text": document.text,
        "source": document.source,
        "media_type": document.media_type,
        "metadata": dict(document.metadata),
        "omissions": document.omissions,
        "scans": write_scans(document.scans),
        "blocks": [(b.kind, b.start, b.end, b.level, b.page, b.row) for b in document.blocks],
    }


def _limit(seconds: int, memory: int) -> None:
    if sys.platform != "win32":
        import resource

        # Recognition runs on two threads, whose seconds add up.
        spent = seconds * (1 if memory == MAX_MEMORY else 2)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (spent, spent + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """The child: reads a header line and the file, writes a document or an error as JSON."""
    line = sys.stdin.buffer.readline()
    if not line:
        return  # started ahead, and not needed
    request = json.loads(line)
    _limit(**request["limits"])
    source = Source(**request["source"])
    data = sys.stdin.buffer.read()
    read = count(1)
    recognise.after_each = lambda: _tell_read(next(read))
    reply: dict[str, Any]
    try:
        module, call = import_module(request["module"]), request["call"]
        if call:
            reply = getattr(module, call["function"])(data, **call["arguments"])
        else:
            reply = _reply(module.load(data, source))
    except NeedsRecognition as needs:
        reply = {"recognise": needs.pages}
    except UnreadableDocument as error:
        reply = {"error": str(error)}
    except (MemoryError, RecursionError) as error:
        why = f"it is nested too deeply or too large to read ({type(error).__name__})."
        reply = {"error": str(source.unreadable(why))}
    sys.stdout.write(json.dumps(reply))


def _tell_read(read: int) -> None:
    sys.stdout.buffer.write(READ_MARK + b"%d\n" % read)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
