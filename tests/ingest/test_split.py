"""Splitting: invariants over any text, and the shapes of documents that readers care about."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.block_classifier import is_furniture
from ingest.document import BlockKind, Document, Passage
from ingest.language.sentences import sentences
from ingest.load import load, load_text
from ingest.load.text.markdown import load_markdown
from ingest.samples import sample_path
from ingest.split import has_words, split

INTERVIEW = """The harbour was dredged last spring, its master tells us.
- Why did the harbour need to be dredged after all these years?
- The channel had lost two metres of depth. Ships of the new class could not enter.
Photo: City archive
Silt comes down the river every spring. Nobody had removed it since 1998, and the port paid.
- What does the town gain from it?
- More trade. For the town and its people, the work brings:
Larger ships in the inner basin.
A second ferry line.
Cleaner water.
Some of our critics say that the money should have gone to the schools, and I see why.
Share on social media
"""


def words(text: str) -> int:
    """Tokens by a simple rule: words and marks, and two special ones."""
    return len(re.findall(r"\w+|[^\w\s]", text)) + 2


def check(
    document: Document, passages: list[Passage], count: Callable[[str], int], limit: int
) -> None:
    """What holds for every document."""
    end = 0
    for passage in passages:
        assert document.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip() != ""
        assert passage.start >= end
        end = passage.end
        used = count(passage.text) + (count(passage.context) if passage.context else 0)
        assert used <= limit
    covered = [(p.start, p.end) for p in passages]
    for block in document.blocks:
        whole = document.text[block.start : block.end]
        rule = is_furniture(block) and not has_words(whole)
        inside = [(max(a, block.start), min(b, block.end)) for a, b in covered]
        inside = [(a, b) for a, b in inside if a < b]
        if rule:
            assert not inside
        else:
            kept = "".join(document.text[a:b] for a, b in inside)
            assert "".join(kept.split()) == "".join(whole.split())


TEXTS = st.lists(
    st.one_of(
        st.text(max_size=80),
        st.sampled_from(INTERVIEW.splitlines()),
        st.sampled_from(
            [
                "# Head",
                "- item",
                "1. item",
                "list:",
                "",
                "",
                "| a | b |",
                "|---|---|",
                "Photo: X",
                "x" * 500,
                "word " * 120,
                "Go. " * 60,
                "漢字" * 90,
                "\u202eabc",
            ]
        ),
    ),
    max_size=25,
).map("\n".join)


@settings(deadline=None, max_examples=150)
@given(TEXTS, st.integers(16, 300), st.booleans())
def test_nothing_is_lost_cut_or_too_long(text: str, limit: int, markdown: bool) -> None:
    document = (load_markdown if markdown else load_text)(text, "any notes.txt")
    check(document, split(document, words, limit), words, limit)


@settings(deadline=None, max_examples=60)
@given(TEXTS, st.integers(40, 120))
def test_a_counter_that_does_not_add_up_is_obeyed_too(text: str, limit: int) -> None:
    def odd(chunk: str) -> int:
        return 2 + len(chunk.encode("utf-16-le")) // 3

    document = load_text(text, "n.txt")
    check(document, split(document, odd, limit), odd, limit)


@settings(deadline=None, max_examples=80)
@given(TEXTS)
def test_sentences_that_fit_stay_whole(text: str) -> None:
    document = load_text(text, "n.txt")
    passages = split(document, words, 128)
    for block in document.blocks:
        for start, end in sentences(document.text[block.start : block.end]):
            a, b = block.start + start, block.start + end
            parts = [p for p in passages if p.start < b and p.end > a]
            if words(document.text[a:b]) <= 60:
                assert len(parts) <= 1


def test_an_interview_keeps_questions_with_answers_and_lists_whole() -> None:
    document = load_text(INTERVIEW, "harbour.txt")
    passages = split(document, words)
    check(document, passages, words, 256)
    asked = "Why did the harbour need to be dredged after all these years?"
    first = next(p for p in passages if "two metres" in p.text)
    assert asked in first.text
    second = next(p for p in passages if "Silt" in p.text)
    assert asked in second.context and asked not in second.text
    listed = next(p for p in passages if "ferry line" in p.text)
    assert "brings:" in listed.text and "Cleaner water." in listed.text
    apart = [p for p in passages if "Photo" in p.text or "Share" in p.text]
    assert [len(p.text.splitlines()) for p in apart] == [1] * len(apart) and apart
    assert not any(p.context or p.headings for p in apart)


def test_a_list_too_long_for_the_window_keeps_its_lead_as_context() -> None:
    items = "".join(f"- item {n} with a handful of words to fill the window\n" for n in range(60))
    document = load_markdown(f"# Stores\n\nThe depot holds these goods:\n\n{items}", "depot.md")
    passages = split(document, words, 128)
    check(document, passages, words, 128)
    assert len(passages) > 4
    assert all("The depot holds these goods:" in p.context for p in passages[1:])
    assert all(p.headings == ("Stores",) for p in passages)


def test_rows_of_a_table_carry_its_header() -> None:
    rows = "".join(f"| Hull {n} | {n * 10} tons | built in {1900 + n} |\n" for n in range(40))
    text = f"## Fleet\n\n| Name | Weight | Year |\n|---|---|---|\n{rows}"
    document = load_markdown(text, "fleet.md")
    passages = split(document, words, 128)
    check(document, passages, words, 128)
    assert all("Name | Weight | Year" in p.context for p in passages[1:])


def test_paragraphs_of_an_article_are_passages() -> None:
    made = random.Random(5)
    lines = [
        " ".join(
            f"Fact {made.randrange(999)} is about {made.choice('abc')} and more of it."
            for _ in range(9)
        )
        for _ in range(12)
    ]
    document = load_text("\n\n".join(lines), "some_article.txt")
    assert [p.text for p in split(document, words)] == lines
    assert {p.context for p in split(document, words)} == {"some article"}


def test_a_name_that_says_nothing_is_no_context() -> None:
    document = load_text("The tide turns at six.", "000_3b5fe8322cc342b4.txt")
    assert [p.context for p in split(document, words)] == [""]


def test_the_sample_with_the_real_counter(embedder: object) -> None:
    count = embedder.count_tokens  # type: ignore[attr-defined]
    document = load(sample_path())
    passages = split(document, count)
    check(document, passages, count, 256)
    assert split(document, count) == passages
    assert 12 <= len(passages) <= 40
    assert document.title and document.blocks[0].kind is BlockKind.HEADING


@pytest.mark.parametrize("limit", [0, 15])
def test_a_window_without_room_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="16 or more"):
        split(load_text("a", "a"), words, limit)


@pytest.mark.parametrize(
    "text", ["A word or two. " * 140_000, "word " * 400_000, "ab" * 1_000_000, "- a\n" * 200_000]
)
def test_two_megabytes_on_one_line_or_in_crumbs_are_split_in_time(text: str) -> None:
    document = load_text(text, "big.txt")
    start = time.monotonic()
    passages = split(document, words)
    assert time.monotonic() - start < 30
    assert sum(len("".join(p.text.split())) for p in passages) == len("".join(text.split()))
