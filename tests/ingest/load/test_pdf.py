"""PDFs: form fields, notes, turned pages, footnotes, hyphens, and text from right to left."""

from __future__ import annotations

import pytest

from ingest.document import BlockKind, Document
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.load.page.paragraphs import Paragraph, _attached
from ingest.load.page.tables import with_headers
from ingest.load.page.words import Box, in_reading_order
from ingest.render_page import render_page
from ingest.table import tables
from tests.support import made

FIELD = (
    b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Ingrid Solberg)/Rect[160 690 300 710]"
    b"/DA(/F 10 Tf)>>"
)
TICKED = b"<</Type/Annot/Subtype/Widget/FT/Btn/T(member)/V/Yes/AS/Yes/Rect[160 660 170 670]"
TICKED += b"/AP<</N<</Yes 6 0 R>>>>>>"
STAMP = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 0>>stream\n\nendstream"
REMARK = b"<</Type/Annot/Subtype/Text/Contents(Ask Ada first.)/Rect[10 10 20 20]>>"


def read(data: bytes) -> Document:
    return load_bytes(data, Source("a.pdf", "/somewhere/a.pdf"))


def test_what_was_filled_in_stands_beside_its_label() -> None:
    data = made.pdf_file(
        [[(60, 695, 11, "Full name:"), (60, 662, 11, "Member"), (60, 600, 11, "Sign below.")]],
        page_keys=b"/Annots[4 0 R 5 0 R]",
        catalog_keys=b"/AcroForm<</Fields[4 0 R 5 0 R]>>",
        more=[FIELD, TICKED, STAMP],
    )
    text = read(data).text.replace(" |", "")
    assert "Full name: Ingrid Solberg" in text
    assert "Member [x]" in text
    _, boxes = render_page(data, "application/pdf", 1, "Ingrid Solberg")
    assert boxes, "a footnote can mark it on the page"


def test_remarks_are_read() -> None:
    data = made.pdf_file([[(60, 695, 11, "Plan")]], page_keys=b"/Annots[4 0 R]", more=[REMARK])
    assert "Note on page 1: Ask Ada first." in read(data).text


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_is_read_as_it_is_shown(turn: int) -> None:
    """The lines run along the paper, and the page's rotation sets them upright."""
    said = ["The early shift begins at five.", "The late shift begins at nine.", "Then we rest."]
    # The text matrix, and where the lines stand: each 30 points further down as shown.
    matrix, at = {
        90: ("0 1 -1 0", lambda n: (60 + 30 * n, 60)),
        180: ("-1 0 0 -1", lambda n: (500, 100 + 30 * n)),
        270: ("0 -1 1 0", lambda n: (500 - 30 * n, 780)),
    }[turn]
    drawn = "".join(
        f"BT /F 11 Tf {matrix} {at(n)[0]} {at(n)[1]} Tm ({words}) Tj ET\n"
        for n, words in enumerate(said)
    ).encode()
    data = made.pdf_file(
        [[]],
        page_keys=b"/Rotate %d/Contents 4 0 R" % turn,
        more=[b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn)],
    )
    data = data.replace(b"/Contents 5 0 R", b"/Contents 4 0 R")
    text = " ".join(read(data).text.split())
    assert text == " ".join(said)
    _, (box,) = render_page(data, "application/pdf", 1, said[0])
    assert box.right - box.left > 5 * (box.bottom - box.top), "upright on the page"


def test_centred_heads_of_a_table_are_its_header() -> None:
    rows = [("Lathe", "2011", "Jansen"), ("Press", "2017", "Moreau"), ("Saw", "2009", "Ek")]
    cells = [
        (x, 640.0 - 18 * n, 10.0, cell)
        for n, row in enumerate(rows)
        for x, cell in zip((60.0, 200.0, 340.0), row, strict=True)
    ]
    heads = [
        (105.0, 660.0, 10.0, "Machine"),
        (250.0, 660.0, 10.0, "Year"),
        (420.0, 660.0, 10.0, "By"),
    ]
    document = read(made.pdf_file([[(60.0, 720.0, 10.0, "The list of May."), *heads, *cells]]))
    assert "Machine | Year | By\nLathe | 2011 | Jansen" in document.text
    (table,) = tables(document.text, document.blocks)
    assert [cell.text for cell in table.header] == ["Machine", "Year", "By"]


