"""Small real files of each format, made by the libraries that write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from types import MappingProxyType

import docx
import openpyxl
import pptx

XHTML = (
    "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title></head><body>{}</body></html>"
)
CONTAINER = (
    "<?xml version='1.0'?><container xmlns='urn:oasis:names:tc:opendocument:xmlns:container' "
    "version='1.0'><rootfiles><rootfile full-path='OEBPS/book.opf' "
    "media-type='application/oebps-package+xml'/></rootfiles></container>"
)
PACKAGE = (
    "<package xmlns='http://www.idpf.org/2007/opf' version='3.0'><metadata "
    "xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:title>The Salt Road</dc:title>"
    "<dc:creator>Ines Falk</dc:creator></metadata><manifest>"
    "<item id='two' href='b.xhtml' media-type='application/xhtml+xml'/>"
    "<item id='one' href='a.xhtml' media-type='application/xhtml+xml'/>"
    "<item id='nav' href='nav.xhtml' properties='nav' media-type='application/xhtml+xml'/>"
    "</manifest><spine><itemref idref='nav'/><itemref idref='one'/><itemref idref='two'/></spine>"
    "</package>"
)

PAGE = b"""<!doctype html><html><head><title>Salt - The Coast Daily</title>
<meta name="author" content="Ines Falk"><script>alert('never')</script></head><body>
<header><a href="/">The Coast Daily</a></header>
<nav><ul><li><a>Home</a></li><li><a>News</a></li></ul>
</nav>
<main><h1>Salt</h1><p>Salt was carried <b>inland</b> by mule until 1874.<br>
Then came the railway.</p>
<div class="ad-banner">Buy our boots</div>
<h2>Prices</h2><p>A sack cost:</p><ul><li>two coins in 1850</li><li>one coin in 1880
<ul><li>less by sea</li></ul></li></ul>
<table><thead><tr><th>Year</th><th>Sacks</th></tr></thead><tr><td>1850</td><td>410</td></tr>
<tr><td>1880</td><td>9 200</td></tr></table>
<p style="display:none">hidden words</p><form>Sign up</form></main>
<aside>Read this instead</aside><footer>All rights reserved</footer></body></html>"""


def word_file() -> bytes:
    """A report with a title, headings, a list and a table."""
    document = docx.Document()
    document.add_heading("Harbour report", 0)
    document.add_paragraph("The harbour handled 4,120 ships.")
    document.add_heading("Costs", 1)
    document.add_paragraph("Costs fell:")
    document.add_paragraph("dredging by a tenth", style="List Bullet")
    document.add_paragraph("pilots by a fifth", style="List Bullet")
    table = document.add_table(rows=3, cols=2)
    for row, cells in zip(
        table.rows, [("Berth", "Depth"), ("North", "9 m"), ("South", "7 m")], strict=True
    ):
        for cell, words in zip(row.cells, cells, strict=True):
            cell.text = words
    document.add_paragraph("The end comes after the table.")
    document.core_properties.author = "Ines Falk"
    return _saved(document)


def slides_file() -> bytes:
    """Two slides; the second has a table and notes."""
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Ferry plan"
    first.placeholders[1].text = "Two new boats\nOne new pier"
    second = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Timetable"
    table = second.shapes.add_table(2, 2, 0, 0, 900000, 900000).table
    for place, words in enumerate(["Boat", "Leaves", "Gull", "06:10"]):
        table.cell(place // 2, place % 2).text = words
    second.notes_slide.notes_text_frame.text = "The Gull replaces the Tern."
    return _saved(deck)


def sheet_file() -> bytes:
    """Two sheets; the first has a title line, a header and an empty row."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Catch"
    for row in (
        ["Catch by port"],
        ["Port", "Tons", "Share"],
        ["Aller", 412.5, 0.25],
        [],
        ["Brack", 1200, 0.75],
    ):
        sheet.append(row)
    for row in (3, 5):
        sheet.cell(row=row, column=3).number_format = "0%"
    book.create_sheet("Crew").append(["Name", "Since"])
    book["Crew"].append(["Ada", 1999])
    return _saved(book)


def book_file(**extra: str) -> bytes:
    """An EPUB whose spine is not in the order of its files."""
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": PACKAGE,
        "OEBPS/nav.xhtml": XHTML.format("<nav>Contents</nav>"),
        "OEBPS/a.xhtml": XHTML.format("<h1>The pass</h1><p>They crossed in <i>May</i>.</p>"),
        "OEBPS/b.xhtml": XHTML.format("<h1>The sea</h1><p>They saw it in June.</p>"),
    } | {name.replace("__", "/"): words for name, words in extra.items()}
    return archive(members)


NO_FILES: Mapping[str, bytes] = MappingProxyType({})
ODF = (
    "<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "
    "xmlns:dc='http://purl.org/dc/elements/1.1/' "
    "xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0' "
    "xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' "
    "xmlns:draw='urn:oasis:names:tc:opendocument:xmlns:drawing:1.0' "
    "xmlns:xlink='http://www.w3.org/1999/xlink'><office:body>{}"
    "</office:body></office:document-content>"
)


def open_file(kind: str, body: str, files: Mapping[str, bytes] = NO_FILES) -> bytes:
    """An OpenDocument file: ``kind`` is ``text``, ``spreadsheet`` or ``presentation``; ``files``
    are what lies beside its content."""
    content = f"<office:{kind}>{body}</office:{kind}>"
    return archive(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": ODF.format(content),
            **files,
        }
    )


def archive(members: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, words in members.items():
            packed.writestr(name, words)
    return out.getvalue()


def pdf_file(
    pages: list[list[tuple[float, float, float, str]]],
    trailer: bytes = b"",
    *,
    page_keys: bytes = b"",
    catalog_keys: bytes = b"",
    more: list[bytes] | None = None,
    resources: bytes = b"",
    first_drawn: bytes = b"",
) -> bytes:
    """A PDF by hand: for each page, pieces ``(x, y from below, font size, words)``, Helvetica.

    ``page_keys`` and ``catalog_keys`` are added to each page and to the catalogue; ``more`` are
    further objects, the first of which is number 4. ``first_drawn`` is drawn on the first page
    below its words, with ``resources``.
    """
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog_keys,
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        *(more or []),
    ]
    kids = []
    for page in pages:
        drawn = b"".join(
            b"BT /F %g Tf %g %g Td (%s) Tj ET\n"
            % (size, x, y, words.encode("cp1252").replace(b"(", rb"\(").replace(b")", rb"\)"))
            for x, y, size, words in page
        )
        drawn = drawn if kids else first_drawn + b"\n" + drawn
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
            b"/Resources<</Font<</F 3 0 R>>%s>>%s>>" % (len(objects), resources, page_keys)
        )
        kids.append(len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (
        len(kids),
        b" ".join(b"%d 0 R" % kid for kid in kids),
    )
    out = bytearray(b"%PDF-1.5\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        trailer,
        start,
    )
    return bytes(out)


def _saved(made: object) -> bytes:
    out = io.BytesIO()
    made.save(out)  # type: ignore[attr-defined]
    return out.getvalue()
