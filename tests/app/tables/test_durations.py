"""Durations in tables: added and compared as durations, and written as their cells are."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.settings import Settings
from app.tables.durations import AGE, CLOCK, LONG_CLOCK, TIME, durations, write_duration
from ingest.load import load_bytes
from ingest.load.base.source import Source
from store.library import Library

WORKSHOP = b"Task,Person,Hours\nPainting,Ada,2:30\nSanding,Ben,1:45\nCleaning,Ada,0:15\n"
REPAIRS = b"Repair,Duration\nGearbox,2 h 30 min\nBrakes,1 h 45 min\nLamp,15 min\nEngine,3 hours\n"
RECORD = b"Track,Length\nOverture,4:05\nWaltz,3:50\nFinale,1:02:10\n"
SHIPS = b"Ship,Age\nMercury,2 years 3 months\nVenus,11 months\nJuno,4 years\n"
PARCELS = b"Parcel,Weight (kg)\nRed,3\nBlue,0.4\nGreen,0.6\n"


@pytest.mark.parametrize(
    ("cells", "numbers", "form"),
    [
        (["2:30", "0:15"], ["150", "15"], CLOCK),
        (["4:05", "1:02:10"], ["245", "3730"], LONG_CLOCK),
        (["2 h 30 min", "15 min"], ["9000", "900"], TIME),
        (["1 hr, 5 mins", "40 secs"], ["3900", "40"], TIME),
        (["2 years 3 months", "1 yr"], ["27", "12"], AGE),
    ],
)
def test_cells_that_last(cells: list[str], numbers: list[str], form: str) -> None:
    assert durations(cells) == (list(map(Decimal, numbers)), form)


@pytest.mark.parametrize(
    "cells",
    [["15 min", "20 min"], ["2 h 30 min", "3 kg"], ["2 h", "3 months 1 min"], ["30 min 2 h"],
     ["2:75"], ["1:44,880"], ["2 h 30 min and more"]],
)  # fmt: skip
def test_cells_that_are_no_durations_of_one_form(cells: list[str]) -> None:
    assert durations(cells) is None


@pytest.mark.parametrize(
    ("number", "form", "written"),
    [
        ("270", CLOCK, "4:30"), ("4510", CLOCK, "75:10"), ("112.5", CLOCK, "1:52.5"),
        ("119.97", CLOCK, "2:00"), ("-45", CLOCK, "-0:45"), ("3965", LONG_CLOCK, "1:06:05"),
        ("27000", TIME, "7 h 30 min"), ("0", TIME, "0 s"), ("12", AGE, "1 year"),
        ("28.7", AGE, "2 years 4.7 months"),
    ],
)  # fmt: skip
def test_a_duration_is_written_as_its_column_is(number: str, form: str, written: str) -> None:
    assert write_duration(Decimal(number), form) == written


@pytest.mark.parametrize(
    ("table", "question", "answer"),
    [
        (WORKSHOP, "What is the total of the hours?", "Sum of Hours over 3 rows: 4:30"),
        (WORKSHOP, "How many tasks have more than 1:30 hours?", "is more than 1:30: 2"),
        (REPAIRS, "What is the total duration?", "Sum of Duration over 4 rows: 7 h 30 min"),
        (REPAIRS, "Which repair has the longest duration?", "(3 hours) of 4 rows: Engine"),
        (
            REPAIRS,
            "How many repairs have a duration of more than 2 hours?",
            "Rows where Duration is more than 2 h: 2",
        ),
        (RECORD, "What is the total length?", "Sum of Length over 3 rows: 1:10:05"),
        (SHIPS, "What is the total age?", "Sum of Age over 3 rows: 7 years 2 months"),
        (PARCELS, "How many parcels weigh more than 500 g?", "is more than 0.5: 2"),
    ],
)
def test_durations_and_units_are_computed(
    table: bytes, question: str, answer: str, library: Library, reader: Reader
) -> None:
    assert answer in _answer(table, question, library, reader)


@pytest.mark.parametrize(
    ("table", "question"),
    [
        (RECORD, "How many tracks have a length of more than 4?"),
        (PARCELS, "How many parcels weigh more than 2 litres?"),
        (REPAIRS, "How many repairs have a duration of more than 2 kg?"),
    ],
)
def test_what_is_of_another_quantity_is_not_compared(
    table: bytes, question: str, library: Library, reader: Reader
) -> None:
    assert "more than" not in _answer(table, question, library, reader)


def _answer(table: bytes, question: str, library: Library, reader: Reader) -> str:
    library.add(load_bytes(table, Source("table.csv", "/documents/table.csv")))
    settings = Settings(data=Path(library.folder), model="none")
    answer = Answerer(library, settings, reader=reader).answer(question)
    return " ".join(sentence.text for sentence in answer.sentences)
