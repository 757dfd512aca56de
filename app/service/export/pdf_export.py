"""Exports answers as a PDF, which a process of its own writes.

The compiled parts of fontTools and uharfbuzz on one side, of the local model's binding on the other
are built by different versions of Cython, and one process cannot hold both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict

from app.service.export.exported import ExportedAnswer
from app.service.export.pdf_writer import NoFont
from ingest.errors import FootnoteError

WRITER = "app.service.export.pdf_writer"
WRITER_TIMEOUT_S = 300


class PdfError(FootnoteError):
    """The PDF could not be written."""


def as_pdf(title: str, items: Sequence[ExportedAnswer]) -> bytes:
    """The ``.pdf`` file. Raises ``NoFont`` if letters of the text are in no font here."""
    request = json.dumps({"title": title, "items": [asdict(one) for one in items]}).encode()
    path = os.pathsep.join(filter(None, sys.path))
    try:
        done = subprocess.run(
            [sys.executable, "-m", WRITER], input=request, capture_output=True, check=False,
            timeout=WRITER_TIMEOUT_S, env=os.environ | {"PYTHONPATH": path},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise PdfError(
            "The PDF took too long to write: export a shorter conversation, or HTML, and print it."
        ) from error
    reason = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode == NoFont.exit_code and reason:
        raise NoFont(reason)
    if done.returncode:
        raise PdfError(f"The PDF could not be written: {reason.rpartition(chr(10))[2]}")
    return done.stdout
