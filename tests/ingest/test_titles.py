"""A title that says nothing to a reader is none."""

from __future__ import annotations

import pytest

from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.titles import is_informative_title
from tests.support import made


@pytest.mark.parametrize(
    "title",
    [
        "(anonymous)", "untitled", "Untitled-1", "Untitled document", "Unbenanntes Dokument",
        "Document1", "PowerPoint Presentation", "d41d8cd98f00b204e9800998ecf8427e",
        "3f2b8c1e-9d4a-4c1b-8a77-0f1e2d3c4b5a", "20240117_093312", "1" * 5_000 + "x",
    ],
)  # fmt: skip
def test_what_programs_write_is_no_title(title: str) -> None:
    assert not is_informative_title(title)


@pytest.mark.parametrize(
    "title",
    ["New harbour rules", "The unknown soldier", "Document management", "Untitled poems of 1912",
     "Report 3f2b8c1e-9d4a-4c1b-8a77-0f1e2d3c4b5a", "馆长", "說明", "مدير"],
)  # fmt: skip
def test_what_says_something_is_one(title: str) -> None:
    assert is_informative_title(title)


def test_a_pdf_that_calls_itself_anonymous_is_called_by_its_heading() -> None:
    pages: list[list[tuple[float, float, float, str]]] = [
        [(60, 760, 20, "Rules of the mooring"), (60, 700, 11, "Boats moor at the north quay.")]
    ]
    data = made.pdf_file(pages, trailer=b"/Info<</Title(\\(anonymous\\))>>")
    document = load_bytes(data, Source("a.pdf", "/somewhere/a.pdf"))
    assert document.title == "Rules of the mooring"
