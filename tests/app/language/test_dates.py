"""Dates of a text, in the forms that people write them in."""

from __future__ import annotations

import pytest

from app.language.dates import Date, day_first_of, find_dates, with_dates_of


@pytest.mark.parametrize(
    ("source", "text", "same"),
    [
        ("It began on 30 May 2023.", "On May 30, 2023 it began.", "On 30 May 2023 it began."),
        ("It began on 2023-05-30.", "On May 30, 2023 it began.", "On 2023-05-30 it began."),
        ("It began on 30 May 2023.", "On May 29, 2023 it began.", "On May 29, 2023 it began."),
        ("Le 1er août 1999.", "On August 1, 1999.", "On 1er août 1999."),
        ("El 1 de mayo de 1999.", "On May 1, 1999.", "On 1 de mayo de 1999."),
        ("From 3 to 5 May 2020.", "On May 3, 2020.", "On May 3, 2020."),
        ("No date here.", "In May 2020.", "In May 2020."),
    ],
)
def test_dates_are_written_as_the_source_writes_them(source: str, text: str, same: str) -> None:
    assert with_dates_of(source, text) == same


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("28/02/2024", Date(2024, 2, 28)),
        ("2/28/24", Date(2024, 2, 28)),
        ("28.2.24", Date(2024, 2, 28)),
        ("28-02-2024", Date(2024, 2, 28)),
        ("31.12.99", Date(1999, 12, 31)),
        ("28 Feb. 2024", Date(2024, 2, 28)),
    ],
)
def test_short_dates_are_read(text: str, date: Date) -> None:
    assert date in find_dates(f"It was sent on {text}, by boat.")


@pytest.mark.parametrize("text", ["3.1.12", "1/2/3", "192.168.10.12", "12/13/14/15", "v28.2.24.1"])
def test_numbers_of_sections_and_the_like_are_no_dates(text: str) -> None:
    assert find_dates(f"see {text}") == set()


def test_what_stands_with_a_date_shows_which_part_is_the_day() -> None:
    assert find_dates("03/04/2024") == set()
    assert day_first_of(["03/04/2024", "17/04/2024"]) is True
    assert day_first_of(["03/04/2024", "04/17/2024"]) is False
    assert day_first_of(["17/04/2024", "04/17/2024"]) is None
    assert find_dates("03/04/2024", day_first=True) == {Date(2024, 4, 3)}
    assert find_dates("03/04/2024", day_first=False) == {Date(2024, 3, 4)}


@pytest.mark.parametrize("text", ["31.04.2024", "30 February 2023", "2023-02-29", "31/06/2024"])
def test_a_day_that_no_month_has_is_no_date(text: str) -> None:
    assert all(date.day is None for date in find_dates(f"It was sent on {text}."))
    assert Date(None, 2, 29) in find_dates("on 29 February")
