"""Text recognition: scans, pictures, turned pages, lost spaces, and how it is told."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from app.answering.pipeline import Answerer
from app.settings import Settings
from ingest.document import Document
from ingest.errors import UnreadableDocument
from ingest.load import load, load_bytes
from ingest.load.base.source import Source
from ingest.load.ocr.letters import word_sureness
from ingest.load.ocr.recognised_page import find_unsure, recognised_pages, unsure_words
from ingest.load.ocr.spaces import is_english, with_spaces
from ingest.load.sandbox import sandbox
from ingest.render_page import render_page
from store.embedding.open_embedder import open_embedder
from store.library import Library
from tests.support.commands import Footnote

SAID = ["The treasurer reported a deficit", "of 12,400 euros for the year."]


def scan(*lines: str, turn: int = 0) -> Image.Image:
    """A page with these lines, as a scanner gives it."""
    page = Image.new("L", (1240, 1754), 255)
    pen = ImageDraw.Draw(page)
    for at, line in enumerate(lines):
        pen.text((120, 200 + 70 * at), line, fill=0, font=ImageFont.load_default(42))
    return page.rotate(turn, expand=True)


def saved(page: Image.Image, format_: str, *more: Image.Image) -> bytes:
    out = io.BytesIO()
    options = {"save_all": True, "append_images": more} if more else {}
    page.save(out, format_, resolution=150, **options)
    return out.getvalue()


def read(data: bytes, name: str, *, ocr: bool = True) -> Document:
    return load_bytes(data, Source(name, f"/somewhere/{name}"), ocr=ocr)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tiff"])
def test_a_picture_of_text_is_read(name: str) -> None:
    format_ = {"png": "PNG", "jpg": "JPEG", "tiff": "TIFF"}[name[2:]]
    document = read(saved(scan(*SAID), format_), name)
    assert " ".join(document.text.split()) == " ".join(SAID)
    assert set(recognised_pages(document.metadata)) == {1}


@pytest.mark.parametrize("turn", [90, 180])
def test_a_scan_that_lies_on_its_side_or_head_is_turned(turn: int) -> None:
    document = read(saved(scan(*SAID, turn=turn), "PDF"), "scan.pdf")
    assert " ".join(document.text.split()) == " ".join(SAID)


def test_pages_are_told_with_their_confidence() -> None:
    data = saved(scan("The chair is Ruth Amsel."), "PDF", scan("The next meeting is in May."))
    document = read(data, "scan.pdf")
    assert "Ruth Amsel" in document.text and "in May" in document.text
    assert [block.page for block in document.blocks] == [1, 2]
    assert all(sure > 80 for sure in recognised_pages(document.metadata).values())
    assert "Pages 1, 2 were read by text recognition" in document.omissions[0]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize(("name", "format_"), [("a.png", "PNG"), ("scan.pdf", "PDF")])
def test_the_page_is_shown_upright_with_the_words_marked(
    name: str, format_: str, turn: int
) -> None:
    data = saved(scan(*SAID, turn=turn), format_)
    document = read(data, name)
    shown, (box,) = render_page(data, document.media_type, 1, SAID[1], document.scans)
    page = Image.open(io.BytesIO(shown))
    assert page.height > page.width, "upright"
    yellow = [
        (x, y)
        for x in range(0, page.width, 4)
        for y in range(0, page.height, 4)
        if (pixel := page.getpixel((x, y)))[0] > 200 > pixel[2]
    ]
    # The second line stands 270 to 312 pixels from the top of 1,754, from the 120th of 1,240 on.
    assert {round(10 * y / page.height, 0) for _, y in yellow} == {2.0}
    assert 0.08 < min(x for x, _ in yellow) / page.width < 0.12
    assert box.page == 1


def test_a_scanned_page_of_a_library_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "two.tiff"
    path.write_bytes(saved(scan("The chair is Ruth Amsel."), "TIFF", scan(*SAID)))
    with Library.open(tmp_path / "data", open_embedder()) as library:
        library.add(load(path))
        (revision,) = library.documents()
        kept = library.original(revision.id)
        assert kept is not None and [page.number for page in kept[1]] == [1, 2]
        library.reindex()
        assert library.original(revision.id) == kept
    _, (box,) = render_page(kept[0], revision.media_type, 2, SAID[0], kept[1])
    assert box.page == 2


def test_recognition_can_be_off(footnote: Footnote, tmp_path: Path) -> None:
    data = saved(scan(*SAID), "PDF")
    with pytest.raises(UnreadableDocument, match="recognition is off"):
        read(data, "scan.pdf", ocr=False)
    with pytest.raises(UnreadableDocument, match="recognition is off"):
        read(saved(scan(*SAID), "PNG"), "a.png", ocr=False)
    (tmp_path / "scan.pdf").write_bytes(data)
    refused = footnote("ingest", tmp_path / "scan.pdf", "--ocr", "off")
    assert refused.code == 2 and "recognition is off" in " ".join(refused.err.split())


def test_a_picture_without_words_says_so() -> None:
    with pytest.raises(UnreadableDocument, match="no text"):
        read(saved(Image.new("L", (600, 400), 255), "PNG"), "a.png")


def test_a_damaged_picture_is_refused() -> None:
    with pytest.raises(UnreadableDocument):
        read(saved(scan(*SAID), "PNG")[:200], "a.png")


@pytest.mark.parametrize(
    ("read_as", "words"),
    [
        ("DepartmentofInternal Medicine", "Department of Internal Medicine"),
        ("SEATTLEGENERALHOSPITAL", "SEATTLE GENERAL HOSPITAL"),
        ("Wroclaw,Poland, October28,2024", "Wroclaw, Poland, October 28, 2024"),
        ("understanding", "understanding"),
        ("BloodPressure of a Markdown file", "Blood Pressure of a Markdown file"),
        ("PAT-3847 and Lindqvist", "PAT-3847 and Lindqvist"),
        ("12,400 euros", "12,400 euros"),
    ],
)
def test_lost_spaces_are_put_back(read_as: str, words: str) -> None:
    assert with_spaces(read_as) == words


def test_other_languages_are_left_alone() -> None:
    assert is_english("The museum is closed on Mondays")
    assert not is_english("Haftpflichtversicherung Mindestlaufzeit Kündigungsfrist zwölf Monate")


def test_a_reader_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MAX_SECONDS", 0)
    with pytest.raises(UnreadableDocument, match="took more than 0 seconds"):
        read(saved(scan(*SAID), "PDF"), "scan.pdf")


def smudged() -> Image.Image:
    """A page whose second line was wiped over while it was wet."""
    page = scan("The pump stands in the north hall.", "Its valve was replaced by Ruth Amsel.")
    line = (100, 260, 1240, 330)
    page.paste(page.crop(line).filter(ImageFilter.GaussianBlur(4)), line[:2])
    return page


def test_words_that_were_read_unsurely_are_named() -> None:
    """A line that can hardly be read does not hide behind the sure letters of the others."""
    clear = read(saved(scan(*SAID), "PNG"), "clear.png")
    assert "Letters may be wrong" in clear.omissions[0] and not unsure_words(clear.metadata, 1)
    document = read(saved(smudged(), "PNG"), "smudged.png")
    unsure = unsure_words(document.metadata, 1)
    assert unsure and not set(unsure) & {"The", "pump", "stands", "in", "the", "north", "hall."}
    assert "Words that may be wrong" in document.omissions[0]
    assert f"“{unsure[0]}”" in document.omissions[0]
    assert recognised_pages(document.metadata)[1] < recognised_pages(clear.metadata)[1]
    spans = find_unsure(document.text, unsure)
    assert [document.text[slice(*span)] for span in spans] == unsure
    assert find_unsure("pump pumps pump.", ["pump"]) == [(0, 4)]


def test_an_answer_names_the_words_it_cites_that_may_be_wrong(tmp_path: Path) -> None:
    for name, page in (("smudged.png", smudged()), ("clear.png", scan(*SAID))):
        (tmp_path / name).write_bytes(saved(page, "PNG"))
    with Library.open(tmp_path / "data", open_embedder()) as library:
        reports = [library.add(load(tmp_path / name)) for name in ("smudged.png", "clear.png")]
        (unsure, *_) = unsure_words(library.revision(reports[0].revision).metadata, 1)
        answerer = Answerer(library, Settings(data=tmp_path, model="none"))
        pump, deficit = answerer.answer_many(
            [("Where does the pump stand?", None), ("What deficit was reported?", None)]
        )
        assert answerer.answer("Where does the pump stand?").notes == pump.notes
    assert unsure in pump.citations[0].quote
    place = "smudged.png, page 1"
    assert pump.notes == (f"Text recognition was not sure of “{unsure}”: look at {place}.",)
    assert deficit.citations and not deficit.notes


def test_letters_are_as_sure_as_the_engine_says() -> None:
    read_, letters = "Thepump 7", (0.9, 0.8, 0.7, 0.99, 0.98, 0.6, 0.97, 0.5, 0.4)
    assert word_sureness(read_, letters, "The pump 7") == [("The", 0.7), ("pump", 0.6), ("7", 0.4)]
    assert word_sureness("Th", (0.9,), "Th") == [("Th", 0.9)]
