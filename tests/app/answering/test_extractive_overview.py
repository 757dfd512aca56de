"""Overviews: which questions ask for one, and what is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.question.overview_question import Overview, may_ask_overview, overview_asked
from app.question.parsed_question import ParsedQuestion
from app.service.example_questions import example_questions
from app.settings import Settings
from evals.datasets.question_sets import load_set
from ingest.document import BlockKind
from ingest.load import load, load_bytes
from ingest.load.base.source import Source
from ingest.samples import sample_path
from ingest.titles import is_informative_title
from store.library import Library

TITLES = ["briefing.md A briefing on the ferry line", "prices.csv Prices"]
HEADINGS = ["2. Fees", "Opening hours", "Fees for groups"]


def asked(question: str) -> Overview | None:
    found = overview_asked(ParsedQuestion(question), TITLES, HEADINGS)
    assert found is None or may_ask_overview(ParsedQuestion(question)), "the cheap look misses it"
    return found


@pytest.mark.parametrize(
    "question",
    [
        "Summarise this document.",
        "Please summarize the article in a few sentences",
        "What is it about?",
        "What are the main points?",
        "What's this about?",
        "Give me a short overview",
        "tldr",
    ],
)
def test_questions_for_the_whole(question: str) -> None:
    found = asked(question)
    assert found is not None
    assert (found.heading, found.named, found.listed) == (None, (), False)


@pytest.mark.parametrize(
    ("question", "length"),
    [
        ("Summarise this document.", 6),
        ("Summarise this document in two sentences.", 2),
        ("Give me the 4 main points", 4),
        ("Give me a short overview", 3),
        ("Summarise the report briefly", 3),
        ("Summarize the whole text in detail", 12),
        ("Summarise it in 900 sentences", 20),
    ],
)
def test_a_summary_is_as_long_as_it_is_asked_to_be(question: str, length: int) -> None:
    assert asked(question) == Overview(None, length=length)


def test_a_document_may_be_named() -> None:
    assert asked("Summarise the briefing on the ferry") == Overview(None, (0,))
    assert asked("What are the main points of the price list?") == Overview(None, (1,))


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("What is said about “2. Fees”?", 0),
        ("What does the section Fees say?", 0),
        ("Summarise the chapter on opening hours", 1),
        ("What is said about fees for groups?", 2),
    ],
)
def test_a_section_may_be_named(question: str, heading: int) -> None:
    assert asked(question) == Overview(heading)


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("List all fees.", 0),
        ("Please list the fees for groups", 2),
        ("Give me all opening hours", 1),
        ("A complete list of the fees, please", 0),
    ],
)
def test_a_list_may_be_asked_for(question: str, heading: int) -> None:
    assert asked(question) == Overview(heading, listed=True)


@pytest.mark.parametrize(
    "question",
    [
        "What are the fees?",
        "List the members who paid fees",
        "Name the mayor",
        "What is said about the fees of members?",
        "Summarise what the mayor said about the harbour",
        "What does the document say about dogs?",
        "Who wrote the summary?",
        "What is the main point of departure of the ferry?",
        "How many sections does the report have?",
        "What did she tell the board about the price?",
    ],
)
def test_other_questions_are_left_alone(question: str) -> None:
    assert asked(question) is None


@pytest.fixture(scope="module")
def answerer(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    from store.embedding.open_embedder import open_embedder

    folder = tmp_path_factory.mktemp("overview")
    library = Library.open(folder, open_embedder())
    documents = load_set("office").documents
    assert documents is not None
    for path in [sample_path(), *sorted(documents.iterdir())]:
        library.add(load(path))
    return Answerer(library, Settings(data=folder), None, reader)


def test_a_summary_covers_the_document_in_its_own_sentences(answerer: Answerer) -> None:
    answer = answerer.answer("Summarise this document", documents=["cleaning-contract.md"])
    assert answer.kind == "answer" and len(answer.sentences) == 6
    assert [s.listed for s in answer.sentences] == [False] + [True] * 5, "a lead, and points"
    assert len({c.headings for c in answer.citations}) >= 5
    assert [c.start for c in answer.citations] == sorted(c.start for c in answer.citations)
    text = answerer.library.text(answer.citations[0].revision)
    assert all(text[c.start : c.end] == c.quote for c in answer.citations)
    assert not any(s.text.endswith("?") or s.text.startswith("#") for s in answer.sentences)
    assert any("6 of " in note for note in answer.notes)
    detailed = answerer.answer("Summarise this in detail", documents=["cleaning-contract.md"])
    assert 6 < len(detailed.sentences) <= 12
    assert any("monthly fee of EUR 2,340" in s.text for s in detailed.sentences)
    short = answerer.answer("Summarise this in two sentences", documents=["cleaning-contract.md"])
    assert [s.listed for s in short.sentences] == [False, False]


def test_several_documents_share_a_summary(answerer: Answerer) -> None:
    answer = answerer.answer("Give me an overview")
    assert len({c.document for c in answer.citations}) == 6


def test_a_short_section_and_a_table_are_shown_whole(answerer: Answerer) -> None:
    faults = answerer.answer("What is said about “Faults”?")
    assert sum("| E" in s.text for s in faults.sentences) == 4
    box = answerer.answer("What does the section “What is in the box” say?")
    assert [s.text for s in box.sentences][-1] == "this manual"
    assert not box.notes


def test_a_list_is_given_whole_or_says_how_much_of_it_is_shown(library: Library) -> None:
    members = [f"member {n}" for n in range(14)]
    text = (
        "# Hall rules\n\n## Items for hire\n\nThese items can be hired:\n\n"
        + "".join(f"- lamp {n}\n" for n in range(56))
        + "\n## Members\n\n"
        + "".join(f"- {name}\n" for name in members)
        + "\n## Fees\n\n| For | Euros |\n|---|---|\n| hall | 40 |\n| stove | 12 |\n"
        + "\n## History\n\nThe hall is old.\n"
    )
    library.add(load_bytes(text.encode(), Source("hall.md", "/hall.md")))
    whole = Answerer(library, Settings(model="none", strictness="eager"))
    members_listed = whole.answer("List all members")
    assert [s.text.lstrip("- ") for s in members_listed.sentences] == members
    assert members_listed.notes == ("14 of 14 items.",)
    for question in ("List all items for hire.", "Which items can be hired?"):
        answer = whole.answer(question)
        assert "The first 20 of 56 items." in answer.notes, question
        assert sum("lamp" in s.text for s in answer.sentences) == 20
    assert whole.answer("List the fees").notes == ("2 of 2 items.",)
    assert not any("items" in note for note in whole.answer("List all history").notes)


def test_the_example_questions_of_every_document_are_answered(answerer: Answerer) -> None:
    library = answerer.library
    for revision in library.documents():
        text, blocks = library.text(revision.id), library.blocks(revision.id)
        questions = example_questions(text, blocks)
        assert len(questions) == 4, revision.document
        headings = {text[b.start : b.end] for b in blocks if b.kind is BlockKind.HEADING}
        for question in questions:
            answer = answerer.answer(question, documents=[revision.document])
            assert answer.sentences, (revision.document, question)
            said = {sentence.text for sentence in answer.sentences}
            assert not said & headings and not any(s.endswith("?") for s in said), question


def test_a_batch_gives_the_same_overview(answerer: Answerer) -> None:
    question = "What is said about “2. Finances”?"
    (batched,) = answerer.answer_many([(question, None)])
    assert batched.sentences == answerer.answer(question).sentences
    assert "EUR 11,870" in batched.sentences[0].text


def test_a_follow_up_for_a_summary_is_not_rewritten(answerer: Answerer) -> None:
    from app.answer import Turn

    history = [Turn("How long is the drain hose?", "a drain hose of 1.5 m")]
    answer = answerer.answer(
        "Summarise this document", documents=["board-minutes.md"], history=history
    )
    assert {c.document for c in answer.citations} == {"board-minutes.md"}
    assert answer.standalone == "Summarise this document"


def test_a_document_without_text_for_a_summary_is_no_failure(
    reader: Reader, tmp_path: Path
) -> None:
    from ingest.load import load_text
    from store.embedding.open_embedder import open_embedder

    with Library.open(tmp_path, open_embedder()) as library:
        library.add(load_text("Who? Where? Why?\n", "questions.txt"))
        answer = Answerer(library, Settings(data=tmp_path), None, reader).answer("Summarise this")
    assert answer.refused


def test_line_numbers_and_rules_are_no_sentences(
    library: Library, reader: Reader, tmp_path: Path
) -> None:
    lines = "\n\n".join(f"{n}" for n in range(1, 9)) + "\n\n8 - - - - - - x\n\n"
    text = lines + "The court heard the petition on Tuesday.\n\nCounsel spoke for the warden.\n"
    library.add(load_bytes(text.encode(), Source("court.txt", "/court.txt")))
    answerer = Answerer(library, Settings(data=tmp_path, model="none"), None, reader)
    said = [s.text for s in answerer.answer("What is this document about?").sentences]
    assert said == ["The court heard the petition on Tuesday.", "Counsel spoke for the warden."]


@pytest.mark.parametrize(
    ("title", "says"),
    [
        ("10811.exe", False),
        ("8f3a2c.indd", False),
        ("Microsoft Word - harbour plan.doc", True),
        ("Node.js in ports", True),
    ],
)
def test_a_title_that_is_the_name_of_a_file_says_nothing(title: str, says: bool) -> None:
    assert is_informative_title(title) is says
