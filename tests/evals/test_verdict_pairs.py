"""The figures of trust are the shares that they say, and bad pairs are told by their line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.answer import Verdict
from app.evidence.reader import Reader
from evals.commands.eval_app import eval_app
from evals.runs.verdict_pairs import Pair, PairsError, judge_pairs, read_pairs, sampled, trust
from tests.support.scripted import scripted

PREMISE = "The ferry to Arran leaves at nine. It carries forty cars. Dogs travel free of charge."
PAIRS = [
    {"claim": "Dogs travel free of charge.", "premise": PREMISE, "label": "supported"},
    {"claim": "The ferry to Arran leaves at ten.", "premise": PREMISE, "label": "contradicted"},
    {"claim": "The ferry does not leave at nine.", "premise": PREMISE, "label": "contradicted"},
    {"claim": "The ferry was built in Norway.", "premise": PREMISE, "label": "neither"},
    {
        "claim": "The ferry to Arran leaves at nine.",
        "premise": PREMISE,
        "label": "supported",
        "source": "timetable",
    },
]


def write(path: Path, lines: list[object]) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
def test_the_command_prints_every_figure_as_json(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, list(PAIRS))
    result = CliRunner().invoke(eval_app, ["verdicts", str(path), "--json"])
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert set(made) == {"false_pass", "false_strip", "shown_though_contradicted", "by_source"}
    assert made["false_pass"] == {"value": 0.0, "low": 0.0, "high": 0.0, "n": 3}
    assert made["false_strip"]["n"] == 2
    assert made["shown_though_contradicted"] == {"value": 0.0, "low": 0.0, "high": 0.0, "n": 2}
    assert set(made["by_source"]) == {"pairs", "timetable"}
    assert made["by_source"]["timetable"]["false_pass"] == {
        "value": None, "low": None, "high": None, "n": 0,
    }  # fmt: skip


def test_a_model_that_was_taught_to_judges_what_the_reader_alone_decided(reader: Reader) -> None:
    claims = {
        "Dogs travel free of charge.": "quoted",
        "There is no charge for dogs that travel.": "reader",
        "The ferry to Arran leaves at ten.": "facts",
    }
    pairs = [Pair(claim, PREMISE, "supported", "pairs") for claim in claims]
    by_reader = list(judge_pairs(pairs, reader))
    for yes, expected in ((3.0, Verdict.SUPPORTED), (-3.0, Verdict.UNSUPPORTED)):
        model = scripted("", yes=yes, judges_support=True)
        assert list(judge_pairs(pairs, reader, model)) == [
            Verdict.QUOTED, expected, Verdict.UNSUPPORTED,
        ]  # fmt: skip
        untaught = scripted("", yes=yes)
        assert list(judge_pairs(pairs, reader, untaught)) == by_reader


def test_shares_are_of_the_right_pairs() -> None:
    labels = ["supported", "supported", "contradicted", "contradicted", "neither", "neither"]
    verdicts = [
        Verdict.QUOTED, Verdict.PARTLY, Verdict.SUPPORTED, Verdict.PARTLY, Verdict.UNSUPPORTED,
        Verdict.UNSUPPORTED,
    ]  # fmt: skip
    made = trust([Pair("a", "b", label, "s") for label in labels], verdicts)
    assert (made["false_pass"].value, made["false_pass"].count) == (0.25, 4)
    assert (made["false_strip"].value, made["false_strip"].count) == (0.5, 2)
    assert made["shown_though_contradicted"].value == 1.0


def test_a_sample_takes_as_many_of_each_kind() -> None:
    pairs = [Pair(str(n), "b", "neither" if n % 3 else "supported", "s") for n in range(60)]
    some = sampled(pairs, 5)
    assert some == sampled(pairs, 5)
    assert sorted(p.label for p in some) == ["neither"] * 5 + ["supported"] * 5


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", ":2 is not a pair"),
        ('{"claim": "a", "premise": "b"}', ":2 is not a pair"),
        ('{"claim": "a", "premise": "b", "label": "true"}', "“true” is not a label"),
        ('{"claim": 1, "premise": "b", "label": "neither"}', "are texts"),
        ("[1]", ":2 is not a pair"),
    ],
)
def test_a_line_that_is_no_pair_is_named(line: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(PairsError, match=told):
        read_pairs(write(tmp_path / "pairs.jsonl", [PAIRS[0], line]))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PairsError, match="cannot be read"):
        read_pairs(tmp_path / "none.jsonl")


CONTRAST = [
    ("negated", "The ferry to Arran does not leave at nine."),
    ("number", "It carries fifty cars."),
    ("name", "The ferry to Islay leaves at nine."),
    ("turned", "Dogs never travel free of charge."),
    ("reported", "The company paid the fine of 3 million."),
    ("opposite verb", "The ferry to Arran arrives at ten."),
]


@pytest.mark.parametrize(("kind", "claim"), CONTRAST, ids=[kind for kind, _ in CONTRAST])
def test_a_sentence_that_says_something_else_is_not_shown(
    kind: str, claim: str, reader: Reader
) -> None:
    denied = "She denied that the company paid the fine of 3 million."
    premise = denied if kind == "reported" else PREMISE
    verdict = next(judge_pairs([Pair(claim, premise, "contradicted", kind)], reader))
    assert verdict is Verdict.UNSUPPORTED
