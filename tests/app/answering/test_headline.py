"""What answers first: a headline over a long quote, the best sentence, the rest folded."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answer import Answer
from app.answering.headline import MAX_HEADLINE_WORDS, headline
from app.answering.pipeline import Answerer
from app.cli.common import console
from app.cli.print_answer import show_answer
from app.evidence.reader import Reader
from app.formats.answer_text import with_footnotes
from app.formats.json_forms import answer_from_payload, answer_payload
from app.question.parsed_question import ParsedQuestion
from app.settings import load_settings
from app.web.render_answer import Exchange, exchange
from ingest.load import load
from store.library import Library

LONG = (
    "The lighthouse on the Skerry, which the merchants of Hafnavik had asked for since 1790, was "
    "built of grey granite between 1832 and 1838, and the keeper (with his family) lived in it "
    "until the autumn of 1971."
)
NOTES = f"""# The Skerry

{LONG}

The lamp burned 9 litres of oil a night. The boat came on Fridays.

Two storms broke the lamp, in 1881 and 1902, and both times the glass came from Bergen by sea.

Stores were:

- oil
- rope
"""
DUTIES = """In winter the wife of the keeper took over some duties.

The duties of the keeper were:

- trimming the wick
- winding the clockwork
- writing the log
"""


@pytest.mark.parametrize(
    ("asked", "words", "expected"),
    [
        ("When was it built?", "between 1832 and 1838", "between 1832 and 1838"),
        ("What was it built of?", "grey granite", "grey granite"),
        ("Who lived in it?", "the keeper (with", ""),  # a bracket without its other half
        ("When was it built?", "grey granite", ""),  # no date
        ("What was it?", LONG[:-1], ""),  # far too long
        ("Who had asked for it?", "which the merchants of Hafnavik,", ""),
    ],
)
def test_the_headline_is_the_span_if_it_is_of_the_kind(
    asked: str, words: str, expected: str
) -> None:
    at = LONG.find(words)
    key = (at, at + len(words)) if at >= 0 else (0, 0)
    assert headline(LONG, key, ParsedQuestion(asked)) == expected


@pytest.mark.parametrize(
    ("sentence", "number", "expected"),
    [
        ("The port has nine international airports-strengthens it.", "nine",
         "nine international airports"),
        ("It chaired the movement for four years-as well as others.", "four", "four years"),
        ("They paid around 30 visits to the port.", "30", "around 30 visits"),
        ("They held two half-hour sessions a day.", "two", "two half-hour sessions"),
        ("They raised 6 children in the house.", "6", "6 children"),
        ("It takes up to 25 million tons, they say.", "25 million tons", "up to 25 million tons"),
        ("They came 13 times.", "13", "13 times"),
        ("They run three direct weekly flights to it.", "three direct weekly",
         "three direct weekly flights"),
        ("It came to 48.", "48", "48"),
    ],
)  # fmt: skip
def test_a_number_stands_with_what_it_counts(sentence: str, number: str, expected: str) -> None:
    at = sentence.index(number)
    asked = ParsedQuestion("How many are there?")
    assert headline(sentence, (at, at + len(number)), asked) == expected
    bare = headline(sentence, (at, at + len(number)), ParsedQuestion("What does it say?"))
    assert bare in (number, ""), "nothing else is counted"


def test_one_item_is_no_headline_where_several_may_be_asked_for() -> None:
    text = "The board, Ida Brandt, and the mayor run the port together since then."
    key = (text.index("Ida"), text.index("Ida") + len("Ida Brandt"))
    assert headline(text, key, ParsedQuestion("What runs the port?")) == ""
    assert headline(text, key, ParsedQuestion("Who runs the port?")) == "Ida Brandt"
    first = (text.index("board"), text.index("board") + len("board"))
    assert headline(text, first, ParsedQuestion("What runs the port?")) == ""
    signed = "They signed a treaty, reflecting the will of both of their peoples, last year."
    key = (signed.index("treaty"), signed.index("treaty") + len("treaty"))
    assert headline(signed, key, ParsedQuestion("What was signed?")) == "treaty"


@given(
    st.lists(st.sampled_from(["a", "bo", "(", ")", "ci,", "–", "3,460", "é;", "\n"]), min_size=1),
    st.sampled_from(["How many are there?", "What is it?"]),
    st.data(),
)
def test_a_headline_is_a_slice_with_the_span_in_it(
    parts: list[str], asked: str, data: st.DataObject
) -> None:
    text = " ".join(["word", *parts, "end."])
    words = [m.span() for m in re.finditer(r"\w[\w,]*", text)]
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    start, end = words[first][0], words[last][1]
    said = headline(text, (start, end), ParsedQuestion(asked))
    assert said in text and len(said.split()) <= MAX_HEADLINE_WORDS
    assert not said or text[start:end].strip(",;.") in said
    assert said.count("(") == said.count(")")


@pytest.fixture(scope="module")
def answerer(
    embedder: object, reader: Reader, tmp_path_factory: pytest.TempPathFactory
) -> Answerer:
    folder: Path = tmp_path_factory.mktemp("skerry")
    library = Library.open(folder, embedder)  # type: ignore[arg-type]
    (folder / "skerry.md").write_text(NOTES, encoding="utf-8")
    library.add(load(str(folder / "skerry.md")))
    return Answerer(library, load_settings(data=folder, model="none"), None, reader)


@pytest.fixture(scope="module")
def long_answer(answerer: Answerer) -> Answer:
    return answerer.answer("When was the lighthouse on the Skerry built?")


def test_a_long_quote_has_a_headline_and_a_short_one_none(
    answerer: Answerer, long_answer: Answer
) -> None:
    assert "1832" in long_answer.headline
    assert long_answer.headline in long_answer.citations[0].quote
    short = answerer.answer("How much oil did the lamp burn?")
    assert short.sentences[0].text == "The lamp burned 9 litres of oil a night."
    assert short.headline == ""


def test_the_best_sentence_comes_first_and_further_passages_are_folded(answerer: Answerer) -> None:
    answer = answerer.answer("Where did the glass of the lamp come from?")
    assert "Bergen" in answer.sentences[0].text
    folded = replace(answer, further=len(answer.sentences) - 1)
    first, rest = folded.footnotes
    assert [c.n for c in first] == [1] and "Bergen" in first[0].quote
    page = exchange(Exchange("x", answer.question, folded))
    before, _, after = page.partition('<details class="further">')
    assert "Bergen" in before
    assert bool(rest) == bool(after)
    assert with_footnotes(folded).count("[^") == 2, "what is copied is what is shown"


def test_a_list_is_never_folded_and_each_item_has_a_footnote(answerer: Answerer) -> None:
    answer = answerer.answer("List all stores.")
    assert answer.headline == "" and answer.further == 0
    assert {"- oil", "- rope"} <= {s.text for s in answer.sentences}
    assert "- oil[^2]\n- rope[^3]" in with_footnotes(answer)
    quotes = {citation.n: citation.quote for citation in answer.citations}
    assert all(quotes[s.citations[0]].strip() == s.text for s in answer.sentences)


def test_a_list_stands_before_what_else_may_answer(
    embedder: object, reader: Reader, tmp_path: Path
) -> None:
    (tmp_path / "duties.md").write_text(DUTIES, encoding="utf-8")
    with Library.open(tmp_path, embedder) as library:  # type: ignore[arg-type]
        library.add(load(str(tmp_path / "duties.md")))
        settings = load_settings(data=tmp_path, model="none")
        answer = Answerer(library, settings, None, reader).answer(
            "What are the duties of the keeper?"
        )
    told = [s.text for s in answer.sentences]
    items = ["- trimming the wick", "- winding the clockwork", "- writing the log"]
    assert told[:4] == ["The duties of the keeper were:", *items]
    assert len(told) > 4 and answer.further == len(told) - 4, "the prose before it is folded"


def test_every_door_tells_the_headline(long_answer: Answer) -> None:
    assert answer_from_payload(answer_payload(long_answer)).headline == long_answer.headline
    assert long_answer.opening in exchange(Exchange("x", "When?", long_answer))
    with console.capture() as printed:
        show_answer(long_answer)
    assert printed.get().startswith(long_answer.opening[:40])
