"""What Office files hold besides plain text: notes, boxes, merged cells, charts, formats."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, time, timedelta

import docx
import openpyxl
import pptx
import pytest
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.document import BlockKind, Document
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.load.office.docx_numbering import format_number as numbered
from ingest.load.office.docx_text import linear_equation
from ingest.load.spreadsheet.formulas import Formulas, NotComputed
from ingest.load.spreadsheet.number_format import format_value

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
NAMESPACES = f'xmlns:w="{W}" xmlns:m="{M}"'
NOTES = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes",
)


def read(data: bytes, name: str) -> Document:
    return load_bytes(data, Source(name, f"/somewhere/{name}"))


def saved(made: object) -> bytes:
    out = io.BytesIO()
    made.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def word(*paragraphs: str, footnotes: str = "") -> Document:
    """A Word file with the body's paragraphs given as XML."""
    document = docx.Document()
    for xml in reversed(paragraphs):
        opening, _, rest = xml.partition(">")
        document.element.body.insert(0, parse_xml(f"{opening} {NAMESPACES}>{rest}"))
    data = saved(document)
    if not footnotes:
        return read(data, "a.docx")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            part = old.read(member)
            if member == "[Content_Types].xml":
                part = part.replace(
                    b"</Types>",
                    b'<Override PartName="/word/footnotes.xml" ContentType="%s"/></Types>'
                    % NOTES[0].encode(),
                )
            if member == "word/_rels/document.xml.rels":
                part = part.replace(
                    b"</Relationships>",
                    b'<Relationship Id="rNotes" Type="%s" Target="footnotes.xml"/></Relationships>'
                    % NOTES[1].encode(),
                )
            new.writestr(member, part)
        new.writestr("word/footnotes.xml", f"<w:footnotes {NAMESPACES}>{footnotes}</w:footnotes>")
    return read(out.getvalue(), "a.docx")


def run(words: str) -> str:
    return f"<w:r><w:t xml:space='preserve'>{words}</w:t></w:r>"


def test_changes_are_read_as_they_were_made() -> None:
    text = word(
        f"<w:p>{run('The rent is ')}<w:del><w:r><w:delText>300</w:delText></w:r></w:del>"
        f"<w:ins>{run('420')}</w:ins>{run(' crowns.')}</w:p>",
        f"<w:p><w:moveFrom>{run('Dogs may stay.')}</w:moveFrom></w:p>",
        f"<w:p><w:moveTo>{run('Dogs may stay.')}</w:moveTo></w:p>",
    ).text
    assert text == "The rent is 420 crowns.\n\nDogs may stay."


def test_controls_and_boxes_are_read_once() -> None:
    box = f"<w:txbxContent><w:p>{run('Ring twice.')}</w:p></w:txbxContent>"
    twice = (
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent>"
    )
    text = word(
        f"<w:p>{run('The door is green.')}<w:r>{twice}</w:r></w:p>",
        f"<w:sdt><w:sdtContent><w:p>{run('Owner: Ada Lund')}</w:p></w:sdtContent></w:sdt>",
    ).text
    assert text == "The door is green.\n\nRing twice.\n\nOwner: Ada Lund"


def test_a_footnote_follows_the_paragraph_of_its_mark() -> None:
    text = word(
        f"<w:p>{run('Pay within a week.')}<w:r><w:footnoteReference w:id='7'/></w:r></w:p>",
        f"<w:p>{run('Then we ship.')}</w:p>",
        footnotes=f"<w:footnote w:id='0' w:type='separator'><w:p>{run('---')}</w:p></w:footnote>"
        f"<w:footnote w:id='7'><w:p>{run('Sundays do not count.')}</w:p></w:footnote>",
    ).text
    assert text == "Pay within a week. [1]\n\nNote [1]: Sundays do not count.\n\nThen we ship."


def test_a_diagram_is_a_nested_list_after_its_paragraph() -> None:
    dgm = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
    a = "http://schemas.openxmlformats.org/drawingml/2006/main"
    r = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def point(key: str, words: str, kind: str = "node") -> str:
        said = f"<a:p><a:r><a:t>{words}</a:t></a:r></a:p>"
        return f"<dgm:pt modelId='{key}' type='{kind}'><dgm:t>{said}</dgm:t></dgm:pt>"

    def link(above: str, below: str, order: int) -> str:
        return (
            f"<dgm:cxn modelId='c' srcId='{above}' destId='{below}' srcOrd='{order}' destOrd='0'/>"
        )

    data = (
        f"<dgm:dataModel xmlns:dgm='{dgm}' xmlns:a='{a}'><dgm:ptLst>{point('0', '', 'doc')}"
        f"{point('2', 'Close the gate')}{point('3', 'Both wings')}{point('1', 'Ring the bell')}"
        f"</dgm:ptLst><dgm:cxnLst>{link('0', '1', 0)}{link('0', '2', 1)}{link('2', '3', 0)}"
        "</dgm:cxnLst></dgm:dataModel>"
    )
    document = docx.Document()
    document.add_paragraph("At high water:")
    part = Part(PackURI("/word/diagrams/data1.xml"), "application/xml", data.encode())
    relation = document.part.relate_to(part, f"{r}/diagramData")
    drawing = parse_xml(
        f"<w:r {NAMESPACES}><w:drawing><dgm:relIds xmlns:dgm='{dgm}' xmlns:r='{r}' "
        f"r:dm='{relation}'/></w:drawing></w:r>"
    )
    document.paragraphs[0]._p.append(drawing)
    read_back = read(saved(document), "a.docx")
    assert read_back.text == "At high water:\n\nRing the bell\nClose the gate\nBoth wings"
    assert [b.level for b in read_back.blocks] == [0, 1, 1, 2]


