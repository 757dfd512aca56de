"""Answers as files for people: the words, their footnotes in order, and nothing that runs."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import docx
import httpx
import pypdfium2
import pytest
from lxml import etree, html
from markdown_it import MarkdownIt
from playwright.sync_api import Page, expect

from app.answer import Answer, Citation, Closest, Sentence, Verdict
from app.service.export import FORMS, export
from app.service.export.pdf_writer import NoFont, font_files, fonts_for
from ingest.load import load
from tests.support.browser import Served, ask
from tests.support.commands import Footnote

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STORM = "In 1953 a storm broke the gallery."
HARM = "<img src=x onerror=alert(1)> & \x07 \u202e"
ARABIC = "بني المنار عام 1871."


def cited(n: int, quote: str, document: str = "lighthouse.txt") -> Citation:
    return Citation(n, document, "r1", 0, len(quote), quote)


def answer(*sentences: Sentence, citations: tuple[Citation, ...], further: int = 0) -> Answer:
    return Answer(
        "Q", "Q", "answer", sentences, citations, "", (), 0.9, "none", further=further
    )  # fmt: skip


FIRST = answer(
    Sentence(STORM, (2,), Verdict.QUOTED),
    Sentence("- gallery", (1, 2), Verdict.QUOTED),
    Sentence("More that was folded.", (3,), Verdict.QUOTED),
    citations=(cited(1, "gallery"), cited(2, STORM), cited(3, "More.")),
    further=1,
)
SECOND = answer(Sentence(ARABIC, (1,), Verdict.QUOTED), citations=(cited(1, ARABIC, "منار.txt"),))
ASKED = [
    ("What happened\nin 1953?", FIRST, ""),
    (f"And {HARM}?", None, f"Stopped {HARM}."),
    ("ومتى؟", SECOND, ""),
]


def notes_of(word: bytes) -> dict[str, str]:
    with zipfile.ZipFile(BytesIO(word)) as packed:
        root = etree.fromstring(packed.read("word/footnotes.xml"))
    return {
        note.get(f"{W}id"): "".join(note.itertext(f"{W}t")).strip()
        for note in root.findall(f"{W}footnote")
        if note.get(f"{W}type") is None
    }


def test_word_has_its_own_footnotes() -> None:
    made = export("docx", "A storm", ASKED)
    document = docx.Document(BytesIO(made))
    texts = [p.text for p in document.paragraphs]
    assert texts[0] == "A storm"
    assert texts[1].endswith(" · lighthouse.txt, منار.txt")
    assert texts[2:5] == ["What happened in 1953?", STORM, "- gallery"]
    about = document.core_properties
    assert (about.author, about.last_modified_by, about.comments) == ("Footnote", "Footnote", "")
    assert about.created is not None and about.created.year > 2013
    assert "More that was folded." not in "".join(texts)
    referred = [
        int(found.get(f"{W}id")) for found in document.element.body.iter(f"{W}footnoteReference")
    ]
    assert referred == [2, 1, 2, 3]
    notes = notes_of(made)
    assert notes["2"] == f"“{STORM}” — lighthouse.txt"
    assert set(notes) == {"1", "2", "3"}


def test_word_writes_from_the_right_where_the_text_does() -> None:
    document = docx.Document(BytesIO(export("docx", "", ASKED)))
    right = [p.text for p in document.paragraphs if p._p.find(f".//{W}bidi") is not None]
    assert right == ["ومتى؟", ARABIC]


def test_a_word_file_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.docx"
    path.write_bytes(export("docx", "A storm", ASKED))
    text = load(path).text
    assert STORM in text and ARABIC in text


def pages_of(made: bytes) -> str:
    with pypdfium2.PdfDocument(made) as opened:
        return "".join(page.get_textpage().get_text_range() for page in opened)


def test_pdf_has_its_footnotes_in_order() -> None:
    made = export("pdf", "A storm – “1953”", ASKED[:1])
    text = " ".join(pages_of(made).split())
    assert f"What happened in 1953? {STORM} 2 - gallery 1, 2" in text
    assert f"2 “{STORM}” — lighthouse.txt" in text
    assert "More that was folded." not in text
    assert b"FontFile" not in made, "what PDF's own fonts hold embeds none"


@pytest.mark.skipif(not font_files(), reason="there is no font on this machine")
def test_pdf_embeds_fonts_for_other_letters_and_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.pdf"
    path.write_bytes(export("pdf", "Məclis", [ASKED[0], ("Кто?", None, "Никто.")]))
    assert b"FontFile" in path.read_bytes()
    text = load(path).text
    assert "Məclis" in text and "Никто." in text and STORM in text


def test_a_pdf_is_written_beside_the_local_model() -> None:
    """Their compiled parts cannot be in one process."""
    program = (
        "from app.models.llama_cpp import _library\n"
        "from app.service.export import export\n"
        "assert _library()\nassert export('pdf', 'One', []).startswith(b'%PDF')\n"
        "assert _library().Server\n"
    )
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_letters_that_no_font_holds_are_named() -> None:
    with pytest.raises(NoFont, match="these letters: ə. Export as HTML"):
        fonts_for({"ə"}, [])
    with pytest.raises(NoFont, match="\U0010fffe"):
        export("pdf", "\U0010fffe", [])


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_title_that_is_the_question_stands_once(form: str) -> None:
    text = export(form, "What happened in 1953?", ASKED[:1]).decode()
    body = text.partition("<body>")[2] or text
    assert body.count("What happened in 1953?") == 1


@pytest.mark.parametrize("form", ["md", "html", "docx", "pdf"])
def test_a_refusal_keeps_its_closest_passages(form: str, tmp_path: Path) -> None:
    closest = (Closest(cited(1, STORM), "does not say who repaired it"),)
    refusal = Answer(
        "Q", "Q", "refusal", (), (), "The documents do not say.", closest, 0.1, "none"
    )  # fmt: skip
    path = tmp_path / f"answers.{form}"
    path.write_bytes(export(form, "T", [("Who repaired it?", refusal, ""), ASKED[0]]))
    text = " ".join(load(path).text.split())
    assert "The documents do not say." in text
    assert f"“{STORM}”" in text
    assert text.index("The documents do not say.") < text.index(f"“{STORM}”")
    if form == "md":
        assert "[^1]: lighthouse.txt" in path.read_text(encoding="utf-8")
        assert f"{STORM}[^3]" in path.read_text(encoding="utf-8")


def test_a_question_is_not_alone_at_the_foot_of_a_page() -> None:
    with pypdfium2.PdfDocument(export("pdf", "Many", ASKED[:1] * 40)) as opened:
        pages = [page.get_textpage().get_text_range().strip() for page in opened]
    assert len(pages) > 3
    assert not any(page.endswith("What happened in 1953?") for page in pages)


def test_html_leads_from_each_mark_to_its_note() -> None:
    page = html.fromstring(export("html", f"A {HARM}", ASKED).decode())
    assert page.xpath("//sup/a/text()") == ["2", "1", "2", "3"]
    for mark in page.xpath("//sup/a"):
        (note,) = page.xpath(f"//li[@id='{mark.get('href')[1:]}']")
        assert note.get("value") == mark.text
    assert not page.xpath("//img | //script")
    assert "<img src=x" in page.text_content()


def test_markdown_numbers_footnotes_through() -> None:
    text = export("md", "", ASKED).decode()
    assert f"{STORM}[^2]\n- gallery[^1][^2]" in text
    assert f"{ARABIC}[^3]" in text
    assert set(re.findall(r"^\[\^(\d)\]: ", text, re.MULTILINE)) == {"1", "2", "3"}


@pytest.mark.parametrize("form", FORMS)
def test_nothing_asked_is_a_file_all_the_same(form: str) -> None:
    assert export(form, "Nothing", [])


def test_every_form_from_the_page(page: Page, served: Served) -> None:
    ask(page, "How many times did President Aliyev visit Central Asian countries?")
    page.locator("#conversations summary").first.click()
    links = page.locator("#conversations li").first.locator(".files a")
    expect(links).to_have_count(6)
    for name, start in (
        ("Markdown", b"# "),
        ("HTML", b"<!doctype html>"),
        ("Word", b"PK"),
        ("PDF", b"%PDF"),
    ):
        with page.expect_download() as file:
            links.filter(has_text=name).click()
        made = Path(file.value.path()).read_bytes()
        assert made.startswith(start)
        assert file.value.suggested_filename.startswith("conversation.")
    shown = links.filter(has_text="print").get_attribute("href")
    printed = httpx.get(f"{served.address}/{shown}")
    assert "content-disposition" not in printed.headers
    assert b"print()" in printed.content
    other = re.sub(r"\.html.*", ".exe", str(shown))
    assert httpx.get(f"{served.address}/{other}").status_code == 404


def test_answers_are_exported_by_the_ending_of_the_name(footnote: Footnote, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("The ferry Marigold leaves at noon.\n", encoding="utf-8")
    footnote("ingest", str(note))
    footnote("ask", "When does the ferry Marigold leave?")
    for ending, start in (("docx", b"PK"), ("html", b"<!doctype"), ("md", b"# "), ("json", b"{")):
        out = tmp_path / f"out.{ending}"
        footnote("answers", "export", "-o", str(out))
        assert out.read_bytes().startswith(start)


@pytest.mark.parametrize(
    "text",
    [
        "<img src=http://outside.invalid/x.png>",
        "<script>alert(1)</script>",
        "<!-- x --> <?php x ?> </p>",
        "![x](http://outside.invalid/x.png)",
        "![x][y]\n\n[y]: http://outside.invalid/x.png",
        "&lt;img src=x&gt;",
        "[^1]: not ours",
    ],
)
def test_markdown_shows_a_documents_html_and_carries_none_out(text: str) -> None:
    said = answer(Sentence(text, (1,), Verdict.QUOTED), citations=(cited(1, text, text),))
    made = export("md", text, [(text, said, ""), (text, None, text)]).decode()
    drawn = MarkdownIt("commonmark").render(made)
    assert not re.search(r"<(?!/?(?:h1|h2|p|em|code|pre|ul|li|strong|a)\b)", drawn), drawn
    assert not re.search(r"^\[\^1\]: not", made, re.MULTILINE)


def test_markdown_leaves_what_is_no_markup_alone() -> None:
    text = "5 < 7 & R&D, f(x) = [x]; a<b"
    said = answer(Sentence(text, (1,), Verdict.QUOTED), citations=(cited(1, text),))
    made = export("md", "", [("Q", said, "")]).decode()
    assert text.replace("a<b", "a\\<b") in made
