"""The last, the first and the current one are chosen by their dates."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answer import Answer
from app.answering.pipeline import Answerer
from app.evidence.by_date import time_order
from app.evidence.reader import Reader
from app.question.parsed_question import ParsedQuestion
from app.settings import Settings
from ingest.load import load_bytes
from ingest.load.base.source import Source
from store.library import Library

SURVEYS = """Surveys of the breakwater

The breakwater was surveyed on 4 June 2019 by Ida Brekke.

The breakwater was surveyed on 17/09/2022 by Tor Vik.

The breakwater was surveyed on 28 Feb. 2021 by Nils Aune.
"""
NOTICES = """# Notices to members

## Notice of 3 May 2022

The fee for a locker is 35 euros a year.

## Notice of 8 January 2024

The fee for a locker is 48 euros a year.

## Notice of 1 June 2023

The fee for a locker is 40 euros a year.
"""
SHIPMENTS = """Shipment,Sent,Weight
S-4,28/02/2024,310
S-9,03/11/2023,120
S-2,15/06/2024,95
S-7,20/12/2023,240
"""


def ask(library: Library, reader: Reader, folder: Path, name: str, text: str, asks: str) -> Answer:
    """What is answered in quotes from one document."""
    library.add(load_bytes(text.encode(), Source(name, f"/somewhere/{name}")))
    return Answerer(library, Settings(data=folder, model="none"), None, reader).answer(asks)


@pytest.mark.parametrize(
    ("question", "words", "note"),
    [
        ("When was the breakwater last surveyed?", "Tor Vik", "17 September 2022"),
        ("Who surveyed the breakwater first?", "Ida Brekke", "4 June 2019"),
        ("What is the current fee for a locker?", "48 euros", "8 January 2024"),
        ("What was the earliest fee for a locker?", "35 euros", "3 May 2022"),
    ],
)
def test_one_of_sentences_alike_is_chosen_by_its_date(
    library: Library, reader: Reader, tmp_path: Path, question: str, words: str, note: str
) -> None:
    of_fees = "fee" in question
    name, text = ("notices.md", NOTICES) if of_fees else ("surveys.txt", SURVEYS)
    answer = ask(library, reader, tmp_path, name, text, question)
    assert len(answer.sentences) == 1 and words in answer.text
    assert any(note in shown for shown in answer.notes)


def test_a_date_asked_in_one_form_is_found_in_another(
    library: Library, reader: Reader, tmp_path: Path
) -> None:
    answer = ask(
        library, reader, tmp_path, "notices.md", NOTICES,
        "What is the fee for a locker in the notice of 2024-01-08?",
    )  # fmt: skip
    assert answer.sentences and "48 euros" in answer.sentences[0].text


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("Which shipment was sent last?", ("S-2",)),
        ("Which shipments were sent in 2023?", ("S-9", "S-7")),
        ("Which shipment was sent on 28 February 2024?", ("S-4",)),
        ("When was S-9 sent?", ("03/11/2023",)),
    ],
)
def test_dates_of_a_table_are_compared(
    library: Library, reader: Reader, tmp_path: Path, question: str, values: tuple[str, ...]
) -> None:
    answer = ask(library, reader, tmp_path, "shipments.csv", SHIPMENTS, question)
    assert answer.computed is not None and answer.computed.values == values


def test_days_that_may_be_months_are_not_compared(
    library: Library, reader: Reader, tmp_path: Path
) -> None:
    sheet = "Shipment,Sent\nS-4,02/03/2024\nS-9,03/11/2023\nS-2,05/06/2024\n"
    answer = ask(library, reader, tmp_path, "s.csv", sheet, "Which shipment was sent last?")
    assert answer.computed is None


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("When was the crane last checked?", "When was the crane checked?"),
        ("What is the most recent price?", "What is the price?"),
        ("What is her last name?", None),
        ("How many people came last year?", None),
        ("Who built the mill?", None),
    ],
)
def test_the_word_for_an_order_in_time_is_taken_out(question: str, plain: str | None) -> None:
    asked = time_order(ParsedQuestion(question))
    assert (asked.question.text if asked else None) == plain
