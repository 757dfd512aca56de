"""Questions for yes or no: what a model that was taught to judge them adds to quote and draft."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from app.answer import Answer
from app.answering import generate
from app.answering.pipeline import Answerer
from app.answering.prompt import YES_NO_PROMPT, DraftedSentence
from app.answering.yes_no import Ruling, in_line, rule
from app.cli.common import console
from app.cli.print_answer import show_answer
from app.evidence.reader import Reader
from app.formats.json_forms import answer_from_payload, answer_payload
from app.models.base import ChatModel
from app.question.answer_type import AnswerType
from app.question.parsed_question import ParsedQuestion
from app.settings import Settings, load_settings
from app.web.render_answer import Exchange, exchange
from ingest.load import load_text
from store.library import Library
from tests.support.scripted import scripted

MINUTES = """# Minutes of the rowing club

The boathouse was repainted in May by the members themselves.

The club owns nine boats, two of which are on loan to the school.

It was founded in 1987.
"""
QUESTION = "Was the boathouse repainted by a company?"
QUOTE = "The boathouse was repainted in May by the members themselves."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data=tmp_path, model="none")


@pytest.fixture(autouse=True)
def answerable(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the probe makes of the passages: a scripted model has no hidden state."""
    log_odds = [3.0]
    monkeypatch.setattr(generate, "judge", lambda *_: log_odds[0])
    return log_odds


@pytest.fixture
def club(library: Library) -> Library:
    library.add(load_text(MINUTES, "club.md"))
    return library


def asked(
    club: Library, settings: Settings, reader: Reader, model: ChatModel, question: str = QUESTION
) -> Answer:
    return Answerer(club, settings, model, reader).answer(question)


@pytest.mark.parametrize(("yes", "word"), [(3.0, "Yes"), (-3.0, "No"), (0.5, "")])
def test_the_word_stands_before_the_quote_if_the_model_is_sure(
    club: Library, settings: Settings, reader: Reader, yes: float, word: str
) -> None:
    model = scripted("Not stated.", yes=yes, judges_support=True)
    answer = asked(club, settings, reader, model)
    assert (answer.kind, answer.yes_no) == ("answer", word)
    assert [s.text for s in answer.first] == [QUOTE]
    assert answer.text.startswith(f"{word}. {QUOTE}" if word else QUOTE)
    assert answer.citations[0].quote == QUOTE


def test_what_the_sources_leave_open_is_no_answer(
    club: Library, settings: Settings, reader: Reader, answerable: list[float]
) -> None:
    answerable[0] = -6.0
    model = scripted("Not stated.", yes=3.0, judges_support=True)
    answer = asked(club, settings, reader, model, "Is the boathouse insured?")
    assert answer.kind != "answer"
    assert answer.yes_no == ""


def test_no_yes_is_said_without_the_facts_of_the_question(
    club: Library, settings: Settings, reader: Reader
) -> None:
    model = scripted("Not stated.", yes=5.0, judges_support=True)
    asked_of = "Were nine boats owned by the club in 1987?"  # two sentences have them
    answer = asked(club, settings, reader, model, asked_of)
    assert (answer.kind, answer.yes_no) == ("answer", "")
    answer = asked(club, settings, reader, model, "Was the boathouse repainted in May?")
    assert (answer.kind, answer.yes_no) == ("answer", "Yes")


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("No, the boathouse was repainted by the members themselves [2].", "The boathouse was"),
        ("Yes, the boathouse was repainted by a company [1].", QUOTE),
    ],
)
def test_a_draft_says_the_same_or_gives_way(
    club: Library, settings: Settings, reader: Reader, reply: str, shown: str
) -> None:
    model = scripted(reply, yes=-3.0, judges_support=True)
    answer = asked(club, settings, reader, model)
    assert answer.yes_no == "No"
    assert answer.sentences[0].text.startswith(shown)
    assert "company" not in answer.text


def test_other_questions_and_models_are_not_ruled() -> None:
    taught = scripted("", yes=3.0, judges_support=True)
    assert rule(taught, ParsedQuestion("Who repainted it?"), [QUOTE]) is None
    assert rule(scripted("", yes=3.0), ParsedQuestion(QUESTION), [QUOTE]) is None
    ruling = rule(taught, ParsedQuestion(QUESTION), [QUOTE])
    assert ruling is not None
    assert ruling.yes == pytest.approx(3.0)
    assert "yes, no, or unknown" in YES_NO_PROMPT


@pytest.mark.parametrize(
    ("yes", "texts", "expected"),
    [
        (3.0, ["Yes, it was.", "In May."], ["It was.", "In May."]),
        (-3.0, ["No. It was not."], ["It was not."]),
        (-3.0, ["No."], []),
        (-3.0, ["Yes, it was.", "In May."], []),
        (3.0, ["Nothing was."], ["Nothing was."]),
        (0.5, ["Yes, it was."], ["Yes, it was."]),
        (3.0, [], []),
    ],
)
def test_a_draft_is_brought_into_line(
    yes: float, texts: Sequence[str], expected: Sequence[str]
) -> None:
    drafted = [DraftedSentence(text, (1,)) for text in texts]
    assert [d.text for d in in_line(drafted, Ruling(yes, True))] == expected
    assert in_line(drafted, None) == drafted


def test_every_door_says_yes_or_no(club: Library, settings: Settings, reader: Reader) -> None:
    model = scripted("Not stated.", yes=-3.0, judges_support=True)
    answer = asked(club, settings, reader, model)
    assert answer_from_payload(answer_payload(answer)).yes_no == "No"
    assert '<p class="headline" dir="auto">No.</p>' in exchange(Exchange("x", QUESTION, answer))
    with console.capture() as printed:
        show_answer(answer)
    assert printed.get().startswith("No.")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Does the chair agree with members who left?", True),
        ("May I plug it into an extension lead?", True),
        ("Does it stop when its tank is full?", True),
        ("Do you know when it was built?", False),
        ("Was it red or blue?", False),
        ("Who was there?", False),
    ],
)
def test_which_questions_ask_for_yes_or_no(question: str, expected: bool) -> None:
    assert (ParsedQuestion(question).answer_type is AnswerType.YES_NO) is expected
