"""The processes that read files: one for each, the next one started ahead, none left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.errors import UnreadableDocument
from ingest.load.base.source import Source
from ingest.load.sandbox import child
from ingest.load.sandbox.sandbox import load_in_sandbox
from ingest.render_page import render_page, render_page_in_sandbox
from tests.support import made

PDF = made.pdf_file([[(72, 700, 12, "The harbour is deep.")]])
TYPE = "application/pdf"


def read() -> str:
    return load_in_sandbox("ingest.load.pdf.pdf", PDF, Source("a.pdf", "/a.pdf")).text


def test_the_next_process_waits_and_serves_one_file() -> None:
    assert "harbour" in read()
    read()
    waiting = child._ahead._waiting
    assert waiting is not None
    assert waiting[0].poll() is None
    assert "harbour" in read()
    assert waiting[0].poll() is not None  # it read that file, and is gone
    assert child._ahead._waiting is not waiting


def test_one_that_died_while_it_waited_is_replaced() -> None:
    read()
    read()
    assert child._ahead._waiting is not None
    child._ahead._waiting[0].kill()
    child._ahead._waiting[0].wait()
    assert "harbour" in read()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_leaves_the_waiting_process_to_its_parent() -> None:
    read()
    read()
    copy = os.fork()
    if copy == 0:
        os._exit(0 if child._ahead._waiting is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 0
    assert "harbour" in read()


def test_nothing_is_left_when_the_program_ends() -> None:
    code = (
        "from tests.ingest.load.test_sandbox import read, child;"
        "read(); read(); print(child._ahead._waiting[0].pid)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_a_page_is_drawn_in_a_process_of_its_own() -> None:
    apart, boxes = render_page_in_sandbox(PDF, TYPE, 1, "harbour is deep")
    assert (apart, boxes) == render_page(PDF, TYPE, 1, "harbour is deep")
    assert len(boxes) == 1
    with pytest.raises(UnreadableDocument, match="no page 7"):
        render_page_in_sandbox(PDF, TYPE, 7)
    with pytest.raises(UnreadableDocument):
        render_page_in_sandbox(b"%PDF-1.7 nothing", TYPE, 1)
