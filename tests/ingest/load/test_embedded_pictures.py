"""Pictures inside documents: their words stand where they stand, and no picture goes untold."""

from __future__ import annotations

import io
import zlib

import docx
import openpyxl
import pptx
import pytest
from openpyxl.drawing.image import Image as SheetImage
from PIL import Image, ImageDraw, ImageFont
from pptx.util import Inches

from ingest.document import BlockKind, Document
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.render_page import render_page
from tests.support import made

SAID = "Parking permit 4471 is valid until March."
FRAME = (
    '<text:p>Before.</text:p><text:p><draw:frame><draw:image xlink:href="Pictures/a.png"/>'
    "</draw:frame></text:p><text:p>After.</text:p>"
)


def picture(words: str = SAID, size: tuple[int, int] = (1000, 200)) -> bytes:
    drawn = Image.new("RGB", size, "white")
    ImageDraw.Draw(drawn).text((40, 70), words, fill=0, font=ImageFont.load_default(42))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


def read(data: bytes, name: str, *, ocr: bool = True) -> Document:
    return load_bytes(data, Source(name, f"/somewhere/{name}"), ocr=ocr)


def word(*pictures: bytes) -> bytes:
    document = docx.Document()
    document.add_heading("Permits", 1)
    document.add_paragraph("Before.")
    for data in pictures:
        document.add_picture(io.BytesIO(data), width=docx.shared.Inches(4))
    document.add_paragraph("After.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def slides(data: bytes) -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    slide.shapes.add_picture(io.BytesIO(data), Inches(1), Inches(1))
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def sheet(data: bytes) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["Before."])
    book.active.add_image(SheetImage(io.BytesIO(data)), "B5")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def open_text(data: bytes) -> bytes:
    return made.open_file("text", FRAME, {"Pictures/a.png": data})


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (word(picture()), "a.docx"),
        (slides(picture()), "a.pptx"),
        (sheet(picture()), "a.xlsx"),
        (open_text(picture()), "a.odt"),
    ],
)
def test_the_words_of_a_picture_are_read_and_marked(data: bytes, name: str) -> None:
    document = read(data, name)
    assert SAID in " ".join(document.text.split())
    assert "icture, read by text recognition, " in document.text
    assert document.omissions == ()


def test_they_stand_where_the_picture_stands() -> None:
    document = read(word(picture("ROTA FOR THE WEEK")), "a.docx")
    before, said, after = (document.text.index(w) for w in ("Before.", "ROTA", "After."))
    assert before < said < after
    headings = [b for b in document.blocks if b.kind is BlockKind.HEADING]
    assert len(headings) == 1, "large letters in a picture head nothing"


def test_a_picture_that_recurs_is_read_once() -> None:
    document = read(word(picture(), picture()), "a.docx")
    assert document.text.count("4471") == 1


def test_with_recognition_off_they_are_told() -> None:
    document = read(word(picture(), picture("Another one, 25")), "a.docx", ocr=False)
    assert "4471" not in document.text
    assert document.omissions == ("2 pictures are not read.",)
    told = read(slides(picture()), "a.pptx", ocr=False).omissions
    assert told == ("Slide 1: 1 picture is not read.",)


def test_pictures_without_words_are_told() -> None:
    document = read(word(picture(""), picture("", (30, 30))), "a.docx")
    assert set(document.omissions) == {
        "1 picture is without text that could be recognised.",
        "1 picture is not read.",
    }


def test_a_damaged_picture_loses_nothing_else() -> None:
    data = open_text(picture()[:120])
    document = read(data, "a.odt")
    assert "Before." in document.text and "After." in document.text
    assert document.omissions == ("1 picture is not read.",)


def test_transparent_letters_are_seen_on_white() -> None:
    drawn = Image.new("RGBA", (1000, 200), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).text((40, 70), SAID, fill="black", font=ImageFont.load_default(42))
    out = io.BytesIO()
    drawn.save(out, "PNG")
    assert SAID in " ".join(read(word(out.getvalue()), "a.docx").text.split())


def pdf_with_a_figure(words: str = SAID, *more: str) -> bytes:
    """A page of text with a picture below it, 400 by 80 points, its corner at (60, 400)."""
    drawn = Image.open(io.BytesIO(picture(words))).convert("RGB").tobytes()
    size = b"/Width 1000/Height 200/ColorSpace/DeviceRGB/BitsPerComponent 8"
    packed = zlib.compress(drawn)
    image = b"<</Type/XObject/Subtype/Image%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream"
    lines = [(60.0, 780.0, 11.0, "Before."), *((80.0, 440.0, 11.0, said) for said in more)]
    return made.pdf_file(
        [lines, [(60.0, 780.0, 11.0, "After.")]],
        resources=b"/XObject<</I 4 0 R>>",
        first_drawn=b"q 400 0 0 80 60 400 cm /I Do Q",
        more=[image % (size, len(packed), packed)],
    )


def test_a_figure_of_a_pdf_is_read_after_the_text_of_its_page() -> None:
    data = pdf_with_a_figure()
    document = read(data, "a.pdf")
    before, said, after = (document.text.index(w) for w in ("Before.", "4471", "After."))
    assert before < said < after
    assert "Page 1: picture, read by text recognition" in document.text
    _, (box,) = render_page(data, document.media_type, 1, SAID, document.scans)
    assert 60 < box.left < box.right < 460 and 842 - 480 < box.top < box.bottom < 842 - 400
    assert read(data, "a.pdf", ocr=False).omissions == ("Page 1: 1 picture is not read.",)


def test_a_picture_behind_the_text_is_no_figure() -> None:
    data = pdf_with_a_figure("", "The background lies behind all of these words.")
    document = read(data, "a.pdf")
    assert document.omissions == () and "icture" not in document.text


def test_many_places_are_told_in_one_sentence() -> None:
    deck = pptx.Presentation()
    for number in range(7):
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        slide.shapes.add_picture(io.BytesIO(picture(str(number))), Inches(1), Inches(1))
    out = io.BytesIO()
    deck.save(out)
    (told,) = read(out.getvalue(), "a.pptx", ocr=False).omissions
    assert told.startswith("7 pictures are not read (Slide 1, Slide 2,")


def test_progress_is_told_picture_by_picture() -> None:
    heard: list[tuple[str, int, int]] = []
    data = word(picture("The first notice, 2031"), picture("The second notice, 2032"))
    load_bytes(
        data, Source("a.docx", "/a.docx"), progress=lambda what, *at: heard.append((what, *at))
    )
    assert heard == [("recognising", n, 2) for n in range(3)]
