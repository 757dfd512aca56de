"""Sentence boundaries: the hard cases by hand, and what must hold for any text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.language.sentences import cuts, sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Mr. J. R. Hale met Dr. Ali. He left.", ["Mr. J. R. Hale met Dr. Ali.", "He left."]),
        ("It rose to 3.5 percent. Then 4.1.", ["It rose to 3.5 percent.", "Then 4.1."]),
        (
            "At 5 p.m. Monday it rained. At 6 a.m. It was dry.",
            ["At 5 p.m. Monday it rained.", "At 6 a.m.", "It was dry."],
        ),
        (
            "The U.S. Senate met. She lives in the U.S. The rest moved.",
            ["The U.S. Senate met.", "She lives in the U.S.", "The rest moved."],
        ),
        (
            "See No. 5 and Fig. 3. See e.g. The Times.",
            ["See No. 5 and Fig. 3.", "See e.g. The Times."],
        ),
        (
            "“Why now?” she asked. “No idea.” He left.",
            ["“Why now?” she asked.", "“No idea.”", "He left."],
        ),
        ("It ended.[12] Next came rain.", ["It ended.[12]", "Next came rain."]),
        ("Wait… what? Well... Yes.", ["Wait… what?", "Well...", "Yes."]),
        ("Plan B. The rest.", ["Plan B.", "The rest."]),
        ("- First thing\n- Second: a, b\n* Third", ["First thing", "Second: a, b", "Third"]),
        ("1. Take it. Go.\n2. Rest.", ["1. Take it.", "Go.", "2. Rest."]),
        ("It includes:\nA new port\nEnergy: gas", ["It includes:", "A new port", "Energy: gas"]),
        (
            "a line that was\nwrapped by hand\nhere. And on.",
            ["a line that was\nwrapped by hand\nhere.", "And on."],
        ),
        (
            "The law of Ireland applies to this agreement, and all the courts of\n"
            "Cork have jurisdiction.",
            [
                "The law of Ireland applies to this agreement, and all the courts of\n"
                "Cork have jurisdiction."
            ],
        ),
        (
            "Fees of EUR 6,240 came in from most of the old members this year;\n"
            "38 of 312 members have not paid any of their fees until today, and\nthree left.",
            [
                "Fees of EUR 6,240 came in from most of the old members this year;\n"
                "38 of 312 members have not paid any of their fees until today, and\nthree left."
            ],
        ),
        (
            "Rules for the use of the boats and the boat house by the river\n"
            "Terms\nHire of the large boats and of all that belongs to them",
            [
                "Rules for the use of the boats and the boat house by the river",
                "Terms",
                "Hire of the large boats and of all that belongs to them",
            ],
        ),
        ("## Title\nBody here", ["Title", "Body here"]),
        ("| a | b |\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        ("今天很好。我们走吧！好", ["今天很好。", "我们走吧！", "好"]),
        ("كيف حالك؟ أنا بخير.", ["كيف حالك؟", "أنا بخير."]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_the_hard_cases(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@given(st.text(alphabet=st.sampled_from('aB1 .!?…\n"”)-*#|:,。؟Mr\u00e9\U0001f600'), max_size=200))
def test_every_character_but_marks_and_spaces_is_in_one_sentence(text: str) -> None:
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))
    covered = {i for start, end in spans for i in range(start, end)}
    left = {c for i, c in enumerate(text) if i not in covered and not c.isspace()}
    assert left <= set("-*#>")
    for start, end in spans:
        assert text[start:end] == text[start:end].strip()


@given(st.text(max_size=200))
def test_cuts_begin_what_they_part(text: str) -> None:
    points = cuts(text)
    assert points == sorted(set(points))
    assert not text[: points[0]].strip() if points else not text.strip()


@pytest.mark.parametrize(
    "text",
    ["." * 400_000, "a. " * 130_000, "(" * 400_000, "a\n" * 200_000, "“" * 400_000, "- " * 200_000],
)
def test_time_grows_with_length_only(text: str) -> None:
    start = time.monotonic()
    sentences(text)
    assert time.monotonic() - start < 8
