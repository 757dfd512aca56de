"""Numbers by the form of their table, the sign behind, units of one quantity, and exact words."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.settings import Settings
from app.tables.number_form import COMMA, DOT, MIXED, OPEN, decimal_value, form_of
from app.tables.values import Kind, build_grid, parse_number
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.table import tables
from store.library import Library


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["1.204", "988"], OPEN),
        (["1.204", "3,50"], COMMA),
        (["1,204", "3.50 EUR"], DOT),
        (["1.204.310"], COMMA),
        (["1,204,310"], DOT),
        (["0.204"], DOT),
        (["1204.310"], DOT),
        (["1.204,50"], COMMA),
        (["3,5", "3.5"], MIXED),
    ],
)
def test_numbers_together_show_which_sign_parts_decimals(texts: list[str], form: str) -> None:
    assert form_of(texts) == form


@pytest.mark.parametrize(
    ("written", "form", "value"),
    [
        ("1.204", COMMA, "1204"),
        ("1.204", DOT, "1.204"),
        ("1.204", OPEN, None),
        ("1,204", OPEN, "1204"),
        ("1,204", COMMA, "1.204"),
        ("2 310", OPEN, "2310"),
        ("3,5", DOT, "3.5"),
        ("-1.204,50", OPEN, "-1204.50"),
    ],
)
def test_a_number_has_its_value_by_its_form(written: str, form: str, value: str | None) -> None:
    assert decimal_value(written, form) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "value"), [("200-", "-200"), ("(200)", "-200"), ("3k", "3000"), ("3 km", "3")]
)
def test_signs_and_thousands_behind_a_number_count(text: str, value: str) -> None:
    assert parse_number(text) == Decimal(value)


def column(*cells: str) -> tuple[Kind, str, list[Decimal | None]]:
    rows = "".join(f"item {n};{cell}\n" for n, cell in enumerate(cells))
    sheet = load_bytes(f"Item;Amount\n{rows}".encode(), Source("a.csv", "/a.csv"))
    (table,) = tables(sheet.text, sheet.blocks)
    grid = build_grid(table)
    return grid.columns[1].kind, grid.columns[1].unit, [row[1].number for row in grid.rows]


def test_units_of_one_quantity_are_converted_and_others_never_mixed() -> None:
    kind, unit, numbers = column("3 kg", "500 g", "2 kg")
    assert (kind, unit, numbers) == (Kind.NUMBER, "kg", [3, Decimal("0.5"), 2])
    assert column("3 kg", "2 l", "5 kg")[0] is Kind.TEXT
    assert column("90 min", "2 h", "1 h")[2] == [Decimal("1.5"), 2, 1]


def test_numbers_whose_form_stays_open_are_not_computed() -> None:
    kind, _, numbers = column("1.204", "3.988", "2.310")
    assert kind is Kind.TEXT and numbers == [None, None, None]


@pytest.mark.parametrize(
    ("sheet", "question", "answer"),
    [
        ("Quay;Crates;Fee\nEast;1.310;3,50\nWest;977;4,00\nNorth;2.105;2,50\n",
         "What is the sum of Crates?", "4.392"),
        ("Quay,Balance\nEast,700\nWest,250-\nNorth,300\n", "What is the sum of Balance?", "750"),
        ("Part,Weight\nWinch,4 kg\nRope,800 g\nHook,3 kg\n",
         "Which Part has the highest Weight?", "Winch"),
        ("Name,Crew,Points\nAda,Gull,3\nBo,Tern,5\nCleo,Gull,4\nDan,Gulls,9\n",
         "What is the sum of Points of crew Gull?", "7"),
    ],
)  # fmt: skip
def test_what_is_computed_is_right(
    library: Library, reader: Reader, tmp_path: Path, sheet: str, question: str, answer: str
) -> None:
    library.add(load_bytes(sheet.encode(), Source("quay.csv", "/somewhere/quay.csv")))
    answered = Answerer(library, Settings(data=tmp_path, model="none"), None, reader).answer(
        question
    )
    assert answered.computed is not None and answered.computed.values == (answer,)