def test_footnotes_stay_and_running_heads_come_last() -> None:
    body = "The herbarium holds many sheets, and each of them was drawn by hand in the garden"
    pages = [
        [
            (60, 800, 9, f"Report of the society {n}"),
            (60, 700, 11, f"{body} of house {n}."),
            (60, 90, 8, f"{'¹²³'[n]} {('It cost 84 euros.', 'Ada paid.', 'See annex B.')[n]}"),
        ]
        for n in range(3)
    ]
    text = read(made.pdf_file(pages)).text
    assert "84 euros" in text and "Ada paid." in text and "annex B" in text
    assert text.endswith(
        "Report of the society 0\nReport of the society 1\nReport of the society 2"
    )


def test_a_footnote_does_not_part_a_sentence_that_goes_on() -> None:
    filler = "The trial ran for years on farms in two valleys and was then extended for"
    pages = [
        [(60, 780 - 14 * n, 11, filler) for n in range(8)]
        + [(60, 660, 11, "They went on until"), (60, 90, 8, "¹ Plan of May.")],
        [(60, 780, 11, "the spring of 2031. Then they stopped, and everybody went home again.")],
    ]
    text = read(made.pdf_file(pages)).text
    assert "went on until the spring of 2031." in text
    assert text.index("¹ Plan of May.") > text.index("2031")


@pytest.mark.parametrize(
    ("words", "line", "expected"),
    [
        ("a well-", "known storm", "a well-known storm"),
        ("the self-", "evident risks", "the self-evident risks"),
        ("the com-", "mittee met", "the committee met"),
        ("last un-", "til spring", "last until spring"),
        ("die Ver-", "waltung der Stadt", "die Verwaltung der Stadt"),
        ("in 1990-", "2000", "in 1990-2000"),
    ],
)
def test_a_hyphen_at_the_end_of_a_line(words: str, line: str, expected: str) -> None:
    from collections import Counter

    assert _attached(words, line, Counter()) == expected


def placed(words: str, places: list[float]) -> list[tuple[str, Box]]:
    return [(c, Box(1, x, 10, x + 5, 20)) for c, x in zip(words, places, strict=True)]


def test_words_from_right_to_left() -> None:
    # "salam" as it is read, from right to left on the page; then drawn the other way round.
    assert in_reading_order(placed("سلام", [40, 30, 20, 10])) == "سلام"
    assert in_reading_order(placed("مالس", [10, 20, 30, 40])) == "سلام"
    assert in_reading_order(placed("abc", [10, 20, 30])) == "abc"
    assert in_reading_order(placed("دليل 12", [80, 70, 60, 50, 45, 20, 30])) == "دليل 12"


def test_the_ligature_of_lam_and_alef_is_taken_apart_in_order() -> None:
    assert in_reading_order(placed("باأل", [40, 30, 20, 20])) == "بالأ"


@pytest.mark.parametrize(
    ("rows", "headed"),
    [
        (["Item | Weight | Price", "Anvil | 30 kg | 95", "Tongs | 2 kg | 18"], True),
        (["Name | Ada Lind", "Age | 33", "Postcode | 8333"], False),
        (["Anvil | 30 kg | 95", "Tongs | 2 kg | 18", "Vice | 9 kg | 60"], False),
        (["Anna | Ben | Cleo", "Dora | Emil | Finn", "Gita | Hans | Ida"], False),
    ],
)
def test_a_header_is_told_from_a_row(rows: list[str], headed: bool) -> None:
    given = [Paragraph(BlockKind.TABLE_ROW, words, 0, 1) for words in rows]
    assert [row.level for row in with_headers(given)] == [int(headed), 0, 0]


def test_a_bold_first_row_is_a_header() -> None:
    words = ["Name | Born in", "Anna | Oslo", "Ben | Riga"]
    given = [Paragraph(BlockKind.TABLE_ROW, w, 0, 1, bold=not at) for at, w in enumerate(words)]
    assert [row.level for row in with_headers(given)] == [1, 0, 0]
