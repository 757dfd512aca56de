"""The baselines answer and are judged as Footnote is; drafts are shown only where they hold."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from app.models.base import ModelMissing
from app.settings import Settings
from evals.datasets.case import Case, QuestionSet
from evals.datasets.question_generation import open_drafts, parse, review
from evals.runs.baselines import REFUSAL_PATTERN, Tutorial, systems
from evals.runs.runs import run_system
from evals.runs.systems import support_checker
from ingest.document import Block, BlockKind, Document
from store.library import Library
from tests.support.scripted import scripted

QUESTIONS = QuestionSet(
    "s",
    (
        Case("height", "How high is the tower?", (("38 metres",),), evidence=(("tower", "38"),)),
        Case("paint", "Who painted the gallery?", answerable=False),
    ),
)


def test_all_baselines_make_comparable_runs(
    library: Library, sample: Document, tmp_path: Path
) -> None:
    library.add(sample)
    settings = Settings(data=tmp_path, model="none")
    made = [
        run_system(QUESTIONS, library, system, support_checker(system.reader), tmp_path / "runs")
        for system in systems(library, settings, None)
    ]
    assert len({each.id for each in made}) == 4
    assert [each.manifest["system"]["system"] for each in made] == [
        "tutorial",
        "BM25 alone",
        "dense alone",
        "footnote",
    ]
    for each in made:
        assert [line["id"] for line in each.lines] == ["height", "paint"]
        assert each.lines[0]["scores"]["recall@3"] == 1.0
        assert each.lines[0]["scores"].get("exact_quotes", 1.0) == 1.0
        assert len(each.timings) == 2


def test_the_tutorial_cuts_500_characters_and_shows_three_chunks(
    library: Library, sample: Document
) -> None:
    library.add(sample)
    text = "".join(f"Sentence {n} is here. " for n in range(400))
    library.add(Document("more.txt", "More", text, (), "/more.txt"))
    model = scripted("It is 38 metres high.", "The context does not mention who painted it.")
    tutorial = Tutorial(library, model)
    assert max(len(chunk.text) for chunk in tutorial.chunks) <= 500
    for chunk in tutorial.chunks:
        assert library.text(chunk.revision)[chunk.start : chunk.end] == chunk.text
    told, refused = (outcome.answer for outcome in tutorial.outcomes(QUESTIONS.cases))
    assert told.text == "It is 38 metres high."
    assert len(told.citations) == 3
    assert model.chat.heard[0]["asked"].count("\n\n") >= 3
    assert refused.refused
    alone = Case("q", "Which sentence?", (("7",),), document="more.txt")
    (outcome,) = Tutorial(library, None).outcomes([alone])
    assert {found.document for found in outcome.found} == {"more.txt"}


@pytest.mark.parametrize(
    ("reply", "refuses"),
    [
        ("I don't know.", True),
        ("I do not know the answer.", True),
        ("The context does not explicitly state this.", True),
        ("It is not mentioned in the context.", True),
        ("The tower is not high.", False),
        ("Nobody has lived there since 1988.", False),
    ],
)
def test_a_refusal_of_the_plain_prompt_is_known(reply: str, refuses: bool) -> None:
    assert bool(REFUSAL_PATTERN.search(reply)) is refuses


TEXT = "The tower is 38 metres high and has 211 steps; the keepers lived there until 1988."


@pytest.mark.parametrize(
    "reply",
    [
        "no json",
        '{"question": "How high is it?"',
        '{"question": "How high is it?", "answer": "40 metres"}',
        '{"question": "Is it 38 metres high?", "answer": "38 metres"}',
        '{"question": "", "answer": "38 metres"}',
        '{"question": ["x"], "answer": "38 metres"}',
        "{" + f'"question": "What?", "answer": "{TEXT}"' + "}",
    ],
)
def test_a_draft_that_does_not_hold_is_dropped(reply: str) -> None:
    assert parse(reply, TEXT) is None


def test_drafts_are_accepted_edited_and_rejected(library: Library) -> None:
    block = Block(BlockKind.PARAGRAPH, 0, len(TEXT))
    library.add(Document("tower.txt", "Tower", TEXT, (block,), "/tower.txt"))
    with pytest.raises(ModelMissing, match="footnote pull"):
        next(open_drafts("tower.txt", library, None, 1, seed=1))
    reply = 'Here: {"question": "How high is the tower?", "answer": "38 metres."}'

    def reviewed(*said: str) -> list[Case]:
        told, shown = iter(said), StringIO()
        proposals = open_drafts("tower.txt", library, scripted(reply), 1, seed=1)
        kept = list(review(proposals, Console(file=shown), lambda _: next(told)))
        assert "How high is the tower?" in shown.getvalue()
        assert "211 steps" in re.sub(r"\s+", " ", shown.getvalue())
        return kept

    (accepted,) = reviewed("a")
    assert accepted.answers == (("38 metres",),)
    assert accepted.document == "tower.txt"
    (changed,) = reviewed("e", "How tall?", "38 metres | 38 m")
    assert changed.question == "How tall?"
    assert changed.answers == (("38 metres", "38 m"),)
    assert changed.id != accepted.id
    assert reviewed("r") == reviewed("q") == []
