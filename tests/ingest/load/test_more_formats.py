"""OpenDocument, mail, rich text, JSON, XML, notebooks, older sheets, and HTML's harder parts."""

from __future__ import annotations

import json
from email.message import EmailMessage

import pytest

from ingest.document import BlockKind, Document
from ingest.errors import UnreadableDocument
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.table import tables
from tests.support import made


def read(data: bytes | str, name: str) -> Document:
    data = data.encode() if isinstance(data, str) else data
    return load_bytes(data, Source(name, f"/somewhere/{name}"))


def test_open_text_has_headings_lists_tables_and_notes() -> None:
    row = "<table:table-row>{}</table:table-row>"
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    table = "".join(
        row.format(cell.format(a) + cell.format(b))
        for a, b in (("Berth", "Depth"), ("North", "9 m"))
    )
    document = read(
        made.open_file(
            "text",
            "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
            "<text:h text:outline-level='1'>Harbour</text:h>"
            "<text:p>Pay<text:s/>soon.<text:note><text:note-citation>1</text:note-citation>"
            "<text:note-body><text:p>Not on Sundays.</text:p></text:note-body></text:note></text:p>"
            "<text:list><text:list-item><text:p>ropes</text:p></text:list-item></text:list>"
            f"<table:table>{table}</table:table>",
        ),
        "a.odt",
    )
    assert document.text == (
        "Harbour\n\nPay soon.\n\nNote: Not on Sundays.\n\nropes\n\nBerth | Depth\nNorth | 9 m"
    )
    assert document.blocks[0].kind is BlockKind.HEADING


def test_open_sheets_have_rows_and_tell_hidden_ones() -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    many = "<table:table-cell table:number-columns-repeated='16000'/>"
    rows = "".join(
        f"<table:table-row>{cell.format(a)}{cell.format(b)}{many}</table:table-row>"
        for a, b in (("Port", "Tons"), ("Aller", "412.5"))
    )
    hidden = "<table:table table:name='Wages' table:display='false'/>"
    sheet = f"<table:table table:name='Catch'>{rows}</table:table>{hidden}"
    document = read(made.open_file("spreadsheet", sheet), "a.ods")
    assert document.text == "Catch\n\nPort | Tons\nAller | 412.5"
    assert document.omissions == ("The hidden sheet “Wages” was left out.",)


def test_a_message_tells_who_when_and_what_is_attached() -> None:
    message = EmailMessage()
    message["From"], message["To"] = "Ada Lund <ada@example.org>", "bo@example.org"
    message["Subject"], message["Date"] = "Keys", "Tue, 06 May 2025 09:00:00 +0200"
    message.set_content("The keys are at the gate.\n")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="plan.pdf")
    document = read(message.as_bytes(), "a.eml")
    assert document.title == "Keys"
    assert "From: Ada Lund <ada@example.org>" in document.text
    assert "The keys are at the gate." in document.text
    (omission,) = document.omissions
    assert omission.startswith("The attachment “plan.pdf” was not read: it is called PDF, but")


def test_what_is_attached_to_a_message_is_read_under_its_name() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Bo <bo@example.org>", "Tide"
    inner.set_content("High water is at six.\n")
    inner.add_attachment(b"Port,Depth\nAlat,7\n", maintype="text", subtype="csv", filename="d.csv")
    message = EmailMessage()
    message["From"], message["Subject"] = "Ada Lund <ada@example.org>", "Stalls"
    message.set_content("The rents are attached.\n")
    rents = b"# Rents\n\n| Stall | Rent |\n|---|---|\n| Bread | 90 |\n| Honey | 45 |\n"
    message.add_attachment(rents, maintype="text", subtype="markdown", filename="rents.md")
    message.add_attachment(inner)
    message.add_attachment(b"\x89PNG\r\n", maintype="image", subtype="png", filename="logo.png")
    document = read(message.as_bytes(), "a.eml")
    headings = [
        (document.text[b.start : b.end], b.level)
        for b in document.blocks
        if b.kind is BlockKind.HEADING
    ]
    assert headings == [
        ("Stalls", 1), ("Attachment: rents.md", 1), ("# Rents", 2), ("Attachment: Tide.eml", 1),
        ("Tide", 2),
    ]  # fmt: skip
    (table,) = tables(document.text, document.blocks)
    assert [[c.text for c in row.cells] for row in table.rows] == [["Bread", "90"], ["Honey", "45"]]
    assert "High water is at six." in document.text and "Alat" not in document.text
    assert document.omissions == (
        "Attachment “Tide.eml”: The attachment “d.csv” was not read; save it and ingest it.",
        "The attachment “logo.png” was not read; save it and ingest it.",
    )


