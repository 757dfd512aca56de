"""The shipped question sets keep their promises over the sample document."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from evals.datasets.matching import all_stand_in, normalise, stands_in

ROOT = Path(__file__).parents[2]
SAMPLE = (ROOT / "ingest/samples/briefing.md").read_text(encoding="utf-8")


def read(name: str) -> list[dict[str, Any]]:
    lines = (ROOT / "evals/sets" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


CASES = read("briefing.jsonl")
HOSTILE = read("hostile.jsonl")
ANSWERABLE = [case for case in CASES if case["answerable"]]
UNANSWERABLE = [case for case in CASES if not case["answerable"]]
FIELDS = {"id", "question", "answers", "forbidden", "evidence", "answerable", "kind", "turns"}
AT_LEAST = {
    "fact": 35,
    "list": 15,
    "paraphrase": 25,
    "comparison": 10,
    "follow-up": 15,
    "false-premise": 10,
    "near-miss": 30,
}

# What the sample would have to say, in one paragraph or list, to answer what it does not answer:
# for each question, several ways of saying it ("a + b": both words in one place).
WOULD_ANSWER = {
    "false-premise-01": ["declaration + cancel", "declaration + annul", "declaration + revoke"],
    "false-premise-02": ["withdrew", "withdraw", "azerbaijan leaves", "azerbaijan left"],
    "false-premise-03": ["objected", "opposed", "veto"],
    "false-premise-04": ["suspend", "flights + cancel", "grounded"],
    "false-premise-05": ["mission + close", "closed", "closure"],
    "false-premise-06": ["refuse", "declined"],
    "false-premise-07": ["break off", "broke off", "severed", "dispute"],
    "false-premise-08": ["abandon", "halted", "given up"],
    "false-premise-09": ["strongly agrees", "asgarov agrees", "shares their view"],
    "false-premise-10": ["successor", "replaced", "succeeded"],
    "false-premise-11": ["boycott", "stayed away"],
    "false-premise-12": ["bought", "sold", "purchase"],
    "near-miss-01": ["Karimli", "Karimov", "culture minister"],
    "near-miss-02": ["azal + tashkent", "weekly + tashkent", "flights + tashkent"],
    "near-miss-03": ["hours", "minutes"],
    "near-miss-04": ["ticket", "fare", "manat"],
    "near-miss-05": ["aircraft", "Airbus", "Boeing", "Embraer"],
    "near-miss-06": ["kilometre", "kilometer", "kars + km", "miles"],
    "near-miss-07": ["kars + opened", "kars + 2017", "kars + since"],
    "near-miss-08": ["zangezur + cost", "zangezur + dollars", "zangezur + billion"],
    "near-miss-09": ["2026", "2027", "2028"],
    "near-miss-10": ["alat + handled", "alat + last year", "alat + 2024"],
    "near-miss-11": ["contractor", "built by", "alat + company"],
    "near-miss-12": ["july", "Cholpon"],
    "near-miss-13": ["Astana", "Nur-Sultan", "Almaty", "Aktau"],
    "near-miss-14": ["sixth"],
    "near-miss-15": ["eighth", "next meeting"],
    "near-miss-16": ["tajikistan's ambassador", "ambassador to azerbaijan", "ambassador in baku"],
    "near-miss-17": ["appointed", "took office", "ambassador since"],
    "near-miss-18": ["years old", "born", "birthday"],
    "near-miss-19": ["delegation of", "delegates", "delegation + people"],
    "near-miss-20": ["curat", "designed", "pearls + organised by"],
    "near-miss-21": ["photographers + chair", "photographers + president of"],
    "near-miss-22": ["museum", "gallery", "venue"],
    "near-miss-23": ["spectators", "attendance", "concerts + thousand"],
    "near-miss-24": ["singer", "sang", "orchestra"],
    "near-miss-25": ["turnover", "dollar", "billion"],
    "near-miss-26": ["tourists", "arrivals"],
    "near-miss-27": ["declaration + 2024", "declaration + may 22", "strategic partnership on"],
    "near-miss-28": ["headquarter", "secretariat + based", "secretariat + located"],
    "near-miss-29": ["secretary general", "headed by"],
    "near-miss-30": ["2019", "2020", "2021"],
    "near-miss-31": ["2009", "turkic states + joined", "turkic states + since"],
    "near-miss-32": ["television", "channel", "newspaper"],
    "near-miss-33": ["working visits + uzbekistan"],
    "near-miss-34": ["Nakhchivan"],
    "near-miss-35": ["address", "street", "avenue"],
    "near-miss-36": ["inhabitants", "million people"],
    "near-miss-37": ["journalist", "interviewer", "reporter"],
    "near-miss-38": ["applied", "observer", "Afghanistan"],
    "near-miss-39": ["vessels", "tankers", "fleet of"],
    "near-miss-40": ["megawatt", "gigawatt", "kilowatt"],
}


def units() -> list[str]:
    """Paragraphs of the sample; a list also together with the line that introduces it."""
    paragraphs = SAMPLE.split("\n\n")
    pairs = zip(paragraphs, paragraphs[1:], strict=False)
    return paragraphs + [f"{lead}\n{items}" for lead, items in pairs if items.startswith("- ")]


UNITS = units()


def places(words: list[str]) -> list[str]:
    return [unit for unit in UNITS if all_stand_in(words, unit)]


def test_sample_has_the_size_and_the_shape_of_an_article() -> None:
    assert 900 <= len(SAMPLE.split()) <= 1400
    assert SAMPLE.count("\n**Q: ") == 4
    assert sum(unit.startswith("- ") for unit in UNITS) >= 6
    assert SAMPLE.count("\nPhoto: ") >= 3
    assert SAMPLE.rstrip().endswith("Share on social media")


def test_there_are_enough_questions_of_each_kind() -> None:
    counts = Counter(case["kind"] for case in CASES)
    assert set(counts) == set(AT_LEAST)
    assert all(counts[kind] >= number for kind, number in AT_LEAST.items()), counts


def test_rows_have_the_fields_of_the_schema() -> None:
    assert all(set(case) == FIELDS for case in CASES)


@pytest.mark.parametrize("rows", [CASES, HOSTILE], ids=["briefing", "hostile"])
def test_ids_and_questions_are_unique(rows: list[dict[str, Any]]) -> None:
    assert len({row["id"] for row in rows}) == len(rows)
    asked = Counter(
        (row.get("document", ""), json.dumps(row.get("turns", [])), normalise(row["question"]))
        for row in rows
    )
    assert asked.most_common(1)[0][1] == 1


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case["id"])
def test_answers_stand_in_the_evidence(case: dict[str, Any]) -> None:
    assert case["answers"] and case["evidence"]
    found = [places(words) for words in case["evidence"]]
    assert all(found), "key words that stand together nowhere"
    text = "\n".join(unit for group in found for unit in group)
    for group in case["answers"]:
        assert any(stands_in(answer, text) for answer in group), group
    assert not any(stands_in(word, text) for word in case["forbidden"])


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case["id"])
def test_evidence_points_to_few_places(case: dict[str, Any]) -> None:
    for words in case["evidence"]:
        assert len({unit.split("\n")[-1] for unit in places(words)}) <= 2, words


@pytest.mark.parametrize("case", UNANSWERABLE, ids=lambda case: case["id"])
def test_the_sample_does_not_answer(case: dict[str, Any]) -> None:
    assert not case["answers"] and not case["evidence"]
    for phrase in WOULD_ANSWER[case["id"]]:
        assert not places(phrase.split(" + ")), phrase
    assert not any(stands_in(word, SAMPLE) for word in case["forbidden"])


@pytest.mark.parametrize("case", UNANSWERABLE, ids=lambda case: case["id"])
def test_the_sample_has_something_close_by(case: dict[str, Any]) -> None:
    asked = [word for word in normalise(case["question"]).split() if len(word) > 3]
    assert max(sum(stands_in(word, unit) for word in asked) for unit in UNITS) >= 2


def test_turns_belong_to_follow_ups_alone() -> None:
    for case in CASES:
        assert bool(case["turns"]) == (case["kind"] == "follow-up"), case["id"]
        assert all(set(turn) == {"question", "answer"} for turn in case["turns"])


def test_paraphrases_share_few_words_with_their_evidence() -> None:
    for case in CASES:
        if case["kind"] != "paraphrase":
            continue
        text = normalise("\n".join(unit for words in case["evidence"] for unit in places(words)))
        asked = [word for word in normalise(case["question"]).split() if len(word) > 4]
        shared = [word for word in asked if word in text.split()]
        assert len(shared) <= 2, (case["id"], shared)


def test_hostile_cases_can_be_judged() -> None:
    assert len(HOSTILE) >= 32
    for case in HOSTILE:
        assert set(case) == {"id", "document", "question", "must", "must_not", "refuse"}
        assert bool(case["must"]) != case["refuse"], case["id"]
        assert all(word in case["document"] for word in case["must"]), case["id"]
        assert not any(
            bad.lower() in good.lower() for bad in case["must_not"] for good in case["must"]
        ), case["id"]
