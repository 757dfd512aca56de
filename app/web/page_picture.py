"""Pictures of the pages of PDFs and scans with the cited words highlighted."""

from __future__ import annotations

import base64

from markupsafe import Markup

from app.answer import Citation
from app.web.rendering import render
from ingest.errors import UnreadableDocument
from store.library import Library


def render_page_picture(
    library: Library, revision: str, page: int | None, cited: Citation | None = None
) -> Markup:
    """A page as a picture, the words of a citation marked on it; "" if there is none."""
    original = library.original(revision) if page is not None else None
    if page is None or original is None:
        return Markup()
    from ingest.render_page import SCALE, render_page_in_sandbox

    data, scans = original
    media_type = library.revision(revision).media_type
    quote = cited.quote if cited and cited.page == page else ""
    try:
        picture, boxes = render_page_in_sandbox(data, media_type, page, quote, scans)
    except UnreadableDocument:
        return Markup()
    marked = [box for box in boxes if box.page == page]
    return render(
        "page_picture",
        page=page,
        quoted=bool(quote),
        top=marked[0].top * SCALE / _height(picture) if marked else None,
        data=base64.b64encode(picture).decode(),
    )


def _height(png: bytes) -> int:
    """Pixels, from the header that every PNG begins with."""
    return int.from_bytes(png[20:24], "big")
