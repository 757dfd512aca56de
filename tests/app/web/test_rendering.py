"""The chat's HTML, piece by piece: marks at the exact words, verdicts in words, files kept."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answer import Answer, Citation, Closest, Sentence, Verdict
from app.formats.answer_text import with_footnotes
from app.formats.json_forms import answer_from_payload, answer_payload
from app.models.worker_stream import Stopped, iterate_in_worker
from app.service.conversations import feedback_set
from app.service.conversations.conversations import Conversations, turns
from app.service.example_questions import example_questions
from app.web import render_answer, source_pane
from evals.datasets.question_sets import load_set
from ingest.document import Block, BlockKind
from ingest.load import load
from store.results import Revision

TEXT = "Keepers\n\nThree keepers lived at the tower. It has 211 steps.\n\n- rope\n- lamp oil"
BLOCKS = (
    Block(BlockKind.HEADING, 0, 7, level=1),
    Block(BlockKind.PARAGRAPH, 9, 60),
    Block(BlockKind.LIST_ITEM, 62, 68),
    Block(BlockKind.LIST_ITEM, 69, 79),
)
REVISION = Revision(
    "r1", "d1", "tower.txt", 1, "The tower", "/tower.txt", "text/plain", "0" * 64,
    "2026-01-01T00:00:00Z", 3, len(TEXT), True,
)  # fmt: skip


def cited(start: int, end: int, key: tuple[int, int] | None = None, n: int = 1) -> Citation:
    return Citation(n, "tower.txt", "r1", start, end, TEXT[start:end], key)


ANSWER = Answer(
    "How many steps?", "How many steps has the tower?", "answer",
    (Sentence("It has 211 steps.", (1,), Verdict.QUOTED),
     Sentence("It is tall.", (1,), Verdict.UNSUPPORTED)),
    (cited(43, 60, (50, 53)),), "", (), 0.9, "none", ("One sentence was dropped.",),
    {"total": 120.0}, "a1",
)  # fmt: skip


def marked(page: str) -> str:
    return html.unescape(
        re.sub(r"<[^>]+>", "", "".join(re.findall(r"<mark>(.*?)</mark>", page, re.DOTALL)))
    )


@given(st.data())
def test_the_marked_words_are_the_cited_words(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(TEXT) - 1))
    end = data.draw(st.integers(start + 1, len(TEXT)))
    keys = st.tuples(st.integers(start, end), st.integers(start, end)).map(sorted)
    low, high = data.draw(keys)
    page = source_pane.pane(
        source_pane.View(REVISION, TEXT, BLOCKS, cited(start, end, (low, high)))
    )
    gaps = [(7, 9), (60, 62), (68, 69)]
    kept = "".join(
        c for at, c in enumerate(TEXT) if start <= at < end
        and not any(a <= at < b for a, b in gaps)
    )  # fmt: skip
    assert marked(page) == kept


def test_text_that_no_block_covers_is_shown() -> None:
    page = source_pane.pane(source_pane.View(REVISION, TEXT, BLOCKS[:1], cited(43, 60)))
    assert marked(page) == "It has 211 steps."
    assert "lamp oil" in page


def test_a_long_document_is_cut_around_the_citation() -> None:
    text = "word " * 40_000
    blocks = [Block(BlockKind.PARAGRAPH, n, n + 999) for n in range(0, 200_000, 1000)]
    far = Citation(1, "long.txt", "r1", 150_000, 150_009, text[150_000:150_009])
    page = source_pane.pane(source_pane.View(REVISION, text, blocks, far))
    assert marked(page) == far.quote
    assert "earlier text is not shown" in page
    assert len(page) < 90_000


def test_markdown_signs_are_in_the_text_but_not_drawn() -> None:
    text = "## Rope\n\nA **strong** rope."
    blocks = (Block(BlockKind.HEADING, 0, 7, level=2), Block(BlockKind.PARAGRAPH, 9, 27))
    revision = replace(REVISION, media_type="text/markdown")
    page = source_pane.pane(source_pane.View(revision, text, blocks))
    assert '<span class="sign">## </span>Rope' in page
    assert '<span class="sign">**</span><strong>strong</strong><span class="sign">**</span>' in page


def test_an_old_revision_says_so() -> None:
    page = source_pane.pane(
        source_pane.View(replace(REVISION, current=False), TEXT, BLOCKS, cited(43, 60))
    )
    assert "no longer the current one" in page


def test_every_verdict_is_told_in_words() -> None:
    page = render_answer.exchange(render_answer.Exchange("x", "How many steps?", ANSWER))
    assert 'aria-label="quoted"' in page
    assert "not supported" in page
    assert "Understood as" in page
    assert "One sentence was dropped." in page
    assert "<b>211</b>" in page


def test_a_stale_answer_offers_to_be_asked_again() -> None:
    page = render_answer.exchange(
        render_answer.Exchange("x", "q", ANSWER, status="stale", before=ANSWER)
    )
    assert "have changed since" in page
    assert 'data-do="again"' in page
    assert "The answer before" in page


def test_a_refusal_shows_reason_and_what_is_lacking() -> None:
    refusal = replace(
        ANSWER, kind="refusal", sentences=(), reason="No word of cost.",
        closest=(Closest(cited(9, 42), "says nothing of “cost”"),),
    )  # fmt: skip
    page = render_answer.exchange(render_answer.Exchange("x", "q", refusal))
    assert "No word of cost." in page
    assert "Lacks: says nothing of “cost”" in page
    assert 'data-part="closest"' in page
    assert "Not in the documents." in page
    unclear = replace(refusal, kind="unclear")
    assert "Not clear." in render_answer.exchange(render_answer.Exchange("x", "q", unclear))


def test_the_copied_answer_has_its_footnotes() -> None:
    assert with_footnotes(ANSWER).startswith("It has 211 steps.[^1]")
    assert "[^1]: “It has 211 steps.” — tower.txt" in with_footnotes(ANSWER)


def test_an_answer_survives_being_kept(tmp_path: Path, both_databases: str) -> None:
    assert answer_from_payload(answer_payload(ANSWER)) == replace(
        ANSWER, timings_ms={"total": 120.0}
    )
    kept = Conversations(tmp_path)
    one = kept.start("ada", "Steps")
    name = kept.add(one, ANSWER.question, answer_payload(ANSWER))
    kept.add(one, "Another?", None, "Stopped.")
    again = Conversations(tmp_path)
    first, second = again.exchanges(one)
    assert first.answer == answer_from_payload(answer_payload(ANSWER))
    assert (second.answer, second.problem) == (None, "Stopped.")
    assert turns([first, second])[0].question == "How many steps has the tower?"
    again.renew(name, answer_payload(replace(ANSWER, id="a2")))
    renewed = again.exchange("ada", name)
    assert renewed
    assert renewed.answer and renewed.answer.id == "a2"
    assert renewed.before and renewed.before.id == "a1"


def test_everyone_sees_only_their_own_conversations(tmp_path: Path, both_databases: str) -> None:
    kept = Conversations(tmp_path)
    mine = kept.start("ada", "100% mine")
    name = kept.add(mine, "q", answer_payload(ANSWER))
    assert kept.find("bob") == []
    assert kept.exchange("bob", name) is None
    assert not kept.owns("bob", mine)
    kept.delete("bob", mine)
    kept.rename("bob", mine, "theirs")
    assert [c.name for c in kept.find("ada", "100%")] == ["100% mine"]
    assert kept.find("ada", "1_0") == []
    assert [c.id for c in kept.find("ada", "211 steps")] == [mine]


def test_threads_may_write_at_once(tmp_path: Path, both_databases: str) -> None:
    kept = Conversations(tmp_path)
    one = kept.start("", "busy")
    work = [threading.Thread(target=kept.add, args=(one, f"q{n}", None)) for n in range(30)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert len(kept.exchanges(one)) == 30


def test_marks_become_cases_and_can_be_taken_back(tmp_path: Path) -> None:
    path = feedback_set.feedback_set_path(tmp_path)
    feedback_set.put(path, "x1", feedback_set.right_case("x1", ANSWER))
    assert load_set(path).cases[0].answers == (("211",),)
    fresh = feedback_set.corrected_case(
        "x1", ANSWER, "wrong", "211 steps; stairs", "has 211 steps", silent=False
    )
    feedback_set.put(path, "x1", fresh)
    (case,) = load_set(path).cases
    assert case.answers == (("211 steps",), ("stairs",))
    assert case.evidence == (("has 211 steps",),)
    refusal = replace(ANSWER, kind="refusal", sentences=(), citations=())
    feedback_set.put(path, "x2", feedback_set.right_case("x2", refusal))
    assert not load_set(path).cases[1].answerable
    feedback_set.put(path, "x1", None)
    assert list(feedback_set.read_cases(path)) == ["x2"]


def test_a_correction_leaves_every_other_line_as_it_is(tmp_path: Path) -> None:
    path = feedback_set.feedback_set_path(tmp_path, "ada")
    path.parent.mkdir()
    others = ['{"question":"Mine?",  "answers": [["x"]]}', "not JSON", "[1]"]
    path.write_text("\n".join(others) + "\n", encoding="utf-8")
    feedback_set.put(path, "x1", feedback_set.right_case("x1", ANSWER))
    feedback_set.put(path, "x1", None)
    assert path.read_text(encoding="utf-8").splitlines() == others


@given(st.text(max_size=3000))
def test_key_words_are_few_enough_for_every_grader(text: str) -> None:
    words = feedback_set.key_words(text)
    assert len(words) <= feedback_set.MAX_KEY_CHARS
    assert len(words.split()) <= feedback_set.MAX_KEY_WORDS
    assert bool(words) == bool(text.split())


def test_example_questions_stand_alone() -> None:
    text = (
        "Ports\n- Which ports are growing? If so, why are they?\n2. Trade and tolls\nIt grew.\nEnd"
    )
    blocks = [
        Block(BlockKind.QUESTION, 6, 53), Block(BlockKind.HEADING, 54, 72, level=2),
        Block(BlockKind.PARAGRAPH, 73, 81), Block(BlockKind.HEADING, 82, 85, level=2),
    ]  # fmt: skip
    assert example_questions(text, blocks) == [
        "Which ports are growing?", "What is said about “Trade and tolls”?",
    ]  # fmt: skip


def test_stopping_does_not_wait_for_the_model() -> None:
    stop, never = threading.Event(), threading.Event()

    def slow() -> Iterator[int]:
        yield 1
        never.wait(120)
        yield 2

    got = []
    began = time.monotonic()
    with pytest.raises(Stopped):
        for item in iterate_in_worker(slow, stop):
            got.append(item)
            stop.set()
    assert got == [1]
    assert time.monotonic() - began < 60
    never.set()


def test_a_failure_on_the_way_reaches_the_reader() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        list(iterate_in_worker(broken, threading.Event()))


def test_conversations_are_found_by_what_was_said_and_not_by_how_it_is_kept(
    tmp_path: Path, both_databases: str
) -> None:
    kept = Conversations(tmp_path)
    one = kept.start("", "The tower")
    kept.add(one, "How many steps?", answer_payload(ANSWER))
    assert [c.id for c in kept.find("", "211 steps")] == [one]
    for key in ("verdict", "null", "page", "citations"):
        assert kept.find("", key) == [], key
    assert kept.name("", one) == "The tower" and kept.name("ada", one) == ""


PRICES = """Our trees:

