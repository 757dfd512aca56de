"""Retrieval measures against an implementation that shares no code with them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.datasets.case import Case
from evals.measures.retrieval import (
    MEASURES,
    Need,
    evidence_read,
    in_paragraph,
    needs,
    retrieval_scores,
)


@dataclass(frozen=True)
class Passage:
    document: str
    text: str
    context: str = ""


# Retrieval


def naive(need: Need) -> dict[str, float]:
    """The measures from their formulas, over one ranked list."""
    relevant = {name for name, grade in need.judged.items() if grade > 0}
    hits = [name in relevant for name in need.found]
    gains = [max(need.judged.get(name, 0), 0) for name in need.found[:10]]
    ideal = sorted((max(g, 0) for g in need.judged.values()), reverse=True)[:10]
    at_ranks = [sum(hits[:at]) / at for at, hit in enumerate(hits, 1) if hit]
    scores = {
        f"recall@{k}": sum(hits[:k]) / len(relevant) if relevant else 0.0 for k in (1, 3, 5, 10)
    }
    best = sum(g / math.log2(at + 2) for at, g in enumerate(ideal))
    scores["ndcg@10"] = (
        sum(g / math.log2(at + 2) for at, g in enumerate(gains)) / best if best else 0.0
    )
    scores["mrr"] = 1 / (hits.index(True) + 1) if True in hits else 0.0
    scores["map"] = sum(at_ranks) / len(relevant) if relevant else 0.0
    return scores


names = st.sampled_from([f"d{n}" for n in range(15)])
need_lists = st.builds(
    Need,
    st.dictionaries(names, st.integers(0, 3), min_size=1),
    st.lists(names, unique=True, max_size=12).map(tuple),
)


@given(st.lists(st.lists(need_lists, max_size=3), max_size=6))
def test_retrieval_agrees_with_the_formulas(batch: list[list[Need]]) -> None:
    scored = retrieval_scores(batch)
    assert len(scored) == len(batch)
    for question, got in zip(batch, scored, strict=True):
        if not question:
            assert got == {}
        for name in MEASURES if question else ():
            wanted = sum(naive(need)[name] for need in question) / len(question)
            assert got[name] == pytest.approx(wanted), name


def test_a_question_with_no_result_scores_zero_and_stays() -> None:
    found, nothing = Need({"a": 1}, ("a",)), Need({"a": 1}, ())
    scores = retrieval_scores([[found], [nothing]])
    assert [s["recall@1"] for s in scores] == [1.0, 0.0]
    assert [s["mrr"] for s in scores] == [1.0, 0.0]


def test_an_item_counts_at_the_first_passage_that_holds_all_its_words() -> None:
    case = Case("q", "?", (("x",),), evidence=(("tower", "38"), ("keepers",)))
    found = [
        Passage("d", "The tower is old."),
        Passage("d", "It is 38 metres high.", context="Tower"),
        Passage("d", "The tower has 38 windows."),
    ]
    scores = retrieval_scores([needs(case, found)])[0]
    assert scores["recall@1"] == 0.0
    assert scores["recall@3"] == 0.5
    assert [evidence_read(needs(case, found), k) for k in (1, 2)] == [0.0, 0.5]
    assert scores["mrr"] == pytest.approx(0.25)


def test_judged_documents_count_once() -> None:
    case = Case("q", "?", relevant=(("a.txt", 2), ("b.txt", 1)))
    found = [Passage("c.txt", ""), Passage("a.txt", "1"), Passage("a.txt", "2")]
    (need,) = needs(case, found)
    assert need.found == ("c.txt", "a.txt")
    assert naive(need)["recall@3"] == 0.5


def test_a_part_of_the_paragraph_is_in_it_and_nothing_is_not() -> None:
    assert in_paragraph("is 38 metres", "The tower is 38 metres high.")
    assert in_paragraph("Before. The tower is 38 metres high.", "The tower is 38 metres high.")
    assert not in_paragraph("", "The tower")
    assert not in_paragraph("The keepers", "The tower")
