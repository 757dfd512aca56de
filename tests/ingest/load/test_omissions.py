"""Nothing is left out without a word: loaders tell it; reports, entries and refusals show it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.settings import Settings
from ingest.document import Document
from ingest.errors import UnreadableDocument
from ingest.load import left_out, load_bytes
from ingest.load.base.source import Source
from ingest.load.sandbox.sandbox import load_in_sandbox
from store.library import Library
from tests.support import made
from tests.support.commands import Footnote


def read(data: bytes, name: str) -> Document:
    return load_bytes(data, Source(name, f"/somewhere/{name}"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Tea;£3\n".encode("cp1252"), "£3"),
        ("Müller wohnt in Köln.".encode("cp1252"), "Müller wohnt in Köln."),
        ("“Façade”, said Zoë – it’s naïve…".encode("cp1252"), "“Façade”, said Zoë – it’s naïve…"),
    ],
)
def test_short_western_text_is_no_japanese_and_what_is_assumed_is_told(
    data: bytes, text: str
) -> None:
    document = read(data, "a.txt")
    assert text in document.text
    assert document.omissions == (
        "The file does not say how its characters are encoded; Windows-1252 was assumed.",
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("東京は日本の首都です。人口は多いです。港は古い。", "shift_jis"),
        ("Река течёт на юг, к морю, и зимой она замерзает.", "cp1251"),
        ("北京是中国的首都，人口很多，有很多大学和博物馆。", "gb18030"),
    ],
)
def test_other_scripts_are_still_recognised(text: str, encoding: str) -> None:
    assert read(text.encode(encoding), "a.txt").text == text


def test_text_that_says_its_encoding_assumes_nothing() -> None:
    assert read("Köln".encode(), "a.txt").omissions == ()
    assert read("\ufeffKöln".encode("utf-16"), "a.txt").omissions == ()


def test_a_page_tells_its_hidden_words_and_its_menus() -> None:
    document = read(made.PAGE, "a.html")
    assert "Hidden text was left out (2 words)." in document.omissions
    assert any("Menus, advertisements" in told for told in document.omissions)


def test_a_page_without_text_is_named() -> None:
    pages = [[(72, 700, 12, "The harbour is deep.")], [], [(72, 700, 12, "The pier is short.")]]
    document = read(made.pdf_file(pages), "a.pdf")
    assert document.omissions == ("Page 2: no text was found; it is empty or scanned.",)


def test_a_damaged_chapter_does_not_lose_the_book() -> None:
    data = made.book_file()
    broken = bytearray(data)
    at = data.index(b"OEBPS/a.xhtml") + len("OEBPS/a.xhtml")
    broken[at : at + 12] = b"\xff" * 12
    document = read(bytes(broken), "a.epub")
    assert "They saw it in June." in document.text
    assert any("a.xhtml" in told and "damaged" in told for told in document.omissions)


def test_a_book_of_damaged_chapters_is_refused() -> None:
    broken = bytearray(made.book_file())
    for name in (b"OEBPS/a.xhtml", b"OEBPS/b.xhtml"):
        at = broken.index(name) + len(name)
        broken[at : at + 12] = b"\xff" * 12
    with pytest.raises(UnreadableDocument, match="all chapters"):
        read(bytes(broken), "a.epub")


def test_omissions_come_out_of_the_sandbox() -> None:
    pages = [[(72, 700, 12, "The harbour is deep.")], []]
    apart = load_in_sandbox("ingest.load.pdf.pdf", made.pdf_file(pages), Source("a.pdf", "/a.pdf"))
    assert len(apart.omissions) == 1


def test_what_parses_a_strangers_document_gets_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("HF_TOKEN", "hf-secret")
    given: list[dict[str, str]] = []
    real = subprocess.Popen

    def popen(*arguments: Any, **options: Any) -> Any:
        given.append(options["env"])
        return real(*arguments, **options)

    monkeypatch.setattr("ingest.load.sandbox.child.subprocess.Popen", popen)
    load_in_sandbox(
        "ingest.load.pdf.pdf", made.pdf_file([[(72, 700, 12, "Deep.")]]), Source("a.pdf", "")
    )
    assert given  # the one that reads it, or the one that waits for the next
    for environment in given:
        assert "PATH" in environment
        assert not [value for value in environment.values() if "secret" in value]


def test_front_matter_is_metadata_and_comments_are_not_shown() -> None:
    text = (
        b"---\nauthor: Kim Holm\ntags: [sea, salt]\nnested:\n  a: 1\n---\n\n# Pumps\n\n"
        b"It runs. <!-- secret --> Always.\n\n```html\n<!-- kept -->\n```\n"
    )
    document = read(text, "a.md")
    assert dict(document.metadata) == {"author": "Kim Holm", "tags": "sea, salt"}
    assert document.text.startswith("author: Kim Holm\ntags: sea, salt\n")
    assert "secret" not in document.text and "<!-- kept -->" in document.text
    assert dict(read(b'+++\ntitle = "Tide"\n+++\nIt ebbs.\n', "b.md").metadata) == {"title": "Tide"}


@pytest.mark.parametrize("text", ["a <!--> b -->\n", "a <!-- b\n"])
def test_what_is_no_comment_stays(text: str) -> None:
    assert read(text.encode(), "a.md").text == text


@pytest.mark.parametrize("text", ["---\nnot: [yaml\n---\nText\n", "---\njust words\n---\nText\n"])
def test_what_is_no_front_matter_stays(text: str) -> None:
    assert read(text.encode(), "a.md").text == text


def test_files_of_a_folder_that_are_not_read_are_named(tmp_path: Path) -> None:
    for name in ("a.txt", "b.xyz", ".c.txt", "deep/d.bin"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("The mill is red.")
    assert left_out(str(tmp_path)) == [
        (".c.txt", "hidden"),
        ("b.xyz", "“.xyz” files are not read"),
        ("deep/d.bin", "“.bin” files are not read"),
    ]
    assert left_out(str(tmp_path / "a.txt")) == []


def test_reports_entries_and_refusals_tell_it(
    library: Library, tmp_path: Path, reader: Reader
) -> None:
    pages = [[(72, 700, 12, "The harbour is deep and old.")], []]
    told = "Page 2: no text was found; it is empty or scanned."
    report = library.add(read(made.pdf_file(pages), "a.pdf"))
    assert report.omissions == (told,)
    assert library.documents()[0].omissions == (told,)
    again = library.add(read(made.pdf_file([pages[0], [], []]), "a.pdf"))
    assert again.status == "unchanged"
    assert library.documents()[0].omissions != (told,), "what is told is brought up to date"
    answerer = Answerer(library, Settings(data=tmp_path), None, reader)
    answer = answerer.answer("Who painted the ceiling of the opera in Lisbon?")
    assert answer.refused and "Pages 2, 3: no text was found" in answer.reason


def test_the_command_line_tells_it(footnote: Footnote, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "prices.csv").write_bytes("Tea,£3\n".encode("cp1252"))
    (tmp_path / "in" / "b.xyz").write_text("x")
    said = " ".join(footnote("ingest", tmp_path / "in").out.split())
    assert "Windows-1252 was assumed" in said
    assert "b.xyz: “.xyz” files are not read" in said
