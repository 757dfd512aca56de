"""What a model's word on a sentence does to the reader's verdict."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any

import pytest

from app.answer import Verdict
from app.answering.judge import judged_again, support
from app.answering.verify import OTHERWISE_REASON, UNSURE_REASON, Judgement
from app.models.base import ChatModel
from tests.support.scripted import ScriptedChat

SAID = Judgement(Verdict.UNSUPPORTED, UNSURE_REASON, rests=True)


def told(yes: float, no: float, unknown: float) -> ChatModel:
    """A model that was taught to judge and gives its words these probabilities."""

    class Told(ChatModel):
        def first_word(self, messages: Any, words: Sequence[str]) -> dict[str, float]:
            assert "yes, no if they say otherwise, or unknown" in messages[-1].content
            given = {"yes": log(yes), "no": log(no), "unknown": log(unknown)}
            return {word: given[word] for word in words}

    return Told(ScriptedChat(judges_support=True), "test:judge")


@pytest.mark.parametrize(
    ("odds", "expected"),
    [
        ((0.8, 0.1, 0.1), Judgement(Verdict.SUPPORTED)),
        ((0.1, 0.6, 0.3), Judgement(Verdict.UNSUPPORTED, OTHERWISE_REASON, rests=True)),
        ((0.1, 0.3, 0.6), SAID),
        # Neither doubt is as likely as the yes, but both together outweigh it.
        ((0.36, 0.32, 0.32), SAID),
    ],
)
def test_yes_no_and_unknown(odds: tuple[float, float, float], expected: Judgement) -> None:
    assert judged_again(SAID, told(*odds), "The mill burnt.", ["It burnt."]) == expected


def test_both_doubts_count_against_a_sentence() -> None:
    said = support(told(0.5, 0.25, 0.25), "The mill burnt.", ["It burnt."])
    assert said is not None and said.log_odds == pytest.approx(0.0)
    assert support(ChatModel(ScriptedChat(), "test:untaught"), "It burnt.", ["It burnt."]) is None


def test_wrong_facts_stay_wrong() -> None:
    first = Judgement(Verdict.UNSUPPORTED, "the source does not have the number 7")
    assert judged_again(first, told(0.9, 0.05, 0.05), "7 mills burnt.", ["It burnt."]) == first