def test_headers_and_footers_are_furniture_and_stand_once() -> None:
    document = docx.Document()
    document.add_paragraph("The pier is closed.")
    for section in (document.sections[0], document.add_section()):
        section.header.is_linked_to_previous = False
        section.header.paragraphs[0].text = "Harbour office, Quay 4"
    made = read(saved(document), "a.docx")
    kinds = [(b.kind, made.text[b.start : b.end]) for b in made.blocks]
    assert kinds.count((BlockKind.BOILERPLATE, "Harbour office, Quay 4")) == 1


def test_numbers_of_paragraphs_are_part_of_the_text() -> None:
    document = docx.Document()
    for words in ("Bring a coat", "Bring a lamp"):
        document.add_paragraph(words, style="List Number")
    assert read(saved(document), "a.docx").text.splitlines() == [
        "1. Bring a coat",
        "2. Bring a lamp",
    ]


@pytest.mark.parametrize(
    ("count", "format_", "expected"),
    [
        (4, "decimal", "4"),
        (4, "decimalZero", "04"),
        (28, "lowerLetter", "bb"),
        (3, "upperLetter", "C"),
        (49, "upperRoman", "XLIX"),
        (1994, "lowerRoman", "mcmxciv"),
    ],
)
def test_numbers_are_shown_as_the_list_does(count: int, format_: str, expected: str) -> None:
    assert numbered(count, format_) == expected


def test_merged_cells_keep_their_columns() -> None:
    document = docx.Document()
    table = document.add_table(rows=4, cols=4)
    for at, row in enumerate(
        [["Port", "2023", "", "2024"], ["", "Q1", "Q2", "Q1"], ["Aller", "1", "2", "3"],
         ["Brack", "4", "5", "6"]]
    ):  # fmt: skip
        for place, words in enumerate(row):
            table.cell(at, place).text = words
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    lines = read(saved(document), "a.docx").text.splitlines()
    assert lines == ["Port | 2023 Q1 | 2023 Q2 | 2024 Q1", "Aller | 1 | 2 | 3", "Brack | 4 | 5 | 6"]


def test_an_equation_stands_on_one_line() -> None:
    def r(words: str) -> str:
        return f"<m:r><m:t>{words}</m:t></m:r>"

    xml = (
        f"<m:oMath {NAMESPACES}>{r('x=')}"
        f"<m:f><m:num>{r('a+b')}</m:num><m:den>{r('2')}</m:den></m:f>"
        f"<m:sSup><m:e>{r('c')}</m:e><m:sup>{r('10')}</m:sup></m:sSup>"
        f"<m:rad><m:deg/><m:e>{r('d')}</m:e></m:rad></m:oMath>"
    )
    assert linear_equation(parse_xml(xml)) == "x=(a+b)/(2)c^(10)√(d)"


def test_strict_office_files_are_read() -> None:
    document = docx.Document()
    document.add_paragraph("Written by a strict program.")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(document))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            for group in (b"wordprocessingml", b"officeDocument"):
                part = part.replace(
                    b"http://schemas.openxmlformats.org/" + group + b"/2006/",
                    b"http://purl.oclc.org/ooxml/" + group + b"/",
                )
            new.writestr(name, part)
    assert read(out.getvalue(), "a.docx").text == "Written by a strict program."


def slide_deck() -> pptx.presentation.Presentation:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Catch"
    for words, top in (("Below: weigh.", 4), ("Above: sort.", 2)):
        slide.shapes.add_textbox(Inches(1), Inches(top), Inches(4), Inches(1)).text = words
    data = CategoryChartData()
    data.categories = ["Cod", "Eel"]
    data.add_series("Tons", (12.5, 3))
    place = (Inches(1), Inches(5), Inches(4), Inches(2))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data)
    return deck


def test_slides_are_read_as_they_are_seen() -> None:
    made = read(saved(slide_deck()), "a.pptx")
    assert made.text.split("\n\n") == [
        "Catch", "Above: sort.", "Below: weigh.", "Category | Tons\nCod | 12.5\nEel | 3"
    ]  # fmt: skip


