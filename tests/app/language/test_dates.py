"""Dates of a text, in the forms that people write them in."""

from __future__ import annotations

import pytest

from app.language.dates import with_dates_of


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
