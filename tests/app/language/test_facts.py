"""Facts of two texts compare as people compare them, however they are written."""

import pytest

from app.language.dates import Date, find_dates
from app.language.facts import find_names, find_quotations, name_occurs
from app.language.numbers import find_numbers
from app.language.tokens import coverage, fold, words


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("nine airports", {9}),
        ("9 airports", {9}),
        ("twenty-five million tons", {25e6}),
        ("25 million tons", {25e6}),
        ("1,474 questions", {1474}),
        ("the seventh meeting, held twice", {7, 2}),
        ("one of them", set()),
        ("3.5 percent", {3.5}),
        ("May 19 to 22, 2025", {19, 22, 2025}),
        ("March 3-4", {3, 4}),
        ("one hundred and fifty", {150}),
        ("two thousand and twenty-five", {2025}),
        ("nineteen ninety-two", {1992}),
        ("3 and 5", {3, 5}),
        ("the twenty-first of three hundred thousand", {21, 300_000}),
        ("$1.2bn", {1.2e9}),
        ("€25m", {25e6}),
        ("25m tall", {25}),
        ("1.000.000", {1e6}),
        ("1\u202f000\u202f000", {1e6}),
        ("12'000", {12000}),
        ("1.300,00 €", {1300}),
        ("1,50 Euro", {1.5}),
        ("in 2023 300 people", {2023, 300}),
    ],
)
def test_numbers_are_values(text: str, values: set[float]) -> None:
    assert find_numbers(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "29 May 1992",
        "May 29, 1992",
        "the 29th of May 1992",
        "29 MAY 1992",
        "29. Mai 1992",
        "29.05.1992",
        "29 de mayo de 1992",
        "29 мая 1992",
        "1992年5月29日",
        "le 29 mai 1992",
    ],
)
def test_a_date_is_the_same_however_written(text: str) -> None:
    assert any(d.fits(Date(1992, 5, 29)) and d.day == 29 for d in find_dates(text))


def test_a_range_gives_both_its_ends() -> None:
    assert {Date(2025, 5, 19), Date(2025, 5, 22)} <= find_dates("from May 19 to 22, 2025")


def test_short_months_need_no_full_stop() -> None:
    assert Date(1990, 10, 3) in find_dates("on 3 Oct 1990")


def test_a_month_that_is_also_a_word_is_no_date() -> None:
    assert find_dates("Only 3 may enter, and 4 march past.") == set()
    assert find_dates("Only on 3 May.") == {Date(None, 5, 3)}


def test_a_date_does_not_fit_another_day_or_year() -> None:
    assert not Date(1992, 5, 29).fits(Date(1992, 5, 28))
    assert not Date(1993, 5, 29).fits(Date(1992, 5, 29))


def test_names_leave_out_the_first_word_and_months() -> None:
    assert find_names("Visitors met President Ilham Aliyev in May.") == [
        "president",
        "ilham",
        "aliyev",
    ]


@pytest.mark.parametrize(
    ("name", "text", "stands"),
    [
        ("türkiye", "Turkiye", True),
        ("azerbaijani", "Azerbaijan", True),
        ("j", "John", True),
        ("baku-tbilisi", "Tbilisi and Baku", True),
        ("baku-tbilisi", "Tbilisi and Kars", False),
        ("aliyev", "Rahmon", False),
    ],
)
def test_names_stand_in_their_forms(name: str, text: str, stands: bool) -> None:
    assert name_occurs(fold(name), set(words(text))) is stands


def test_quotations_are_folded() -> None:
    assert find_quotations("He said “A  Unified Space.”") == ["a unified space"]


def test_rare_words_weigh_more_than_common_ones() -> None:
    rarity = {"corridor": 4.0, "country": 0.5}
    with_rare = coverage(["country", "corridor"], "The corridor is long.", rarity)
    with_common = coverage(["country", "corridor"], "The country is long.", rarity)
    assert with_rare > 0.8
    assert with_common < 0.2
