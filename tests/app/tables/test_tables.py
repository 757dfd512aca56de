"""Tables that can be asked: cells with their places, queries, computed answers with their rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.answer import Verdict
from app.answering import table_match
from app.answering.pipeline import Answerer
from app.formats.json_forms import answer_from_payload, answer_payload
from app.settings import load_settings
from app.tables.describe_query import display_value, write_number
from app.tables.query import Operation, TableQuery, compute_value, run_query
from app.tables.values import Kind, build_grid, parse_number
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.table import tables
from store.embedding.embedder import Embedder
from store.library import Library

FLEET = """Boat,Yard,Length,Price
Skua,North,7.5,"$12,400.00"
Tern,South,6.2,"$8,150.50"
Gannet,North,9.1,"$21,000.00"
Petrel,South,5.8,"$6,990.00"
Subtotal North,North,16.6,"$33,400.00"
"""


def fleet() -> Source:
    """The address of the sample."""
    return Source("fleet.csv", "/fleet.csv")


def test_cells_are_slices_of_the_text() -> None:
    for data, name in (
        (FLEET.encode(), "fleet.csv"),
        (b"| A | B |\n|---|---|\n| 1 | x\\|y |\n", "t.md"),
    ):
        document = load_bytes(data, Source(name, f"/{name}"))
        (table,) = tables(document.text, document.blocks)
        cells = [*table.header, *(c for row in table.rows for c in row.cells)]
        assert all(document.text[c.start : c.end] == c.text for c in cells)
        assert len({len(row.cells) for row in table.rows} | {len(table.header)}) == 1


def test_an_empty_cell_keeps_its_column() -> None:
    document = load_bytes(b"Port,Tons,Crew\nAlat,,7\nAktau,3,\n", Source("p.csv", "/p.csv"))
    (table,) = tables(document.text, document.blocks)
    assert [[c.text for c in row.cells] for row in table.rows] == [
        ["Alat", "", "7"],
        ["Aktau", "3", ""],
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$1,234.50", "1234.5"),
        ("1.300,00 €", "1300"),
        ("12 kg", "12"),
        ("(3.4)", "-3.4"),
        ("30:05", "1805"),
        ("45%", "45"),
        ("n/a", None),
        ("Exit of motorway 66", None),
    ],
)
def test_cells_are_read_as_numbers(text: str, value: str | None) -> None:
    assert parse_number(text) == (None if value is None else Decimal(value))


def test_columns_know_their_kind_and_unit_and_subtotals_are_known() -> None:
    document = load_bytes(FLEET.encode(), fleet())
    held = build_grid(tables(document.text, document.blocks)[0])
    assert [c.kind for c in held.columns] == [Kind.TEXT, Kind.TEXT, Kind.NUMBER, Kind.NUMBER]
    assert held.columns[3].unit == "$"
    assert held.totals == {4}


def test_sums_are_exact_and_division_by_zero_gives_nothing() -> None:
    tenths = [Decimal("0.1")] * 10
    assert compute_value(Operation.SUM, tenths) == 1
    assert compute_value(Operation.RATIO, [Decimal(0), Decimal(2)]) is None
    assert compute_value(Operation.DIFFERENCE, [Decimal(1)] * 3) is None
    assert write_number(Decimal("1234.5"), 2) == "1,234.50"
    assert write_number(Decimal(10) / 3, 0) == "3.33"


@pytest.fixture(scope="module")
def asked(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """An answerer, in quotes, over the sample."""
    library = Library.open(tmp_path_factory.mktemp("tables"), embedder)
    library.add(load_bytes(FLEET.encode(), fleet()))
    return Answerer(library, load_settings(model="none"))


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What is the price of the Tern?", "$8,150.50"),
        ("Which boat has the highest price?", "Gannet"),
        ("What is the total price of all North boats?", "$33,400.00"),
        ("How many boats are there?", "4"),
        ("What is the average length of the boats?", "7.15"),
    ],
)
def test_a_table_is_asked(asked: Answerer, question: str, value: str) -> None:
    answer = asked.answer(question)
    assert answer.computed is not None
    assert answer.computed.values == (value,)
    assert [s.verdict for s in answer.sentences] == [Verdict.COMPUTED]
    text = asked.library.text(answer.citations[0].revision)
    assert all(text[c.start : c.end] == c.quote for c in answer.citations)
    assert set(answer.sentences[0].citations) == {c.n for c in answer.citations}
    assert answer_from_payload(answer_payload(answer)).computed == answer.computed


def test_a_lookup_cites_the_row_and_marks_the_cell(asked: Answerer) -> None:
    answer = asked.answer("What is the price of the Tern?")
    (citation,) = answer.citations
    assert citation.quote.startswith("Tern")
    assert citation.row == 3
    assert citation.key
    text = asked.library.text(citation.revision)
    assert text[slice(*citation.key)] == "$8,150.50"


def test_a_sum_is_written_as_the_columns_numbers_are() -> None:
    for cells, told in ((("1200.5", "900"), "2100.5"), (("1,200.5", "900"), "2,100.5"),
                        (("600.5", "900"), "1,500.5")):  # fmt: skip
        data = "Port,Tons\n" + "".join(f'Pier {n},"{c}"\n' for n, c in enumerate(cells))
        document = load_bytes(data.encode(), Source("p.csv", "/p.csv"))
        (table,) = tables(document.text, document.blocks)
        held = build_grid(table)
        query = TableQuery(Operation.SUM, (), (0, 1), 1)
        result = run_query(held, query)
        assert result is not None
        assert display_value(held, query, result) == told


def test_a_column_of_different_units_is_not_compared() -> None:
    data = b"Property,Model 40\nPower,320 W\nWater,18 litres\nWeight,12 kg\nNoise,44 dB\n"
    document = load_bytes(data, Source("m.csv", "/m.csv"))
    (table,) = tables(document.text, document.blocks)
    assert [c.kind for c in build_grid(table).columns] == [Kind.TEXT, Kind.TEXT]
    lengths = data.replace(b"W", b"m").replace(b"litres", b"m").replace(b"kg", b"m")
    document = load_bytes(lengths, Source("m.csv", "/m.csv"))
    (table,) = tables(document.text, document.blocks)
    assert build_grid(table).columns[1].kind is Kind.NUMBER


def test_the_row_of_a_lookup_is_quoted_without_its_neighbours(
    embedder: Embedder, tmp_path: Path
) -> None:
    """Where the table's answer is not sure enough to be given as computed."""
    rows = "".join(f"Garden item {n:02},Garden,{n * 7.3:.2f},{n * 3}\n" for n in range(1, 15))
    data = f"Product,Category,Price,Units\n{rows}".encode()
    with Library.open(tmp_path, embedder) as library:
        library.add(load_bytes(data, Source("stock.csv", "/stock.csv")))
        # Strict about what is computed, lenient about what is quoted.
        settings = load_settings(model="none", strictness="strict", risk=0.23)
        answer = Answerer(library, settings).answer("How much does Garden item 03 cost?")
    assert answer.computed is None
    assert [c.quote for c in answer.citations] == ["Garden item 03 | Garden | 21.90 | 9"]


