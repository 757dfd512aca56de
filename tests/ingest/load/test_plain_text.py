"""Plain text: what heads a section and what says something by itself."""

from __future__ import annotations

import pytest

from ingest.document import BlockKind
from ingest.load import load_text

RULES = """Rules of the boathouse

Keys

Every member has a key for the side door, and nobody lends it to anybody else, not for a day.

Boats

Boats are rowed by two members at least, and back at the pier before the lamps are lit.

Repairs

- leaks
- broken oars

Contact

office@boathouse.example

HOIST LOAD 220 KG

Whoever lifts more than that pays for the rope, which has snapped twice since the spring.

DOOR CODE: 4471-B

WAIT_SECONDS = 30

Tea

Coffee

Soup
"""


def kinds() -> dict[str, BlockKind]:
    document = load_text(RULES, "rules.txt")
    return {document.text[b.start : b.end]: b.kind for b in document.blocks}


@pytest.mark.parametrize("line", ["Rules of the boathouse", "Keys", "Boats", "Repairs", "Contact"])
def test_lines_of_one_form_head_what_follows_whatever_that_is(line: str) -> None:
    assert kinds()[line] is BlockKind.HEADING


@pytest.mark.parametrize(
    "line",
    ["HOIST LOAD 220 KG", "DOOR CODE: 4471-B", "WAIT_SECONDS = 30", "Tea", "Coffee", "Soup"],
)
def test_a_line_that_states_something_is_text(line: str) -> None:
    assert kinds()[line] is BlockKind.PARAGRAPH


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("SECTION 4: MOORING", BlockKind.HEADING),
        ("RESULTS 2023", BlockKind.HEADING),
        ("TERMS OF USE", BlockKind.HEADING),
        ("Opening hours: 9 to 5", BlockKind.PARAGRAPH),
        ("PIER 3 IS CLOSED", BlockKind.PARAGRAPH),
    ],
)
def test_numbered_and_dated_headings_stay_headings(line: str, kind: BlockKind) -> None:
    text = (
        "The harbour in winter\n\nBoats lie on land from October until the ice has gone.\n\n"
        f"{line}\n\nNobody goes near the crane while it is at work, and children stay outside.\n"
    )
    document = load_text(text, "harbour.txt")
    found = {document.text[b.start : b.end]: b.kind for b in document.blocks}
    assert found[line] is kind
