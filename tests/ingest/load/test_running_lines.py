"""Lines in a PDF's margins: what recurs becomes page furniture, and no line is ever lost."""

from __future__ import annotations

import random
import re

import pypdfium2
import pytest

from ingest.document import BlockKind, Document
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.table import tables
from tests.support import made

SOURCE = Source("made.pdf", "/somewhere/made.pdf")
Piece = tuple[float, float, float, str]


def document_of(*pages: list[Piece]) -> Document:
    return load_bytes(made.pdf_file(list(pages)), SOURCE)


def furniture(document: Document) -> list[str]:
    blocks = [b for b in document.blocks if b.kind is BlockKind.BOILERPLATE]
    return [document.text[b.start : b.end] for b in blocks]


def prose(page: int, top: float = 700, lines: int = 20) -> list[Piece]:
    words = f"On day {page} the ferry took the mail to the island and came back before dark"
    return [(60, top - 15 * n, 11, f"{words}, line {n}.") for n in range(lines)]


def test_amounts_at_the_edges_of_two_pages_are_text() -> None:
    document = document_of(
        [(60, 800, 10, "Invoice no. 2024-117"), *prose(1), (60, 40, 10, "Carried over: 412.50")],
        [(60, 800, 10, "Invoice no. 2024-118"), *prose(2), (60, 40, 10, "Carried over: 980.25")],
    )
    assert furniture(document) == []
    for words in ("2024-117", "2024-118", "Carried over: 412.50", "Carried over: 980.25"):
        assert words in document.text


def test_totals_of_many_pages_are_text() -> None:
    totals = [417, 83, 1250, 9, 2210]
    document = document_of(
        *([*prose(n), (60, 40, 10, f"Opening balance {total}")] for n, total in enumerate(totals))
    )
    assert furniture(document) == []
    assert all(f"Opening balance {total}" in document.text for total in totals)


@pytest.mark.parametrize(
    ("heads", "kept"),
    [
        (["Harbour report"] * 3, ["Harbour report"]),
        (["Page 1 of 3", "Page 2 of 3", "Page 3 of 3"], ["Page 1 of 3\nPage 2 of 3\nPage 3 of 3"]),
        (["Tides 145", "Tides 146", "Tides 147"], ["Tides 145\nTides 146\nTides 147"]),
        (["iv", "v", "vi"], ["iv\nv\nvi"]),
        (["Chapter one", "Chapter two", "Chapter six"], []),
        (["Sum 11", "Sum 25", "Sum 17"], []),
    ],
)
def test_what_recurs_or_counts_is_furniture(heads: list[str], kept: list[str]) -> None:
    document = document_of(*([(60, 805, 10, head), *prose(n)] for n, head in enumerate(heads)))
    assert furniture(document) == kept
    assert all(head in document.text for head in heads)
    assert all(b.page == 1 for b in document.blocks if b.kind is BlockKind.BOILERPLATE)


def test_a_sentence_over_a_page_break_is_not_interrupted() -> None:
    last = (60.0, 60.0, 11.0, "The ferry that leaves at six in the morning and")
    document = document_of(
        [*prose(1)[:-1], last, (290, 30, 9, "1")],
        [(60, 780, 11, "comes back at nine."), *prose(2), (290, 30, 9, "2")],
    )
    assert "at six in the morning and comes back at nine." in document.text
    assert furniture(document) == ["1\n2"]


def test_a_header_that_stands_again_on_each_page_continues_the_table() -> None:
    places = (60.0, 200.0, 320.0, 440.0)

    def row(top: float, *cells: str) -> list[Piece]:
        return [(x, top, 10, cell) for x, cell in zip(places, cells, strict=True)]

    rng = random.Random(7)
    pages, sums = [], []
    for page in range(3):
        pieces = row(810, "Station", "Opened", "Keeper", "Staff")
        for n in range(54):
            sums.append(rng.randint(2, 99))
            name = f"Post {page}-{n}"
            pieces += row(796 - 14 * n, name, str(rng.randint(1850, 1990)), "Moen", str(sums[-1]))
        pages.append(pieces)
    document = document_of(*pages)
    (table,) = tables(document.text, document.blocks)
    assert [cell.text for cell in table.header] == ["Station", "Opened", "Keeper", "Staff"]
    assert len(table.rows) == len(sums)
    assert document.text.count("Station | Opened") == 1


def _letters(words: str) -> str:
    return "".join(c for c in words.casefold() if c.isalnum())


@pytest.mark.parametrize("pages", [1, 2, 3, 5, 12])
@pytest.mark.parametrize("seed", range(6))
def test_every_line_of_a_pdf_is_in_its_text(pages: int, seed: int) -> None:
    """Lines of the kinds that margins hold, in any mix, on any number of pages."""
    rng = random.Random(100 * pages + seed)
    made_pages: list[list[Piece]] = []
    kinds = [
        lambda n: "Annual report", lambda n: f"Page {n}", lambda n: f"{n}",
        lambda n: f"Total {rng.randint(1, 30)}", lambda n: f"- {n + 8} -",
        lambda n: f"{rng.randint(1, 12)}", lambda n: "WIFI: harbour", lambda n: "xii",
    ]  # fmt: skip
    chosen = rng.sample(kinds, 4)
    for n in range(1, pages + 1):
        margins = [(60.0, y, 9.0, k(n)) for y, k in zip((810, 796, 50, 36), chosen, strict=True)]
        made_pages.append([*margins, *prose(n, lines=rng.randint(0, 20))])
    _check_lines(made.pdf_file(made_pages))


def _check_lines(data: bytes) -> None:
    text = _letters(load_bytes(data, SOURCE).text)
    for page in pypdfium2.PdfDocument(data):
        for line in page.get_textpage().get_text_range().splitlines():
            for words in re.split(r"\s{2,}", line):
                assert _letters(words) in text, words


@pytest.mark.parametrize("form", ["Receipt K-{}", "Order 2024/{}", "No. 7.{}", "Bill 3-{}-B"])
def test_a_number_within_a_name_counts_no_pages(form: str) -> None:
    heads = [form.format(number) for number in (41, 42, 43)]
    document = document_of(*([(60, 805, 10, head), *prose(n)] for n, head in enumerate(heads)))
    assert furniture(document) == []
    assert all(head in document.text for head in heads)