def test_a_message_in_html_is_read_as_text() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "ada@example.org", "Keys"
    message.set_content("<p>The <b>keys</b> are here.</p><script>x()</script>", subtype="html")
    assert read(message.as_bytes(), "a.eml").text.endswith("The keys are here.")


def test_a_message_whose_plain_part_only_points_to_the_page_is_read_as_page() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "mill@example.org", "Your tour"
    message.set_content("See this message in your browser: https://mill.example.org/v/1\n")
    message.add_alternative(
        "<h1>Your tour</h1><p>The tour of the mill starts at the weir. Ring bell 7 and bring a "
        "torch, since the stairs have no light.</p>",
        subtype="html",
    )
    assert "Ring bell 7" in read(message.as_bytes(), "a.eml").text


def test_a_message_whose_parts_say_the_same_is_read_as_plain_text() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "mill@example.org", "Your tour"
    message.set_content("The tour of the mill starts at the weir.\n")
    message.add_alternative(
        "<p>The tour of the mill starts at the <b>weir</b>.</p><p>Hi</p>", "html"
    )
    assert read(message.as_bytes(), "a.eml").text.endswith(
        "The tour of the mill starts at the weir."
    )


def test_comments_of_open_text_and_sheets_are_read() -> None:
    remark = (
        "<office:annotation><dc:creator>Ada</dc:creator><dc:date>2025-01-01</dc:date>"
        "<text:p>Ask the miller.</text:p></office:annotation>"
    )
    text = made.open_file("text", f"<text:p>The weir{remark} is closed.</text:p>")
    assert read(text, "a.odt").text == "The weir is closed.\n\nComment by Ada: Ask the miller."
    cells = (
        f"<table:table-cell>{remark}<text:p>Weir</text:p></table:table-cell>"
        "<table:table-cell><text:p>shut</text:p></table:table-cell>"
    )
    row = f"<table:table-row>{cells}</table:table-row>"
    sheet = made.open_file("spreadsheet", f"<table:table table:name='S'>{row}</table:table>")
    assert read(sheet, "a.ods").text == "S\n\nWeir | shut\n\nComment by Ada: Ask the miller."


@pytest.mark.parametrize(
    "box",
    [
        "<div role='dialog' aria-label='Choices'>{}</div>",
        "<div aria-modal='true'>{}</div>",
        "<div id='onetrust-consent-sdk'>{}</div>",
        "<section class='qc-cmp2-container'>{}</section>",
        "<div id='CybotCookiebotDialog'>{}</div>",
    ],
)
def test_a_consent_box_is_no_text_however_long_it_is(box: str) -> None:
    asking = box.format("<p>We and 512 partners store things on your device.</p>" * 20)
    page = read(f"<html><body>{asking}<p>The weir opens at seven.</p></body></html>", "a.html")
    assert page.text == "The weir opens at seven."
    with pytest.raises(UnreadableDocument, match="made by scripts"):
        read(f"<html><body>{asking}<div id='app'></div></body></html>", "a.html")


