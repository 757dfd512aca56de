"""A question that names its document first."""

from __future__ import annotations

import pytest

from app.question.document_prefix import possible_prefixes


@pytest.mark.parametrize(
    ("question", "prefixes"),
    [
        ("b.txt: what does it say?", [("b.txt", "what does it say?")]),
        ("part: two.txt: what?", [("part", "two.txt: what?"), ("part: two.txt", "what?")]),
        *((other, []) for other in ("b.txt:", "b.txt: ", ": what?", "b.txt what?", "at 9:30?")),
    ],
)
def test_each_colon_may_end_a_name(question: str, prefixes: list[tuple[str, str]]) -> None:
    assert list(possible_prefixes(question)) == prefixes
