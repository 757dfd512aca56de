"""Follow-ups are made standalone, new topics are left alone, small talk is not searched."""

import pytest

from app.answer import Turn
from app.question.parsed_question import ParsedQuestion
from app.question.rewrite import Rewritten, is_follow_up, rewrite_question, understood_as

HISTORY = [Turn("How many flights a week does Azal run from Baku to Dushanbe?", "Three a week.")]


def rewritten(question: str, history: list[Turn], titles: list[str]) -> Rewritten:
    return rewrite_question(ParsedQuestion(question), history, lambda: titles)


@pytest.mark.parametrize(
    "question", ["Hello!", "thanks a lot", "What can I ask?", "Good morning", "OK, thank you."]
)
def test_small_talk_gets_a_reply(question: str) -> None:
    assert rewritten(question, [], ["Briefing"]).talk


def test_a_greeting_in_front_of_a_question_is_a_question() -> None:
    assert not rewritten("Hello, who chairs the council?", [], ["Briefing"]).talk


@pytest.mark.parametrize(
    ("question", "inside"),
    [
        ("Since when?", "Baku"),
        ("And who runs them?", "flights"),
    ],
)
def test_a_follow_up_brings_what_it_leans_on(question: str, inside: str) -> None:
    found = rewritten(question, HISTORY, [])
    assert question in found.standalone.text
    assert inside in found.standalone.text


def test_a_pronoun_becomes_the_name_it_stands_for() -> None:
    history = [Turn("Who is the mayor of Port Ada?", "The mayor is Ines Calder.")]
    asked = rewritten("What did she say?", history, []).standalone
    assert asked.text == "What did Ines Calder say?"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("First, I recall that the Union of Ports was proposed by Mayor Ines Calder.", "Mayor"),
        ("However, Ines Calder proposed it.", "Ines Calder"),
        ("Calder, who led the council, proposed it. Nobody thanked Calder.", "Calder"),
    ],
)
def test_a_word_that_opens_a_sentence_is_no_name(answer: str, name: str) -> None:
    """And of several names a person's title tells whom “he” means."""
    asked = rewritten("When did she do that?", [Turn("Who proposed it?", answer)], []).standalone
    assert asked.text.startswith(f"When did {name}")
    assert asked.text.endswith(" do that?")


def test_a_chain_of_follow_ups_keeps_its_topic() -> None:
    history = [*HISTORY, Turn("Since when?", "Since May 2023.")]
    asked = rewritten("And who runs them?", history, []).standalone
    assert "Baku" in asked.text


def test_what_about_asks_the_same_of_another() -> None:
    asked = rewritten("What about Tashkent?", HISTORY, []).standalone
    assert asked.text == "How many flights a week does Azal run from Baku to Tashkent?"


@pytest.mark.parametrize(
    "question",
    [
        "Where was the fifth meeting of the heads of state held?",
        "What did President Aliyev say about the Caspian Sea and its role?",
        "What does Interpol say about its mission?",
        "Which country opened its borders?",
        "How many meetings were held, and where did those meetings take place?",
    ],
)
def test_a_new_topic_stands_alone(question: str) -> None:
    assert rewritten(question, HISTORY, []).standalone.text == question


@pytest.mark.parametrize(
    "question",
    ["Which of its routes is longest?", "What did his deputy say?", "Where do those flights land?"],
)
def test_a_word_that_points_out_of_the_question_is_a_follow_up(question: str) -> None:
    assert is_follow_up(ParsedQuestion(question))


def test_a_rewriting_is_shown_only_if_it_reads_like_a_question() -> None:
    turns = [Turn("When was the north pier repaired?", "In 2023.")]
    continued = rewrite_question(ParsedQuestion("Why?"), turns, list).standalone.text
    assert continued == "Why? (When was the north pier repaired?)"
    assert understood_as("Why?", continued) == ""
    assert understood_as("Who led it?", "Who led the survey?") == "Who led the survey?"
    assert understood_as("Who (of them) led?", "Who (of them) led?") == ""


def test_without_history_nothing_is_added() -> None:
    assert rewritten("Since when?", [], []).standalone.text == "Since when?"


@pytest.mark.parametrize(
    ("last", "asked", "whole"),
    [
        ("What did it cost in 2023?", "And the visitors?", "What about the visitors in 2023?"),
        ("How much is a wash for the Model 3?", "And a service?",
         "What about a service for the Model 3?"),
        ("Who built the mill?", "And the lock?", "Who built the mill, the lock?"),
    ],
)  # fmt: skip
def test_a_new_thing_keeps_the_time_or_the_model(last: str, asked: str, whole: str) -> None:
    assert rewritten(asked, [Turn(last, "It is said.")], []).standalone.text == whole


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("How much did it cost to build the bridge?", False),
        ("How long does it take to reach the island?", False),
        ("How long does it take?", True),
        ("How much did it cost?", True),
    ],
)
def test_an_empty_it_leans_on_nothing(question: str, leans: bool) -> None:
    assert is_follow_up(ParsedQuestion(question)) is leans
