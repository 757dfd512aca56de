"""Plain text and Markdown in, encodings, bad files, and what folders and globs stand for."""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path

import pytest

from ingest.document import Document
from ingest.errors import UnreadableDocument
from ingest.load import expand, load, load_bytes, load_text
from ingest.load.base.source import Source
from ingest.load.text.markdown import load_markdown
from tests.support import made

GREEK = "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας και η μεγαλύτερη πόλη της χώρας. " * 8
CYRILLIC = "Город стоит на берегу большой реки, и летом здесь очень много туристов. " * 8
GERMAN = "Die Brücke über den Fluß wurde für größere Züge verstärkt, sagte Herr Müller. " * 8


def read(data: bytes, name: str = "notes.txt") -> Document:
    return load_bytes(data, Source(name, f"/somewhere/{name}"))


def kinds(document: Document) -> list[tuple[str, str]]:
    return [(b.kind.name, document.text[b.start : b.end]) for b in document.blocks]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "utf-32"),
        (GERMAN, "cp1252"),
        (CYRILLIC, "cp1251"),
        (CYRILLIC, "koi8-r"),
        (GREEK, "cp1253"),
        ("日本語の文章です。明日は雨が降るでしょう。" * 20, "shift_jis"),
        ("中文文本在这里，明天会下雨。" * 20, "gb18030"),
    ],
)
def test_text_is_read_in_its_encoding(text: str, encoding: str) -> None:
    assert read(text.encode(encoding)).text == text


def test_line_ends_marks_and_nuls_are_normalised_once() -> None:
    document = read(codecs.BOM_UTF8 + b"One.\r\nTwo.\rThr\0ee.\n")
    assert document.text == "One.\nTwo.\nThree.\n"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n\t\r\n", "empty"),
        (bytes(range(256)) * 40, "tried utf-8"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8\x00\x00\x01", "tried utf-16"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Office file"),
        (b"\x1f\x8b\x08" + bytes(60), "gzip"),
        (b"\x7fELF" + bytes(60), "program"),
        (b"PK\x03\x04 nothing more", "damaged or cut off"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableDocument, match=why) as caught:
        read(data)
    assert str(caught.value).startswith("notes.txt: ")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("wages.xlsx", "it has a password. Save it as .xlsx without"),
        ("plan.docx", "it has a password. Save it as .docx without"),
        ("unnamed", "it has a password. Save it as .docx, .xlsx or .pptx without"),
    ],
)
def test_a_locked_office_file_says_so_and_what_to_do(name: str, why: str) -> None:
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    with pytest.raises(UnreadableDocument, match=re.escape(why)):
        read(locked + "EncryptedPackage".encode("utf-16-le") + bytes(100), name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("letter.pages", "Apple's Pages. Export it as PDF or Word"),
        ("fees.numbers", "Apple's Numbers. Export it as Excel"),
        ("talk.key", "Apple's Keynote. Export it as PDF or PowerPoint"),
        ("unnamed", "Apple's iWork. Export it as PDF or Word"),
    ],
)
def test_a_file_of_iwork_says_what_to_export_it_as(name: str, why: str) -> None:
    with pytest.raises(UnreadableDocument, match=re.escape(why)):
        read(made.archive({"Index/Document.iwa": b"x"}), name)


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.pptx", "a.xlsx", "a.epub"])
def test_a_name_that_the_content_belies(name: str) -> None:
    with pytest.raises(UnreadableDocument, match="its content is not"):
        read(b"Only words here.", name)


@pytest.mark.skipif(os.name == "nt", reason="names are no bytes there")
def test_a_file_whose_name_is_not_utf_8_says_so(tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/caf\xe9.md"
    with open(odd, "wb") as file:  # noqa: PTH123  # a Path holds text
        file.write(b"# Nine tables\n")
    with pytest.raises(UnreadableDocument, match=r"caf\\xe9.md: its name is not in UTF-8. Rename"):
        load(os.fsdecode(odd))


def test_files_missing_closed_or_too_large(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="no such file"):
        load(tmp_path / "none.txt")
    with pytest.raises(UnreadableDocument, match="a folder"):
        load(tmp_path)
    large = tmp_path / "large.txt"
    large.write_bytes(b"word " * 300)
    with pytest.raises(UnreadableDocument, match="more than the limit"):
        load(large, max_bytes=1000)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableDocument, match="not an ordinary file"):
        load(pipe)
    with pytest.raises(UnreadableDocument):
        load(str(tmp_path / "nul\0byte"))


