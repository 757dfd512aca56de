"""Where a citation is: the page or the time of its own words, not of its passage."""

from __future__ import annotations

from pathlib import Path

from app.answer import Answer
from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.formats.answer_text import citation_place
from app.settings import Settings
from ingest.load import load_bytes
from ingest.load.base.source import Source
from store.library import Library
from tests.support import made


def answer_from(
    library: Library, reader: Reader, folder: Path, data: bytes, name: str, question: str
) -> Answer:
    library.add(load_bytes(data, Source(name, f"/somewhere/{name}")))
    return Answerer(library, Settings(data=folder, model="none"), None, reader).answer(question)


def test_a_footnote_names_the_page_of_its_own_paragraph(
    library: Library, reader: Reader, tmp_path: Path
) -> None:
    pages: list[list[tuple[float, float, float, str]]] = [
        [
            (60, 700, 11, "The mill at Orrin was built by the brothers Falk."),
            (60, 80, 18, "The wheel"),
        ],
        [(60, 700, 11, "Its wheel was replaced in 1931 after the great flood.")],
    ]
    question = "When was the wheel replaced?"
    answer = answer_from(library, reader, tmp_path, made.pdf_file(pages), "mill.pdf", question)
    (cited,) = answer.citations[:1]
    assert "1931" in cited.quote and "brothers" not in cited.quote
    assert cited.page == 2 and citation_place(cited) == "mill.pdf › The wheel › page 2"
    passage = library.passages(cited.revision)[-1].passage
    assert passage.page == 1, "the passage begins with its heading"


def test_a_footnote_of_subtitles_names_the_time(
    library: Library, reader: Reader, tmp_path: Path
) -> None:
    film = (
        "1\n00:15:06,000 --> 00:15:09,500\nThe mill was built by the Falks.\n\n"
        "2\n00:15:10,000 --> 00:15:12,000\n"
        "Its wheel was replaced\n\n3\n00:15:12,000 --> 00:15:14,000\nin 1931, after the flood.\n"
    )
    question = "When was the wheel replaced?"
    answer = answer_from(library, reader, tmp_path, film.encode(), "mill.srt", question)
    (cited,) = answer.citations[:1]
    assert cited.quote == "Its wheel was replaced in 1931, after the flood."
    assert citation_place(cited) == "mill.srt › 00:15:10"