| Tree | Size | Price |
|---|---|---|
| Oak | 2 m | 40 euro |
| Ash | 3 m | 55 euro |

The end."""


def test_a_table_is_drawn_as_a_grid_with_the_cited_row_and_words_marked(tmp_path: Path) -> None:
    path = tmp_path / "prices.md"
    path.write_text(PRICES, encoding="utf-8")
    document = load(str(path))
    row, price = "| Ash | 3 m | 55 euro |", "55 euro"
    at, key = document.text.index(row), document.text.index(price)
    cite = Citation(1, "prices.md", "r1", at, at + len(row), row, (key, key + len(price)))
    page = source_pane.pane(source_pane.View(REVISION, document.text, document.blocks, cite))
    assert "<th" in page and page.count("<tr") == 3 and page.count('<tr class="cited">') == 1
    cited_row = re.search('<tr class="cited">.*?</tr>', page)
    assert cited_row is not None
    assert marked(cited_row[0]) == "Ash3 m55 euro" == marked(page)
    assert f"<b>{price}</b>" in cited_row[0]
    assert "|---" not in page, "the rule below the header is not drawn"
    assert page.index("Our trees") < page.index("<table") < page.index("The end.")


def test_quoted_rows_are_a_grid_in_the_answer() -> None:
    rows = ("| Oak | 2 m | 40 euro |", "Ash | 3 m | 55 euro")
    answer = replace(
        ANSWER,
        sentences=tuple(Sentence(row, (1,), Verdict.QUOTED) for row in rows),
        citations=(cited(43, 60),),
    )
    page = render_answer.exchange(render_answer.Exchange("x", "q", answer))
    assert page.count("<tr>") == 2 and page.count("<table") == 1
    assert re.search(r"<td[^>]*>Oak</td><td[^>]*>2 m</td><td[^>]*>40 euro</td>", page)
    supported = replace(
        answer, sentences=(Sentence("It is this | that.", (1,), Verdict.SUPPORTED),)
    )
    assert "<table" not in render_answer.exchange(render_answer.Exchange("x", "q", supported))
