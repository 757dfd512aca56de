"""What is not asked for is not computed: and rows that are shown instead do not look computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answer import Answer
from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.settings import Settings
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.table import tables
from store.library import Library

KILNS = """Kiln,Site,Cost,Fired
Old kiln,Meadow,1250,310
New kiln,Meadow,2400,122
Gas kiln,Harbour,980,88
Test kiln,Harbour,430,17
"""


def ask(library: Library, reader: Reader, folder: Path, sheet: str, question: str) -> Answer:
    """What is answered in quotes from a sheet."""
    library.add(load_bytes(sheet.encode(), Source("sheet.csv", "/somewhere/sheet.csv")))
    return Answerer(library, Settings(data=folder, model="none"), None, reader).answer(question)


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("Which kiln has the highest cost?", ("New kiln",)),
        ("How many kilns are in Harbour?", ("2",)),
        # Words that neither the table nor the file's name has.
        ("How many porcelain kilns are in Harbour?", None),
        ("What is the highest cost of a loom?", None),
        ("What is the total cost of the repairs?", None),
        # What is left out turns the meaning.
        ("How many kilns are not in Harbour?", None),
    ],
)
def test_every_word_of_the_question_is_used(
    library: Library, reader: Reader, tmp_path: Path, question: str, values: tuple[str, ...] | None
) -> None:
    answer = ask(library, reader, tmp_path, KILNS, question)
    assert (answer.computed.values if answer.computed else None) == values


def test_rows_that_are_quoted_for_a_calculation_do_not_look_computed(
    library: Library, reader: Reader, tmp_path: Path
) -> None:
    sheet = "Stall,Rent\nBread,1.204\nHoney,3.988\nCheese,2.115\n"
    answer = ask(library, reader, tmp_path, sheet, "Which stall has the highest rent?")
    assert answer.computed is None and not answer.refused
    (note,) = [n for n in answer.notes if "did not compute" in n]
    assert "“1.204” can be read with decimals or with thousands" in note
    assert answer.headline == "" and not any(c.key for c in answer.citations)


UNSETTLED = {
    "the header lacks a cell": (
        "Part number,Price,Stock\nB-1,Bolt,4.10,70\nB-2,Nut,2.20,90\n",
        "What is the price of B-2?",
    ),
    "the last row sums up the others": (
        "Region,Sales\nNorth,120\nSouth,80\nEast,55\nAll of us,255\n",
        "Which region has the highest sales?",
    ),
    "the rows stand in no order": (
        "Team,Coach\nReds,Lind\nBlues,Moe\nGreens,Vik\n",
        "Which team was first?",
    ),
    "only one row can have that name": (
        "Ferry,Route\nTern,Alat\nSkua,Baku\nGull,Aktau\n",
        "How many routes has the ferry Tern?",
    ),
    "a running number is no amount": (
        "No.,Runner,Club\n1,Ada,Lions\n2,Bo,Bears\n3,Cy,Lions\n4,Di,Bears\n",
        "Which runner has the highest no.?",
    ),
    "two years of a range of three": (
        "Item,2021,2022,2023\nRent,10,20,60\nLight,1,2,6\nWater,3,3,4\n",
        "What is the average rent from 2021 to 2023?",
    ),
}


@pytest.mark.parametrize(("sheet", "question"), UNSETTLED.values(), ids=list(UNSETTLED))
def test_what_a_table_does_not_settle_is_not_computed(
    library: Library, reader: Reader, tmp_path: Path, sheet: str, question: str
) -> None:
    assert ask(library, reader, tmp_path, sheet, question).computed is None


@pytest.mark.parametrize("name", ["stops.csv", "stops.md"])
def test_a_header_that_stands_again_is_no_row(
    library: Library, reader: Reader, tmp_path: Path, name: str
) -> None:
    lines = ["Stop,Zone", "Quay,A", "Mill,B", "Stop,Zone", "Fort,B", "Park,B"]
    if name.endswith(".md"):
        lines = [f"| {line.replace(',', ' | ')} |" for line in lines]
        lines.insert(1, "|---|---|")
    data = "\n".join(lines).encode()
    document = load_bytes(data, Source(name, f"/{name}"))
    (table,) = tables(document.text, document.blocks)
    assert [row.cells[0].text for row in table.rows] == ["Quay", "Mill", "Fort", "Park"]
    library.add(document)
    answerer = Answerer(library, Settings(data=tmp_path, model="none"), None, reader)
    answer = answerer.answer("How many stops are in zone B?")
    assert answer.computed is not None and answer.computed.values == ("3",)