def test_a_page_that_stands_in_a_dialog_or_has_parts_of_a_content_system_is_read() -> None:
    inside = "<div role='dialog'><main><p>The weir opens at seven.</p></main></div>"
    assert "seven" in read(f"<html><body>{inside}</body></html>", "a.html").text
    parts = "<div class='cmp-container'><div class='cmp-text'><p>Open at seven.</p></div></div>"
    assert "seven" in read(f"<html><body>{parts}</body></html>", "a.html").text


def test_rich_text() -> None:
    document = read(rb"{\rtf1\ansi The \b pier\b0  closed in 1962.\par It burned.\par}", "a.rtf")
    assert document.text.split() == ["The", "pier", "closed", "in", "1962.", "It", "burned."]


def test_records_are_a_table_and_the_rest_is_told_by_name() -> None:
    held = {"club": "Tern", "fees": [{"year": 2024, "euros": 20}, {"year": 2025, "euros": 24.5}]}
    assert read(json.dumps(held), "a.json").text == (
        "club: Tern\n\nfees:\n\nyear | euros\n2024 | 20\n2025 | 24.5"
    )
    lines = '{"port": "Aller", "tons": 4}\n{"port": "Brack", "tons": null}\n'
    assert read(lines, "a.jsonl").text == "port | tons\nAller | 4\nBrack"


def test_a_mistake_in_json_is_named_with_its_line() -> None:
    with pytest.raises(UnreadableDocument, match="line 2"):
        read('{"a": 1}\n{"a": \n', "a.jsonl")


def test_xml_is_read_element_by_element() -> None:
    text = read(
        "<?xml version='1.0'?><book><title>Salt</title><author>Ines Falk</author>"
        "<p>They crossed in <i>May</i>, by mule.</p></book>",
        "a.xml",
    ).text
    assert text == "Salt\n\nauthor: Ines Falk\n\nThey crossed in May, by mule."


def test_xml_entities_are_refused() -> None:
    with pytest.raises(UnreadableDocument):
        read('<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "a.xml")


def test_a_notebook_has_its_words_code_and_output() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Tides\n", "\n", "They turn twice."]},
        {"cell_type": "code", "source": "print(2)", "outputs": [{"text": ["2\n"]}]},
        {"cell_type": "code", "source": "plot()", "outputs": [{"data": {"image/png": "…"}}]},
    ]
    document = read(json.dumps({"cells": cells}), "a.ipynb")
    assert document.text == "Tides\n\nThey turn twice.\n\nprint(2)\n\n2\n\nplot()"
    assert document.omissions == ("Pictures that the code drew are not read.",)


PAGE = """<html><body><main><h1>Shop</h1><p>{}</p>
<table><tr><th>Service</th><th>Details</th></tr><tr><td>Delivery</td><td><ul><li>near: free</li>
<li>far: 35 euros</li></ul></td></tr></table>
<table><tr><th rowspan=2>Tree</th><th colspan=2>Price</th></tr><tr><th>small</th><th>large</th></tr>
<tr><td>Oak</td><td>40</td><td>90</td></tr></table>
<p>Ships to <span class="share-value">12 countries</span>.</p>
<p>10<sup>6</sup> seeds in H<sub>2</sub>O</p>
<div id="cookie-banner"><p>We use cookies.</p></div>
<div aria-hidden="true"><p>Loyalty card: 5 percent off.</p></div>
<form><p>The order form is valid until 30 June.</p><input name=q></form>
</main></body></html>""".format("The shop sells trees to people in the whole region. " * 4)


def test_the_harder_parts_of_a_page() -> None:
    text = read(PAGE, "a.html").text
    assert "Delivery | near: free; far: 35 euros" in text
    assert "Tree | Price small | Price large\nOak | 40 | 90" in text
    assert "Ships to 12 countries." in text
    assert "10⁶ seeds in H₂O" in text
    assert "Loyalty card" in text and "valid until 30 June" in text
    assert "cookies" not in text
