"""Pictures of the pages of PDFs and scans with the cited words highlighted."""

from __future__ import annotations

import base64

from app.answer import Citation
from ingest.document import UnreadableDocument
from store.library import Library


def figure(library: Library, cited: Citation) -> str:
    """The cited page as a picture with the cited words marked; "" where there is none."""
    kept = library.original(cited.revision) if cited.page is not None else None
    if cited.page is None or kept is None:
        return ""
    from ingest.load.page_picture import SCALE, page_picture

    data, scans = kept
    media_type = library.revision(cited.revision).media_type
    try:
        picture, boxes = page_picture(data, media_type, cited.page, cited.quote, scans)
    except UnreadableDocument:
        return ""
    marked = [box for box in boxes if box.page == cited.page]
    what = "with the cited words marked" if marked else "that the cited words are on"
    at = f' data-at="{marked[0].top * SCALE / _height(picture):.3f}"' if marked else ""
    return (
        f'<figure class="picture"{at}><img alt="Page {cited.page} {what}" '
        f'src="data:image/png;base64,{base64.b64encode(picture).decode()}"></figure>'
    )


def _height(png: bytes) -> int:
    """Pixels, from the header that every PNG begins with."""
    return int.from_bytes(png[20:24], "big")
