"""Lines of question files, in every form that they come in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.answer import Turn
from app.question.batch_input import QuestionLineError, parse_line

BUILT, WHEN = "Who built it?", "When?"


@pytest.mark.parametrize(
    ("turns", "history"),
    [
        ([WHEN], ()),
        ([BUILT, WHEN], (Turn(BUILT, ""),)),
        ([BUILT, "Ada did.", WHEN], (Turn(BUILT, "Ada did."),)),
        ([BUILT, "And who paid?", WHEN], (Turn(BUILT, ""), Turn("And who paid?", ""))),
        (
            [{"question": BUILT, "answer": "Ada did."}, {"question": WHEN}],
            (Turn(BUILT, "Ada did."),),
        ),
        (
            [
                {"role": "user", "content": BUILT},
                {"role": "assistant", "content": "Ada"},
                {"role": "assistant", "content": "did."},
                {"role": "user", "content": WHEN},
            ],
            (Turn(BUILT, "Ada did."),),
        ),
        ([{"question": BUILT, "answer": "Ada did."}, WHEN], (Turn(BUILT, "Ada did."),)),
        ([{"speaker": "user", "text": BUILT}, {"speaker": "agent", "text": "Ada."}, WHEN],
         (Turn(BUILT, "Ada."),)),
    ],
)  # fmt: skip
def test_turns_end_in_the_question(turns: list[Any], history: tuple[Turn, ...]) -> None:
    asked = parse_line(json.dumps({"id": "x", "turns": turns}))
    assert (asked.id, asked.question, asked.history) == ("x", WHEN, history)


def test_a_question_may_stand_beside_its_turns() -> None:
    row = {"question": WHEN, "turns": [{"question": BUILT, "answer": "Ada."}], "document": "a.txt"}
    asked = parse_line(json.dumps(row))
    assert asked.question == WHEN
    assert asked.history == (Turn(BUILT, "Ada."),)
    assert asked.documents == ("a.txt",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ('"Who?"', "object"),
        ("{}", "no"),
        ('{"question": 3}', "text"),
        ('{"turns": []}', "must end"),
        ('{"turns": "Who?"}', "list"),
        ('{"turns": [1]}', "text or an object"),
        ('{"turns": [{"question": 1}]}', "must be text"),
        ('{"turns": [{"question": "Who?", "answer": "Ada."}]}', "must end"),
        ('{"turns": [{"role": "assistant", "content": "Ada."}]}', "must end"),
    ],
)
def test_a_line_that_is_none_is_named(line: str, said: str) -> None:
    with pytest.raises(QuestionLineError, match=said) as caught:
        parse_line(line)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("key", ["document", "documents"])
@pytest.mark.parametrize("given", ["a.txt", ["a.txt"]])
def test_documents_have_one_name_and_an_older_one(key: str, given: Any) -> None:
    asked = parse_line(json.dumps({"question": WHEN, key: given}))
    assert asked.documents == ("a.txt",)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"documnts": ["a.txt"]}, "Unknown key “documnts”"),
        ({"document": "a.txt", "documents": ["b.txt"]}, "not both"),
        ({"documents": 3}, "a name or a list of names"),
        ({"documents": [3]}, "a name or a list of names"),
    ],
)
def test_what_a_line_cannot_have_is_named(more: dict[str, Any], said: str) -> None:
    with pytest.raises(QuestionLineError, match=said):
        parse_line(json.dumps({"question": WHEN, **more}))
