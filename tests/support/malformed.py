"""Files that are broken, lie or attack: the same ones at every run."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache

from PIL import Image

from tests.support import made

SECRET = "TOP-SECRET-OF-THIS-MACHINE"
DOCTYPE = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file://{path}">'
    '<!ENTITY a "lol">{nested}]>'
)
NESTED = "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@cache
def whole() -> dict[str, bytes]:
    """A sound file of each format, by ending."""
    return {
        "pdf": made.pdf_file([[(60, 700 - 20 * n, 11, f"Line {n} of it.") for n in range(9)]] * 3),
        "docx": made.word_file(),
        "pptx": made.slides_file(),
        "xlsx": made.sheet_file(),
        "epub": made.book_file(),
        "html": made.PAGE,
        "csv": b'Name,Note\nAda,"said ""no"", twice"\nBo,"two\nlines"\n' * 20,
        "md": b"# One\n\n- a\n- b\n\n```\ncode\n```\n\n| A | B |\n|---|---|\n| 1 | 2 |\n" * 5,
        "txt": "Ein Satz über Flüsse. Noch einer.\n".encode() * 30,
    }


@cache
def fewer() -> dict[str, bytes]:
    """Sound files of further formats, which are cut and flipped only."""
    return {
        "odt": made.open_file("text", "<text:p>It is late.</text:p>" * 40),
        "eml": b"From: ada@x.org\nTo: bo@y.org\nSubject: Keys\n\nThe keys are here.\n" * 3,
        "rtf": rb"{\rtf1\ansi The \b pier\b0  is \'e9lan.\par It closed.}" * 2,
        "json": b'[{"a": 1, "b": "two"}, {"a": 2, "b": "three"}]',
        "xml": b"<?xml version='1.0'?><r><title>One</title><p>Two words.</p></r>",
        "ipynb": b'{"cells": [{"cell_type": "markdown", "source": ["# One\\n", "two"]}]}',
    }


def files(secret_path: str) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of all of them; ``secret_path`` is a file that none may read."""
    yield from truncated()
    yield from flipped()
    yield from misnamed()
    yield from scripts_and_encodings()
    yield from nested_and_large()
    yield from hostile_archives(secret_path)
    yield from hostile_pdfs()
    yield from hostile_pictures()