def test_a_hidden_slide_is_told() -> None:
    deck = slide_deck()
    deck.slides[0]._element.set("show", "0")
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "Seen"
    made = read(saved(deck), "a.pptx")
    assert made.text == "Seen"
    assert made.omissions == ("Slide 1 is hidden and was left out.",)


@pytest.mark.parametrize(
    ("value", "format_", "expected"),
    [
        (0.075, "0.0%", "7.5%"),
        (1 / 3, "0%", "33%"),
        (1234.5, '"$"#,##0.00', "$1,234.50"),
        (1234567.891, "#,##0.00\\ [$€-407]", "1,234,567.89 €"),
        (-1500, "#,##0;(#,##0)", "(1,500)"),
        (-3, "0", "-3"),
        (0, "0;-0;", ""),
        (0, '#,##0;-#,##0;"none"', "none"),
        (1234, "00000", "01234"),
        (1234567890, "000-000-0000", "123-456-7890"),
        (99.9, '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)', "$99.90"),
        (1234567, "#,##0,", "1,235"),
        (0.1 + 0.2, "General", "0.3"),
        (1.5, "# ?/?", "1 1/2"),
        (12, '0 "kg"', "12 kg"),
        (2.5, "0.0#", "2.5"),
        (True, "General", "TRUE"),
        (None, "0", ""),
        (datetime(2024, 3, 5), "DD.MM.YYYY", "05.03.2024"),
        (datetime(2024, 3, 5, 9, 15), "m/d/yy h:mm", "3/5/24 9:15"),
        (datetime(2024, 3, 5, 21, 5), "h:mm AM/PM", "9:05 PM"),
        (datetime(2024, 3, 31), "mmm yyyy", "Mar 2024"),
        (datetime(2024, 3, 5), "mm-dd-yy", "2024-03-05"),
        (datetime(2024, 3, 5), "dddd, d mmmm", "Tuesday, 5 March"),
        (time(14, 30), "HH:MM", "14:30"),
        (timedelta(days=1, hours=6, minutes=5), "[h]:mm", "30:05"),
    ],
)
def test_a_value_is_shown_as_the_sheet_shows_it(value: object, format_: str, expected: str) -> None:
    assert format_value(value, format_) == expected


def computed(**cells: object) -> object:
    """``A1`` of a sheet with these cells."""
    from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

    held = {}
    for place, value in cells.items():
        column, row = coordinate_from_string(place)
        held["S", row, column_index_from_string(column)] = value
    return Formulas(held).value("S", 1, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"A1": "=B1*(1+C1)", "B1": 200, "C1": 0.19}, 238.0),
        ({"A1": "=SUM(B1:B3)", "B1": 1, "B2": "n/a", "B3": 4}, 5.0),
        ({"A1": "=AVERAGE(B1:B2)-2^3/4", "B1": 3, "B2": 5}, 2.0),
        ({"A1": '=IF(B1>=3,"many","few")', "B1": 3}, "many"),
        ({"A1": '="No. "&B1', "B1": 7}, "No. 7"),
        ({"A1": "=-B1+10%", "B1": 1}, -0.9),
        ({"A1": "=ROUND(B1,1)", "B1": 2.25}, 2.3),
        ({"A1": "=C1", "C1": "=B1*2", "B1": 4}, 8),
    ],
)
def test_simple_formulas_are_computed(cells: dict[str, object], expected: object) -> None:
    assert computed(**cells) == pytest.approx(expected)


@pytest.mark.parametrize(
    "formula", ["=A1+1", "=VLOOKUP(B1,B1:C3,2)", "=B1/0", "=Tax*2", "=B1:B2*2", "=(1+"]
)
def test_other_formulas_are_not_computed(formula: str) -> None:
    with pytest.raises(NotComputed):
        computed(A1=formula, B1=3.0, B2=4.0)


def test_a_book_without_values_is_computed_and_told() -> None:
    book = openpyxl.Workbook()
    for row in (["Item", "Net", "Gross"], ["Desk", 200, "=B2*1.19"], ["Lamp", 10, "=TAX(B3)"]):
        book.active.append(row)
    made = read(saved(book), "a.xlsx")
    assert made.text.splitlines()[1:] == ["Desk | 200 | 238", "Lamp | 10 | =TAX(B3)"]
    assert any("1 formulas had no stored value" in told for told in made.omissions)
    assert any("shown as formulas" in told for told in made.omissions)


def test_merged_headers_and_hidden_sheets() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Tree", "Price", None], [None, "small", "large"], ["Oak", 40, 90]):
        sheet.append(row)
    sheet.merge_cells("A1:A2")
    sheet.merge_cells("B1:C1")
    sheet["B3"].comment = openpyxl.comments.Comment("until May", "Ada")
    book.create_sheet("Wages").sheet_state = "hidden"
    made = read(saved(book), "a.xlsx")
    assert made.text.split("\n\n") == [
        "Tree | Price small | Price large\nOak | 40 | 90", "Comment on B3: until May"
    ]  # fmt: skip
    assert made.omissions == ("The hidden sheet “Wages” was left out.",)
