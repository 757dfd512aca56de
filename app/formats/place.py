"""What a place in a document is called: a page, a slide, a time."""

from __future__ import annotations

from pathlib import PurePosixPath

from ingest.load.formats import OPENDOCUMENT, PPTX, SUBTITLES, XLS, XLSX

_SHEETS = (*XLSX.extensions, *XLS.extensions, ".ods")
_SLIDES = (*PPTX.extensions, *(e for e in OPENDOCUMENT.extensions if e == ".odp"))


def page_label(document: str, page: int) -> str:
    """``page 3``, ``slide 3``, ``sheet 3`` or ``00:15:10``, by the kind of the document."""
    kind = PurePosixPath(document).suffix.lower()
    if kind in SUBTITLES.extensions:
        return f"{page // 3600:02}:{page // 60 % 60:02}:{page % 60:02}"
    named = "slide" if kind in _SLIDES else "sheet" if kind in _SHEETS else "page"
    return f"{named} {page}"
