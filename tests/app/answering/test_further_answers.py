"""What is referred to, what comes next, what changed, and what looks alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.answer import Answer, Turn, Verdict
from app.answering.pipeline import Answerer
from app.evidence.reader import Reader
from app.settings import Settings
from ingest.load import load_bytes
from ingest.load.base.source import Source
from store.library import Library
from tests.support import made

CHARTER = """# Charter of the ferry Skua

## 1 Terms
1.1 "Season" means the months from April to October.

## 2 Payment
2.1 The hire is paid in the amounts of Annex B.

2.2 Late hire bears a charge at the rate set in clause 4.1.

## 4 Rates
4.1 The rate is 6.25 percent a month.

## Annex B: Hire

A day in the season costs 900 euros, and a day in winter 400 euros.
"""
STATION = """# The old station

## Tower

The tower of the station is 24 metres high. It was built in 1902. Its clock came from Leipzig.

## Hall

The hall holds two hundred people. It has a stage.
"""
OLD = (
    "# Lease\n\n## Fee\n\nThe fee is 300 euros. It is paid in March.\n\n"
    "## Rules\n\nNo fires. Dogs are welcome.\n"
)
NEW = (
    "# Lease\n\n## Fee\n\nThe fee is 340 euros. It is paid in March. Late fees cost ten euros.\n\n"
    "## Rules\n\nDogs are welcome.\n"
)


@pytest.fixture
def answerer(library: Library, reader: Reader, tmp_path: Path) -> Answerer:
    return Answerer(library, Settings(data=tmp_path, model="none"), None, reader)


def add(answerer: Answerer, name: str, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    answerer.library.add(load_bytes(data, Source(name, f"/somewhere/{name}")))


def cited(answerer: Answerer, answer: Answer) -> None:
    """Every footnote opens the exact words of its revision."""
    for c in answer.citations:
        assert answerer.library.text(c.revision)[c.start : c.end] == c.quote
    assert {n for s in answer.sentences for n in s.citations} <= {c.n for c in answer.citations}


@pytest.mark.parametrize(
    ("question", "refers", "referred"),
    [
        ("What charge does late hire bear?", "clause 4.1", "6.25 percent"),
        ("In which amounts is the hire paid?", "Annex B", "900 euros"),
    ],
)
def test_the_clause_that_a_sentence_refers_to_follows_it(
    answerer: Answerer, question: str, refers: str, referred: str
) -> None:
    add(answerer, "charter.md", CHARTER)
    answer = answerer.answer(question)
    cited(answerer, answer)
    at = next(i for i, s in enumerate(answer.sentences) if refers in s.text)
    following = answer.sentences[at + 1]
    assert referred in following.text and following.verdict is Verdict.QUOTED
    assert following.citations != answer.sentences[at].citations


def test_a_number_that_is_no_label_is_not_followed(answerer: Answerer) -> None:
    add(
        answerer,
        "tax.md",
        "# Tax\n\n## 3 Duty\n\nThe duty is 3 percent.\n\nSee section 9 of the law.\n",
    )
    assert [s.text for s in answerer.answer("How high is the duty?").sentences][:1] == [
        "The duty is 3 percent."
    ]
    assert "law" not in answerer.answer("How high is the duty?").sentences[0].text


def test_more_goes_on_where_the_answer_stopped_and_repeats_nothing(answerer: Answerer) -> None:
    add(answerer, "station.md", STATION)
    turns: list[Turn] = []
    said: list[str] = []
    for question in ("How high is the tower?", "Tell me more", "more, please", "go on"):
        answer = answerer.answer(question, history=turns)
        cited(answerer, answer)
        assert not set(said) & {s.text for s in answer.sentences}
        said += [s.text for s in answer.sentences]
        turns.append(Turn(question, answer.text))
    assert said == [
        "The tower of the station is 24 metres high.",
        "It was built in 1902.",
        "Its clock came from Leipzig.",
        "The hall holds two hundred people.",
        "It has a stage.",
    ]
    assert answer.refused and "says nothing more" in answer.reason


@pytest.mark.parametrize(
    "question",
    ["What changed between version 1 and version 2?", "What is new in the lease?", "What changed?"],
)
def test_what_changed_is_told_with_both_footnotes(answerer: Answerer, question: str) -> None:
    add(answerer, "lease.md", OLD)
    add(answerer, "lease.md", NEW)
    answer = answerer.answer(question)
    cited(answerer, answer)
    assert [s.text for s in answer.sentences] == [
        "“The fee is 300 euros.” is now “The fee is 340 euros.”",
        "New: “Late fees cost ten euros.”",
        "Removed: “No fires.”",
    ]
    assert [len(s.citations) for s in answer.sentences] == [2, 1, 1]
    first, second = answer.citations[:2]
    assert first.revision != second.revision


def test_two_documents_that_are_versions_of_each_other_are_compared(answerer: Answerer) -> None:
    add(answerer, "lease v1.md", OLD)
    add(answerer, "lease v2.md", NEW)
    add(answerer, "boats.md", "# Boats\n\nThe Tern has two masts.\n")
    answer = answerer.answer("What changed in the fee of the lease?")
    assert not answer.refused
    answer = answerer.answer("What is different in lease v2?")
    assert {c.document for c in answer.citations} == {"lease v1.md", "lease v2.md"}
    assert "340 euros" in answer.text and "Tern" not in answer.text


def test_other_questions_with_new_are_asked_as_ever(answerer: Answerer) -> None:
    add(answerer, "lease.md", OLD)
    add(answerer, "lease.md", NEW)
    answer = answerer.answer("What is the new fee?")
    assert answer.sentences[0].text == "The fee is 340 euros."
    assert answer.sentences[0].verdict is Verdict.QUOTED


def test_of_two_sheets_alike_both_answer(answerer: Answerer) -> None:
    for year, rent in (("North branch", 410), ("South branch", 290)):
        add(answerer, f"{year}.csv", f"Item,Spent\nRent,{rent}\nLight,{rent // 5}\nWater,31\n")
    answer = answerer.answer("How much was spent on rent?")
    cited(answerer, answer)
    assert answer.computed is not None and set(answer.computed.values) == {"410", "290"}
    assert {s.text.partition(":")[0] for s in answer.sentences} == {
        "North branch.csv", "South branch.csv",
    }  # fmt: skip
    assert {c.label for c in answer.choices} == {"North branch.csv", "South branch.csv"}
    named = answerer.answer("How much was spent on rent in the North branch?")
    assert named.computed is not None and named.computed.values == ("410",)


def test_a_price_is_answered_by_an_amount_alone(answerer: Answerer) -> None:
    said = ("A berth has 9 metres.", "A licence is needed for fishing.", "A shower costs 2 euros.")
    add(answerer, "quay.md", "\n\n".join(("# The quay", *said)))
    for question in ("How much does a licence cost?", "What does a berth cost?"):
        answer = answerer.answer(question)
        assert answer.refused or "2 euros" in answer.text
    assert "2 euros" in answerer.answer("How much does a shower cost?").text


def test_names_and_rows_in_chinese_are_found(answerer: Answerer) -> None:
    add(
        answerer,
        "staff.csv",
        "姓名,部门,电话\n赵敏,法务部,2201\n孙亮,研发部,2202\n周涛,仓库,2203\n",
    )
    answer = answerer.answer("孙亮在哪个部门？")
    assert "研发部" in answer.text and "法务部" not in answer.text


def test_documents_of_one_name_show_their_folders(answerer: Answerer) -> None:
    for town, hour in (("eastby", "seven"), ("westby", "nine")):
        text = f"# The pool\n\nThe pool opens at {hour} in the morning.\n".encode()
        answerer.library.add(load_bytes(text, Source("pool.md", f"/towns/{town}/pool.md")))
    listed = [revision.document for revision in answerer.library.documents()]
    assert listed == ["eastby/pool.md", "westby/pool.md"]
    answer = answerer.answer("When does the pool open?")
    assert {c.document for c in answer.citations} == set(listed)
    assert {c.label for c in answer.choices} == set(listed)
    one = answerer.answer("eastby/pool.md: When does the pool open?")
    assert {c.document for c in one.citations} == {"eastby/pool.md"} and "seven" in one.text
    only = answerer.answer("When does the pool open?", documents=["westby/pool.md"])
    assert "nine" in only.text and "seven" not in only.text
    answerer.library.remove("westby/pool.md")
    assert [r.document for r in answerer.library.documents()] == ["pool.md"]


def test_the_heads_of_its_pages_say_which_invoice_it_is(answerer: Answerer) -> None:
    heads = [(60, 800, 10, "Quay Supplies"), (60, 780, 10, "Invoice no. Q-317")]
    goods = [
        (60, 700 - 15 * n, 11, f"Item {n} was brought to the pier on a cart.") for n in range(9)
    ]
    pages = [[*heads, *goods], [*heads, (60, 700, 11, "Amount due: 418.20 euros")]]
    add(answerer, "paper.pdf", made.pdf_file(pages))
    answer = answerer.answer("What is the amount due of invoice Q-317?")
    assert "418.20" in answer.sentences[0].text and answer.citations[0].page == 2
    assert answerer.answer("What is the amount due of invoice Q-990?").refused


def test_what_a_mail_quotes_is_no_alternative_to_what_it_says(answerer: Answerer) -> None:
    mail = (
        "From: Mia <mia@quay.example>\nTo: Jon <jon@quay.example>\nSubject: Crane\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
        "The crane comes at ten.\n\nOn Thu, 7 Mar 2024 at 17:02, Jon <jon@quay.example> wrote:\n"
        "> The crane comes at eight.\n"
    )
    add(answerer, "crane.eml", mail)
    answer = answerer.answer("When does the crane come?")
    assert answer.sentences[0].text == "The crane comes at ten." and not answer.choices
