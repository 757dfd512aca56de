"""Pictures of PDF pages with the cited words highlighted."""

from __future__ import annotations

import base64

from app.answer import Citation
from ingest.document import UnreadableDocument
from store.library import Library


def figure(library: Library, cited: Citation) -> str:
    """The cited page as a picture with the cited words marked; "" where there is none."""
    if cited.page is None or library.revision(cited.revision).media_type != "application/pdf":
        return ""
    data = library.original(cited.revision)
    if data is None:
        return ""
    from ingest.load.pdf import page_picture, word_boxes

    try:
        boxes = word_boxes(data, cited.page, cited.quote)
        picture = base64.b64encode(page_picture(data, cited.page, boxes)).decode()
    except UnreadableDocument:
        return ""
    return (
        '<details class="picture" open><summary>The page</summary>'
        f'<img alt="Page {cited.page} with the cited words marked" '
        f'src="data:image/png;base64,{picture}"></details>'
    )
