"""Malformed files: each is ingested or refused with a reason, in time, and nothing else happens."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.document import Document
from ingest.errors import UnreadableDocument
from ingest.load import load, load_bytes
from ingest.load.base.source import Source
from ingest.load.sandbox.sandbox import MAX_MEMORY, MAX_SECONDS
from ingest.samples import sample_path
from ingest.split import split
from store.embedding.embedder import Embedder
from store.library import Library
from tests.support import malformed

FILES = list(malformed.files("/proc/self/cmdline"))
MADE_HERE = 150


def taken(name: str, data: bytes) -> Document | None:
    """The document, or None where it was refused with a reason that names it."""
    try:
        return load_bytes(data, Source(name, f"/somewhere/{name}"))
    except UnreadableDocument as error:
        assert str(error).startswith(f"{name}: ") and len(str(error)) > len(name) + 20
        return None


def test_there_are_enough_of_them_and_none_twice() -> None:
    assert len(FILES) >= MADE_HERE
    assert len({name for name, _ in FILES}) == len(FILES)


@pytest.mark.parametrize(("name", "data"), FILES, ids=[name for name, _ in FILES])
def test_each_is_taken_in_or_refused_in_time(name: str, data: bytes, embedder: Embedder) -> None:
    start = time.monotonic()
    document = taken(name, data)
    assert time.monotonic() - start < 3 * MAX_SECONDS
    if document is not None:
        document.text.encode("utf-8")  # no half characters
        assert "\0" not in document.text
        passages = split(document, embedder.count_tokens)
        assert all(document.text[p.start : p.end] == p.text for p in passages)


def test_no_entity_or_path_leads_to_a_file_of_the_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(malformed.SECRET)
    for name, data in malformed.hostile_archives(str(secret)):
        if name.startswith(("outside", "climbs")):
            document = taken(name, data)
            assert document is None or malformed.SECRET not in document.text


def test_bombs_are_refused_before_they_unpack() -> None:
    for name, data in FILES:
        if name.startswith("bomb."):
            start = time.monotonic()
            assert taken(name, data) is None
            assert time.monotonic() - start < MAX_SECONDS


def test_the_children_kept_to_their_memory() -> None:
    # In a process of its own: the figure covers all children ever waited for, and a child counts
    # its parent's size until it starts its program.
    code = "from tests.system.test_malformed_files import largest_child; print(largest_child())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 0 < int(done.stdout) < MAX_MEMORY


def largest_child() -> int:
    """Bytes that the largest child took to read the files made to swell."""
    for name, data in FILES:
        if name.startswith(("laughs", "deep.", "far-cell")):
            taken(name, data)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def test_a_library_is_unharmed(library: Library) -> None:
    library.add(load(sample_path()))
    for name, data in FILES:
        document = taken(name, data) if len(data) < 3_000 and name.startswith("flipped") else None
        if document is not None and len(document.text) < 3_000:
            library.add(document)
    hits = library.search("Which corridor goes through the Caspian?", documents=["briefing.md"])
    assert hits and "orridor" in hits[0].stored.passage.text