def test_of_tables_alike_the_one_that_is_named_is_asked(embedder: Embedder, tmp_path: Path) -> None:
    text = "".join(
        f"## {month}\n\n| Product | Sold |\n|---|---|\n| Tea | {n} |\n| Coffee | {n + 20} |\n\n"
        for month, n in (("January", 55), ("February", 61), ("March", 58))
    )
    notes = "## Notes\n\n| Item | Remark |\n|---|---|\n| Stock | counted by Lena |\n"
    with Library.open(tmp_path, embedder) as library:
        library.add(load_bytes((text + notes).encode(), Source("sold.md", "/sold.md")))
        answerer = Answerer(library, load_settings(model="none", strictness="eager"))
        answer = answerer.answer("How many teas were sold in February?")
        assert "61" in answer.sentences[0].text
        assert [c.headings[-1] for c in answer.citations] == ["February"]
        assert answerer.answer("Who is the landlord?").computed is None


def test_what_the_table_does_not_hold_is_not_computed(asked: Answerer) -> None:
    for question in ("Who founded the yard?", "What colour is the sail of the Tern?"):
        assert asked.answer(question).computed is None


def test_a_table_beside_the_answer_is_not_asked(embedder: Embedder, tmp_path: Path) -> None:
    text = (
        "# Moths of the Skerrow marsh\n\nIn all, 4,310 moths of 71 species were caught in light "
        "traps.\n\n| Year | Marsh | Meadow |\n|---|---|---|\n| 2021 | 12 | 9 |\n| 2022 | 14 | 8 |\n"
    )
    with Library.open(tmp_path, embedder) as library:
        library.add(load_bytes(text.encode(), Source("moths.md", "/moths.md")))
        answer = Answerer(library, load_settings(model="none")).answer(
            "How many moths were caught?"
        )
    assert answer.computed is None
    assert "4,310" in answer.text


def test_a_row_put_into_a_sheet_leaves_most_vectors_as_they_are(
    embedder: Embedder, tmp_path: Path
) -> None:
    rows = [f"Bolt {n},{n * 3},shelf {n % 7}" for n in range(200)]

    def sheet(lines: list[str]) -> bytes:
        return "\n".join(["Part,Stock,Place", *lines]).encode()

    with Library.open(tmp_path, embedder) as library:
        first = library.add(load_bytes(sheet(rows), Source("parts.csv", "/parts.csv")))
        second = library.add(
            load_bytes(sheet(["Nut 1,2,bin", *rows]), Source("parts.csv", "/parts.csv"))
        )
    assert first.passages < 60
    assert second.embedded <= 6


def test_a_header_is_no_answer(embedder: Embedder, tmp_path: Path) -> None:
    rows = "| Day | Opens |\n|---|---|\n| Monday | at nine |\n| Sunday | at ten |\n"
    data = f"## Opening hours\n\n{rows}".encode()
    with Library.open(tmp_path, embedder) as library:
        library.add(load_bytes(data, Source("hours.md", "/hours.md")))
        answerer = Answerer(library, load_settings(model="none", strictness="eager"))
        for question in ("What are the opening hours?", "On which day does it open at ten?"):
            quotes = [c.quote for c in answerer.answer(question).citations]
            assert quotes and not any("Opens" in quote for quote in quotes)


def test_a_row_of_a_long_table_is_looked_up_and_nothing_is_computed_over_part_of_it(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_match, "MAX_TABLE_CELLS", 200)
    rows = "".join(f"Lamp {n:03},{n * 1.5:.2f},{n % 7}\n" for n in range(1, 301))
    with Library.open(tmp_path, embedder) as library:
        library.add(load_bytes(f"Item,Price,Stock\n{rows}".encode(), Source("l.csv", "/l.csv")))
        answerer = Answerer(library, load_settings(model="none", strictness="eager"))
        answer = answerer.answer("What is the price of Lamp 204?")
        assert answer.computed is not None and answer.computed.values == ("306.00",)
        assert [c.quote for c in answer.citations] == ["Lamp 204 | 306.00 | 1"]
        for question in ("What is the total price of all lamps?", "How many lamps are there?"):
            assert answerer.answer(question).computed is None