def test_fifty_megabytes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text(("A line of some words that ends here. " * 14 + "\n") * 100_000)
    assert path.stat().st_size > 50_000_000
    assert len(load(path).blocks) == 100_000


def test_plain_text_knows_headings_lists_and_wrapped_lines() -> None:
    document = load_text(
        "THE OLD MILL\n\nThe mill stands at the bend of the river and was\nbuilt in 1790 by two "
        "brothers.\nIt still turns.\n\nOpening hours\n=============\n- Monday to Friday: nine to "
        "five\n- Sunday: closed\n\nImage: the mill in winter\nSubscribe to our newsletter\n",
        "mill.txt",
    )
    assert document.title == "THE OLD MILL"
    assert [kind for kind, _ in kinds(document)] == [
        "HEADING",
        "PARAGRAPH",
        "HEADING",
        "BOILERPLATE",
        "LIST_ITEM",
        "LIST_ITEM",
        "CAPTION",
        "BOILERPLATE",
    ]
    assert kinds(document)[1][1].endswith("It still turns.")


def test_an_interview_is_told_by_its_shape() -> None:
    document = load_text(
        "- When did the choir begin?\n- In 1962, with nine singers from the parish.\nWe had no "
        "hall for the first three years.\nphoto: the choir\n- Who led it at that time?\n- A baker "
        "called Otto Lind led it for twenty years.\n",
        "choir.txt",
    )
    assert [kind for kind, _ in kinds(document)] == [
        "QUESTION",
        "ANSWER",
        "ANSWER",
        "CAPTION",
        "QUESTION",
        "ANSWER",
    ]


def test_a_list_of_questions_is_not_an_interview() -> None:
    document = load_text(
        "Ask yourself:\n- Who wrote it?\n- When was it written?\n- Why?\n", "q.txt"
    )
    assert [kind for kind, _ in kinds(document)] == ["PARAGRAPH"] + ["LIST_ITEM"] * 3


def test_a_list_without_bullets_ends_where_a_long_line_begins() -> None:
    long = "Seen from the town, all of this was a gain that few had thought possible in one winter."
    document = load_text(
        f"The work brought:\nTwo piers.\nA crane.\nNew lamps.\n{long * 2}\n", "w.txt"
    )
    assert [kind for kind, _ in kinds(document)] == ["PARAGRAPH"] + ["LIST_ITEM"] * 3 + [
        "PARAGRAPH"
    ]


def test_a_quotation_after_a_colon_is_no_list() -> None:
    document = load_text("He wrote:\n“We leave at dawn.”\nThen he slept.\n", "q.txt")
    assert {kind for kind, _ in kinds(document)} == {"PARAGRAPH"}


def test_markdown_is_shown_as_it_is_and_its_blocks_are_known() -> None:
    text = (
        "---\ntitle: Mill notes\n---\n# Mill *notes*\n\nIntro [here](http://x).\n\n- one\n  more\n"
        "  - deep\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n```\ncode: x\n```\n\n"
        "**Q: Who built it?**\n\nTwo brothers did.\n"
    )
    document = load_markdown(text, "mill.md")
    assert document.text == "title: Mill notes\n\n" + text.split("---\n", 2)[2]
    assert document.title == "Mill notes"
    assert kinds(document)[1:] == [
        ("HEADING", "# Mill *notes*"),
        ("PARAGRAPH", "Intro [here](http://x)."),
        ("LIST_ITEM", "- one\n  more"),
        ("LIST_ITEM", "- deep"),
        ("TABLE_ROW", "| A | B |\n|---|---|"),
        ("TABLE_ROW", "| 1 | 2 |"),
        ("PARAGRAPH", "```\ncode: x\n```"),
        ("QUESTION", "**Q: Who built it?**"),
        ("ANSWER", "Two brothers did."),
    ]


def test_folders_and_globs_stand_for_their_readable_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "deep/c.html", ".hidden/d.txt", "~lock.txt", "e.exe"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    names = [Path(p).name for p in expand([str(tmp_path), str(tmp_path / "b.txt")])]
    assert names == ["a.md", "b.txt", "c.html"]
    assert [Path(p).name for p in expand([str(tmp_path / "*.txt")])] == ["b.txt", "~lock.txt"]
    assert expand(["https://example.org/a", "none.txt"]) == ["https://example.org/a", "none.txt"]
    with pytest.raises(UnreadableDocument, match="no readable documents"):
        expand([str(tmp_path / "*.nothing")])
