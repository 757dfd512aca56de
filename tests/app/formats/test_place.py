"""A place is called by its kind."""

from __future__ import annotations

import pytest

from app.formats.place import page_label


@pytest.mark.parametrize(
    ("document", "page", "label"),
    [
        ("report.pdf", 3, "page 3"),
        ("scan.png", 1, "page 1"),
        ("Deck.PPTX", 2, "slide 2"),
        ("talk.odp", 4, "slide 4"),
        ("letter.odt", 4, "page 4"),
        ("film.srt", 910, "00:15:10"),
        ("https://example.org/talk.vtt", 4510, "01:15:10"),
        ("no ending", 7, "page 7"),
    ],
)
def test_a_page_is_called_by_its_kind(document: str, page: int, label: str) -> None:
    assert page_label(document, page) == label
