"""What the form of a question asks for."""

import pytest

from app.question.parsed_question import ParsedQuestion


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Who built the bridge, and in which year?", True),
        ("When was it built and by whom?", True),
        ("What does it cost and how long does it take?", True),
        ("Who built the bridge?", False),
        ("What do Anna and Bert say?", False),
        ("And who built it?", False),
        ("What connects the mill and the house which burnt?", False),
    ],
)
def test_a_second_thing_asked_for_is_seen(question: str, several: bool) -> None:
    assert ParsedQuestion(question).asks_several is several
