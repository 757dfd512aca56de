"""Where two places fit, both are offered; a question that says too little is asked back."""

from __future__ import annotations

import pytest

from app.answer import Answer, Turn
from app.answering.ask_back import LEANS_BACK, TOO_OPEN
from app.answering.pipeline import Answerer
from app.cli.print_answer import show_answer
from app.evidence.reader import Reader
from app.formats.json_forms import answer_from_payload, answer_payload
from app.service.engine import WARM_UP_QUESTION
from app.settings import load_settings
from app.web.render_answer import Exchange, exchange
from ingest.load import load
from store.library import Library

PRICES = """# Price list of {year}, Bakery Lindqvist

A loaf of rye bread costs {loaf} euro. A cinnamon roll costs {roll} euro.

Cakes are ordered {days} days ahead. Delivery within the town costs 3 euro.
"""
STAFF = """# Staff of the library

## Karin Holm

Karin Holm joined the library in 2011. She leads the children's section.

## Peter Holm

Peter Holm joined the library in 2019. He looks after the archive.
"""


@pytest.fixture(scope="module")
def answerer(
    embedder: object, reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> Answerer:
    folder = tmp_path_factory.mktemp("two")
    library = Library.open(folder, embedder)  # type: ignore[arg-type]
    old = PRICES.format(year=2023, loaf="4.20", roll="2.10", days="two")
    new = PRICES.format(year=2024, loaf="4.60", roll="2.40", days="three")
    for text, name in ((old, "bakery-old.md"), (new, "bakery-new.md"), (STAFF, "staff.md")):
        (folder / name).write_text(text, encoding="utf-8")
        library.add(load(str(folder / name)))
    return Answerer(library, load_settings(data=folder, model="none"), None, reader)


@pytest.mark.parametrize(
    ("question", "labels", "quotes"),
    [
        (
            "How much is a loaf of rye bread?",
            {"bakery-old.md", "bakery-new.md"},
            ("4.20 euro", "4.60 euro"),
        ),
        (
            "How far ahead must cakes be ordered?",
            {"bakery-old.md", "bakery-new.md"},
            ("two days", "three days"),
        ),
        ("When did Holm join the library?", {"Karin Holm", "Peter Holm"}, ("2011", "2019")),
    ],
)
def test_both_places_that_fit_are_offered(
    answerer: Answerer, question: str, labels: set[str], quotes: tuple[str, str]
) -> None:
    answer = answerer.answer(question)
    assert answer.kind == "answer"
    assert all(quote in answer.text for quote in quotes)
    assert {choice.label for choice in answer.choices} == labels
    for choice in answer.choices:
        narrowed = answerer.answer(choice.question)
        assert narrowed.kind == "answer" and not narrowed.choices
        assert sum(quote in narrowed.text for quote in quotes) == 1


@pytest.mark.parametrize(
    ("question", "meant", "other"),
    [
        ("How much was a cinnamon roll in 2023?", "2.10", "2.40"),
        ("How much was a cinnamon roll in 2024?", "2.40", "2.10"),
        ("How much is a loaf of rye bread in the new price list?", "4.60", "4.20"),
        ("When did Peter Holm join the library?", "2019", "2011"),
    ],
)
def test_a_place_that_the_question_names_is_meant(
    answerer: Answerer, question: str, meant: str, other: str
) -> None:
    answer = answerer.answer(question)
    assert answer.kind == "answer" and not answer.choices
    assert meant in answer.text and other not in answer.text


def test_two_that_the_question_names_are_both_meant(answerer: Answerer) -> None:
    answer = answerer.answer("How much did a cinnamon roll cost in 2023 and in 2024?")
    assert "2.10" in answer.text and "2.40" in answer.text and not answer.choices


def test_what_is_said_twice_the_same_is_no_choice(answerer: Answerer) -> None:
    assert not answerer.answer("How much does delivery within the town cost?").choices


@pytest.mark.parametrize("question", ["How many?", "Why?", "Who is it?"])
def test_a_question_that_names_nothing_is_asked_back(answerer: Answerer, question: str) -> None:
    answer = answerer.answer(question)
    assert (answer.kind, answer.reason, answer.citations) == ("unclear", TOO_OPEN, ())


@pytest.mark.parametrize("question", ["And the price?", "And the number?", "What about 2023?"])
def test_a_follow_up_of_nothing_is_asked_back(answerer: Answerer, question: str) -> None:
    (many,) = answerer.answer_many([(question, None)])
    for answer in (answerer.answer(question), many):
        assert (answer.kind, answer.reason) == ("unclear", LEANS_BACK)
        assert answer.closest


def test_the_same_words_after_a_question_are_a_follow_up(answerer: Answerer) -> None:
    before = Turn("How much was a cinnamon roll in 2024?", "A cinnamon roll costs 2.40 euro.")
    answer = answerer.answer("What about 2023?", history=[before])
    assert answer.kind == "answer" and "2.10 euro" in answer.text


def test_the_question_that_loads_the_models_is_read(answerer: Answerer) -> None:
    answer = answerer.answer(WARM_UP_QUESTION)
    assert answer.closest or answer.citations


def test_the_choices_are_shown_everywhere(
    answerer: Answerer, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = answerer.answer("When did Holm join the library?")
    assert answer_from_payload(answer_payload(answer)).choices == answer.choices
    page = exchange(Exchange("a", answer.question, answer))
    assert "Which one is meant?" in page
    assert 'data-do="ask" data-text="Karin Holm: When did Holm join the library?"' in page
    show_answer(answer)
    assert "Peter Holm: When did Holm join the library?" in capsys.readouterr().out


def test_an_answer_stored_before_there_were_choices_is_read(answerer: Answerer) -> None:
    payload = answer_payload(answerer.answer("When did Peter Holm join the library?"))
    del payload["choices"]
    assert isinstance(answer_from_payload(payload), Answer)