def truncated() -> Iterator[tuple[str, bytes]]:
    for ending, data in {**whole(), **fewer()}.items():
        for share in (1, 25, 50, 80, 99):
            yield f"cut-{share}.{ending}", data[: max(4, len(data) * share // 100)]


def flipped() -> Iterator[tuple[str, bytes]]:
    for ending, data in {**whole(), **fewer()}.items():
        for seed in range(5):
            rng = random.Random(f"{ending}{seed}")
            broken = bytearray(data)
            for _ in range(1 + len(data) // 400):
                broken[rng.randrange(len(data))] = rng.randrange(256)
            yield f"flipped-{seed}.{ending}", bytes(broken)


def misnamed() -> Iterator[tuple[str, bytes]]:
    for ending, data in whole().items():
        for other in whole():
            if other != ending:
                yield f"{ending}-as.{other}", data
    yield "no-ending", whole()["pdf"]
    yield "picture.pdf", b"\x89PNG\r\n\x1a\n" + bytes(500)


def scripts_and_encodings() -> Iterator[tuple[str, bytes]]:
    words = (
        "مرحبا بالعالم. \u202eהפוך\u202c 漢字かな。 \U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f "
        "e\u0301 Z\u0335\u0321a\u0334\u030al\u0336go"
    )
    for ending in ("txt", "md", "html", "csv"):
        yield f"scripts.{ending}", (words * 40).encode()
        yield f"mixed.{ending}", words.encode() + "Größe für Flüsse ".encode("cp1252") * 9
        yield f"nuls.{ending}", b"a\0b\0\0c. " * 50
        yield f"half-utf16.{ending}", words.encode("utf-16") + b"\xff"
        yield f"noise.{ending}", random.Random(ending).randbytes(20_000)
        yield f"controls.{ending}", bytes(range(1, 32)) * 100
    yield "surrogate.txt", b"a \xed\xa0\x80 b"
    yield "charset.html", b"<meta charset='no-such-charset'><p>Gr\xfc\xdfe aus der Stadt</p>"
    yield "utf7.html", b"<meta charset=utf-7><p>+ADw-script+AD4- and more words</p>"


def nested_and_large() -> Iterator[tuple[str, bytes]]:
    yield "deep.html", b"<div>" * 50_000 + b"words" + b"</div>" * 50_000
    yield "deep-inline.html", b"<b><i>" * 30_000 + b"words"
    yield "deep-list.html", b"<ul><li>x" * 20_000
    yield "deep-table.html", b"<table><tr><td>x" * 5_000
    yield "wide-table.html", b"<table>" + b"<tr>" + b"<td>x</td>" * 200_000 + b"</table>"
    yield "attributes.html", b"<p " + b"".join(b"a%d=1 " % n for n in range(20_000)) + b">words"
    yield "unclosed.html", b"<p>one<p>two<table><tr><td>three<li>four<h1>five"
    yield "deep-quotes.md", b">" * 20_000 + b" words"
    yield "deep-list.md", b"".join(b" " * (2 * n) + b"- x\n" for n in range(1_500))
    yield "brackets.md", b"[" * 60_000 + b"](x)" + b"*_`" * 30_000
    yield "wide-table.md", b"|" + b"a|" * 20_000 + b"\n|" + b"-|" * 20_000 + b"\n"
    yield "long-table.csv", b"a,b,c\n" + b"1,2,3\n" * 40_000
    yield "too-many-cells.csv", b"," * 4_500_000 + b"x"
    yield "open-quote.csv", b'a,"' + b"never closed, " * 120_000
    yield "one-line.txt", b"word " * 500_000
    yield "no-space.txt", b"x" * 2_000_000
    yield "dots.txt", b"." * 500_000
    yield "crumbs.txt", b"a\n" * 100_000
    yield "colons.txt", b"a:\n" * 20_000
    yield "dashes.txt", b"- why?\n- because of that, and more\n" * 10_000


def _swapped(ending: str, member: str, words: str | bytes) -> bytes:
    """A sound archive with one part put in place of another."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(whole()[ending])) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, words if name == member else old.read(name))
    return out.getvalue()


def hostile_archives(secret_path: str) -> Iterator[tuple[str, bytes]]:
    outside = DOCTYPE.format(path=secret_path, nested="")
    laughs = DOCTYPE.format(path="/dev/zero", nested=NESTED)
    docx = (
        f'{{}}<w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>ok {{}}</w:t></w:r></w:p></w:body>'
        "</w:document>"
    )
    sheet = (
        f'{{}}<worksheet xmlns="{S}"><sheetData><row r="1"><c r="A1" t="inlineStr">'
        "<is><t>ok {}</t></is></c></row></sheetData></worksheet>"
    )
    page = "{}<html xmlns='http://www.w3.org/1999/xhtml'><body><p>ok {}</p></body></html>"
    for kind, doctype, entity in (("outside", outside, "&x;"), ("laughs", laughs, "&i;")):
        yield f"{kind}.docx", _swapped("docx", "word/document.xml", docx.format(doctype, entity))
        yield (
            f"{kind}.xlsx",
            _swapped("xlsx", "xl/worksheets/sheet1.xml", sheet.format(doctype, entity)),
        )
        yield (
            f"{kind}.pptx",
            _swapped("pptx", "ppt/slides/slide1.xml", doctype + f"<r>{entity}</r>"),
        )
        yield f"{kind}.epub", _swapped("epub", "OEBPS/a.xhtml", page.format(doctype, entity))
        yield (
            f"{kind}-package.epub",
            _swapped("epub", "OEBPS/book.opf", doctype + f"<r>{entity}</r>"),
        )
        yield f"{kind}.html", page.format(doctype, entity).encode()
    bomb = "a" * 60_000_000
    for ending, member in (
        ("docx", "word/document.xml"),
        ("xlsx", "xl/worksheets/sheet1.xml"),
        ("pptx", "ppt/slides/slide1.xml"),
        ("epub", "OEBPS/a.xhtml"),
    ):
        yield f"bomb.{ending}", _swapped(ending, member, bomb)
        yield f"empty-part.{ending}", _swapped(ending, member, "")
        yield f"not-xml.{ending}", _swapped(ending, member, b"\x00\x01\x02 no XML")
        yield f"deep.{ending}", _swapped(ending, member, "<a>" * 100_000)
    deep = docx.format("", "</w:t></w:r></w:p>" + f"<w:tbl xmlns:w='{W}'><w:tr><w:tc>" * 900)
    yield "deep-tables.docx", _swapped("docx", "word/document.xml", deep)
    yield (
        "climbs.epub",
        _swapped("epub", "OEBPS/book.opf", made.PACKAGE.replace("a.xhtml", f"../..{secret_path}")),
    )
    yield (
        "self.epub",
        _swapped(
            "epub",
            "META-INF/container.xml",
            made.CONTAINER.replace("OEBPS/book.opf", "META-INF/container.xml"),
        ),
    )
    yield (
        "far-cell.xlsx",
        _swapped(
            "xlsx",
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{S}"><dimension ref="A1:XFD1048576"/><sheetData>'
            '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>',
        ),
    )
    yield "macros.docm", made.archive({"word/vbaProject.bin": "x", "[Content_Types].xml": "<a/>"})
    yield (
        "many-parts.docx",
        made.archive({"word/document.xml": "x"} | {f"p{n}": "" for n in range(21_000)}),
    )


def hostile_pdfs() -> Iterator[tuple[str, bytes]]:
    head = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    tail = b"\ntrailer<</Root 1 0 R/Size 9>>\n%%EOF"
    bodies = {
        "loop": b"2 0 obj<</Type/Pages/Count 9/Kids[2 0 R]>>endobj",
        "many": b"2 0 obj<</Type/Pages/Count 99999999/Kids[3 0 R]>>endobj",
        "huge": b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9e9 9e9]>>endobj",
        "stream": b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Length 99999999/Filter[/FlateDecode/FlateDecode]>>stream\nxx\nendstream endobj",
        "depth": b"2 0 obj" + b"[" * 100_000 + b"]" * 100_000 + b"endobj",
        "none": b"",
    }
    for name, body in bodies.items():
        yield f"{name}.pdf", head + body + tail
    yield "late-mark.pdf", b"x" * 900 + whole()["pdf"]
    yield "numbers.pdf", made.pdf_file([[(1e9, -1e9, 1e-9, "far"), (60, 700, 1e6, "near")]])
    yield "many-words.pdf", made.pdf_file([[(n % 500, n % 800, 9, "word") for n in range(20_000)]])


def hostile_pictures() -> Iterator[tuple[str, bytes]]:
    """Pictures that are cut, lie about their size, or never end; none holds words."""
    out = io.BytesIO()
    Image.new("L", (48, 32), 200).save(out, "PNG")
    png = out.getvalue()
    for share in (30, 60, 90):
        yield f"cut-{share}.png", png[: len(png) * share // 100]
    # The header of a picture of 60,000 by 60,000 pixels, with a right checksum.
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    yield "vast.png", png[:8] + chunk + png[33:]
    out = io.BytesIO()
    Image.new("L", (48, 32), 200).save(out, "TIFF")
    tiff = bytearray(out.getvalue())
    first = struct.unpack("<I", tiff[4:8])[0]
    entries = struct.unpack("<H", tiff[first : first + 2])[0]
    after = first + 2 + 12 * entries
    tiff[after : after + 4] = struct.pack("<I", first)
    yield "endless.tiff", bytes(tiff)
    yield "head.jpg", b"\xff\xd8\xff\xe0" + bytes(200)
