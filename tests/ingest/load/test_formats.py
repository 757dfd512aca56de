"""Web pages, Office files, sheets, books and PDF: what is kept, in which order, and where it is."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from ingest.document import BlockKind, Document
from ingest.errors import UnreadableDocument
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.render_page import render_page
from tests.support import made

PDF = "application/pdf"


def read(data: bytes, name: str) -> Document:
    document = load_bytes(data, Source(name, f"/somewhere/{name}"))
    kept = "".join(document.text[b.start : b.end] for b in document.blocks)
    assert "".join(kept.split()) == "".join(document.text.split())
    return document


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(b.kind.name, document.text[b.start : b.end]) for b in document.blocks]


def test_a_web_page_without_its_furniture() -> None:
    document = read(made.PAGE, "salt.html")
    assert document.title == "Salt"
    assert document.metadata["author"] == "Ines Falk"
    assert kinds(document) == [
        ("HEADING", "Salt"),
        ("PARAGRAPH", "Salt was carried inland by mule until 1874.\nThen came the railway."),
        ("HEADING", "Prices"),
        ("PARAGRAPH", "A sack cost:"),
        ("LIST_ITEM", "two coins in 1850"),
        ("LIST_ITEM", "one coin in 1880"),
        ("LIST_ITEM", "less by sea"),
        ("TABLE_ROW", "Year | Sacks"),
        ("TABLE_ROW", "1850 | 410"),
        ("TABLE_ROW", "1880 | 9 200"),
    ]


def test_a_page_says_its_own_charset() -> None:
    page = "<html><meta charset='windows-1251'><p>Река течёт на юг.</p></html>".encode("cp1251")
    assert read(page, "a.html").text == "Река течёт на юг."


def test_a_page_made_by_scripts_says_so() -> None:
    with pytest.raises(UnreadableDocument, match="made by scripts"):
        read(b"<html><body><div id=root></div><script>go()</script></body></html>", "a.html")


def test_a_word_file_keeps_its_order() -> None:
    document = read(made.word_file(), "report.docx")
    assert document.title == "Harbour report"
    assert document.metadata["author"] == "Ines Falk"
    assert [kind for kind, _ in kinds(document)] == [
        "HEADING",
        "PARAGRAPH",
        "HEADING",
        "PARAGRAPH",
        "LIST_ITEM",
        "LIST_ITEM",
        "TABLE_ROW",
        "TABLE_ROW",
        "TABLE_ROW",
        "PARAGRAPH",
    ]
    assert "North | 9 m" in document.text


def test_slides_know_their_numbers() -> None:
    document = read(made.slides_file(), "plan.pptx")
    pages = {document.text[b.start : b.end]: b.page for b in document.blocks}
    assert pages["Ferry plan"] == pages["Two new boats"] == 1
    assert pages["Gull | 06:10"] == pages["The Gull replaces the Tern."] == 2


def test_rows_of_a_sheet_know_their_numbers() -> None:
    document = read(made.sheet_file(), "catch.xlsx")
    rows = {document.text[b.start : b.end]: (b.row, b.level) for b in document.blocks}
    assert rows["Port | Tons | Share"] == (2, 1)
    assert rows["Aller | 412.5 | 25%"] == (3, 0)
    assert rows["Brack | 1200 | 75%"] == (5, 0)
    assert rows["Ada | 1999"] == (2, 0)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_csv_with_any_separator(mark: str) -> None:
    lines = [["Name", "Town", "Note"], ["Ada", "Aller", '"two\nlines"'], ["Bo", "Brack", "x"]]
    document = read("\n".join(mark.join(line) for line in lines).encode(), "people.csv")
    assert [(b.row, document.text[b.start : b.end]) for b in document.blocks] == [
        (1, "Name | Town | Note"),
        (2, "Ada | Aller | two lines"),
        (3, "Bo | Brack | x"),
    ]


def test_a_book_is_read_along_its_spine() -> None:
    document = read(made.book_file(), "salt.epub")
    assert (document.title, document.metadata["author"]) == ("The Salt Road", "Ines Falk")
    assert [words for _, words in kinds(document)] == [
        "The pass",
        "They crossed in May.",
        "The sea",
        "They saw it in June.",
    ]


def test_a_protected_book_says_so() -> None:
    locked = "<encryption xmlns='x'><EncryptionMethod Algorithm='http://drm'/></encryption>"
    with pytest.raises(UnreadableDocument, match="DRM"):
        read(made.book_file(**{"META-INF__encryption.xml": locked}), "salt.epub")


def columns(pages: int) -> bytes:
    """Pages of two columns under a title line, with running heads, numbers and a broken word."""
    rng = random.Random(4)
    made_pages = []
    for number in range(1, pages + 1):
        pieces = [(60.0, 805.0, 9.0, "Journal of Harbours"), (290.0, 30.0, 9.0, str(number))]
        pieces.append((60.0, 760.0, 20.0, f"Chapter {number} on tides"))
        for row in range(30):
            y = 720.0 - 14 * row
            words = " ".join(rng.choice(["tide", "water", "pier", "moon"]) for _ in range(6))
            left, right = f"L{number}.{row} {words}", f"R{number}.{row} {words}"
            if row == 3:
                left = f"L{number}.{row} the high water was extraor-"
            if row == 4:
                left = "dinarily late, as the pilots of the port"
            pieces += [(60.0, y, 10.0, left), (320.0, y, 10.0, right)]
        made_pages.append(pieces)
    return made.pdf_file(made_pages)


def test_two_columns_in_reading_order_without_running_heads() -> None:
    document = read(columns(4), "tides.pdf")
    order = [document.text.index(f"{side}{page}.29") for page in (1, 2, 3, 4) for side in "LR"]
    assert order == sorted(order)
    assert document.text.index("L1.29") < document.text.index("R1.0 ")
    running = [b for b in document.blocks if b.kind is BlockKind.BOILERPLATE]
    words = [document.text[b.start : b.end] for b in running]
    assert words == ["Journal of Harbours", "1\n2\n3\n4"]
    assert "extraordinarily late" in document.text
    headings = [b for b in document.blocks if b.kind is BlockKind.HEADING]
    assert [b.page for b in headings] == [1, 2, 3, 4]


def test_a_quote_is_found_and_marked_on_its_page() -> None:
    data = columns(2)
    quote = "the high water was extraordinarily late, as the pilots"
    marked, boxes = render_page(data, PDF, 2, quote)
    assert [box.page for box in boxes] == [2, 2]
    assert boxes[0].bottom < boxes[1].bottom and boxes[1].right < 320
    assert 842 - 720 + 14 * 3 - 12 < boxes[0].top < boxes[0].bottom < 842 - 720 + 14 * 3 + 5
    plain, none = render_page(data, PDF, 2, "words that stand nowhere")
    picture, blank = Image.open(io.BytesIO(marked)), Image.open(io.BytesIO(plain))
    assert picture.size == blank.size and picture.size[0] > 800
    scale = picture.size[0] / 595
    middle = (int((boxes[1].right + 1) * scale) - 1, int((boxes[1].top + 2) * scale))
    assert picture.getpixel(middle)[2] < 200 < blank.getpixel(middle)[2]
    assert none == []


def test_a_quote_over_a_page_break_has_boxes_on_both() -> None:
    data = made.pdf_file(
        [[(60, 60, 11, "The ferry leaves at")], [(60, 780, 11, "six in the morning")]]
    )
    _, boxes = render_page(data, PDF, 1, "The ferry leaves at six in the morning")
    assert [box.page for box in boxes] == [1, 2]


def test_scanned_and_encrypted_files_say_what_to_do() -> None:
    with pytest.raises(UnreadableDocument, match="scanned.*none was recognised"):
        read(made.pdf_file([[]]), "scan.pdf")
    locked = (
        b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<" + b"31" * 32 + b">/U<" + b"32" * 32 + b">>>"
        b"/ID[<31><31>]"
    )
    with pytest.raises(UnreadableDocument, match="encrypted"):
        read(made.pdf_file([[(60, 60, 11, "secret")]], locked), "locked.pdf")
