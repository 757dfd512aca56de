"""Cells of a PDF's table stand in their columns; text side by side and over columns is whole."""

from __future__ import annotations

from ingest.document import BlockKind, Document
from ingest.load import load_bytes
from ingest.load.base.source import Source
from ingest.table import tables
from tests.support import made

Piece = tuple[float, float, float, str]
LEFTS = (60, 150, 250, 350, 450)


def document_of(*pieces: Piece) -> Document:
    return load_bytes(made.pdf_file([list(pieces)]), Source("made.pdf", "/somewhere/made.pdf"))


def rows_of(*rows: tuple[str, ...]) -> list[Piece]:
    """Rows of cells at the same places; an empty cell is no piece."""
    return [
        (LEFTS[at], 700 - 18 * line, 10, cell)
        for line, row in enumerate(rows)
        for at, cell in enumerate(row)
        if cell
    ]


def test_an_empty_cell_of_a_pdf_keeps_its_column() -> None:
    pieces = rows_of(
        ("Berth", "Length", "Draught", "Checked", "Notes"),
        ("North 1", "120", "7.5", "2024-03-01", "lit"),
        ("North 2", "95", "6.0", "", "closed"),
        ("South 1", "80", "5.5", "2024-05-11", "free"),
        ("South 2", "", "4.0", "2024-06-02", ""),
    )
    (table,) = tables(*_parts(document_of(*pieces)))
    assert [c.text for c in table.header] == ["Berth", "Length", "Draught", "Checked", "Notes"]
    assert [c.text for c in table.rows[1].cells] == ["North 2", "95", "6.0", "", "closed"]
    assert [c.text for c in table.rows[3].cells] == ["South 2", "", "4.0", "2024-06-02", ""]


def test_a_head_over_two_columns_is_split_between_them() -> None:
    # The two heads stand so near to each other that they are one piece.
    pieces = [
        (60, 700, 10, "Part of the pump Maker"), (250, 700, 10, "Price"), (350, 700, 10, "Stock"),
        *((60, 682 - 18 * n, 10, f"Valve {n}") for n in range(4)),
        *((140, 682 - 18 * n, 10, "Holm") for n in range(4)),
        *((250, 682 - 18 * n, 10, f"{n}4.50") for n in range(4)),
        *((350, 682 - 18 * n, 10, f"{n}7") for n in range(4)),
    ]  # fmt: skip
    (table,) = tables(*_parts(document_of(*pieces)))
    assert [c.text for c in table.header] == ["Part of the pump", "Maker", "Price", "Stock"]
    assert [c.text for c in table.rows[2].cells] == ["Valve 2", "Holm", "24.50", "27"]


def test_a_table_of_which_no_row_is_whole_has_its_columns() -> None:
    pieces = rows_of(
        ("Code", "Shelf", "Due", "Found", "State"),
        ("K-1", "A4", "45", "", ""),
        ("", "B7", "", "28", "short"),
        ("K-3", "", "78", "77", ""),
        ("K-4", "D2", "", "15", "gone"),
        ("", "", "18", "", "over"),
    )
    (table,) = tables(*_parts(document_of(*pieces)))
    assert [c.text for c in table.rows[1].cells] == ["", "B7", "", "28", "short"]
    assert [c.text for c in table.rows[4].cells] == ["", "", "18", "", "over"]


def test_lines_beside_an_address_are_a_paragraph() -> None:
    document = document_of(
        (60, 700, 10, "Dear Mr Sande, the sluice in front of"),
        (330, 700, 10, "Harbour office"),
        (60, 686, 10, "your shed is painted in the first week"),
        (330, 686, 10, "Pier road 4"),
        (60, 672, 10, "of June. Please move your boat by then."),
        (330, 672, 10, "Phone 0500 8812"),
    )
    assert not any(b.kind is BlockKind.TABLE_ROW for b in document.blocks)
    assert "the sluice in front of your shed is painted in the first week of June." in document.text
    assert "Harbour office" in document.text and "Phone 0500 8812" in document.text


def test_a_sentence_over_two_columns_is_whole_past_a_footnote() -> None:
    left = [
        "The ferry to the skerries was built in", "Bergen in 1911 and carried mail, sheep",
        "and in summer the choir of the island.", "Its first captain had been a whaler,1",
        "who knew every rock on the way, and he", "never took the outer passage unless the",
    ]  # fmt: skip
    right = [
        "wind had turned to the north for a day", "at least. In the war the ferry lay at the",
        "pier for two winters. Then it was sold", "to a museum, where it lies to this day,",
        "and children may blow its horn at noon", "on Sundays from May until September.",
    ]  # fmt: skip
    document = document_of(
        *((60, 760 - 14 * n, 10, line) for n, line in enumerate(left)),
        (60, 90, 7, "1 He wrote a book about it, which is lost."),
        *((320, 760 - 14 * n, 10, line) for n, line in enumerate(right)),
    )
    assert "never took the outer passage unless the wind had turned to the north" in document.text
    assert document.text.rstrip().endswith("1 He wrote a book about it, which is lost.")


def _parts(document: Document) -> tuple[str, tuple]:  # type: ignore[type-arg]
    return document.text, document.blocks
