"""Amounts of money, in the ways that people write them."""

from __future__ import annotations

import pytest

from app.language.money import holds_amount


@pytest.mark.parametrize(
    "text",
    ["It costs $20.", "40 euros a year", "für 300 Kronen", "21.10 EUR", "12 £", "5 манатов",
     "Entry is free.", "80 cents", "1.5 million dollars", "100 manat"],
)  # fmt: skip
def test_amounts_are_seen(text: str) -> None:
    assert holds_amount(text)


@pytest.mark.parametrize("text", ["240 square metres", "It has forty seats.", "in 2019", "12 kg"])
def test_other_numbers_are_no_amounts(text: str) -> None:
    assert not holds_amount(text)
