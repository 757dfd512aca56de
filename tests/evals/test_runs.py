"""Runs: the same bytes each time, also after an interruption; every measure on real answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.settings import Settings
from evals.commands.eval_app import eval_app
from evals.datasets.case import Case, QuestionSet
from evals.datasets.question_sets import load_set, write_set
from evals.reports.compare import compare
from evals.runs.runs import (
    Run,
    RunError,
    all_runs,
    find_run,
    load_run,
    manifest,
    run_system,
    sample,
)
from evals.runs.systems import Footnote, SystemAnswer, support_checker
from ingest.load import load
from ingest.samples import sample_path
from store.library import Library

pytestmark = pytest.mark.xdist_group("runs")  # one worker: the runs are shared
BATCH = 4
"""Questions that are answered at a time."""


class Interrupted(Exception):
    """Stands for whatever ends a run too early."""


class Interrupting(Footnote):
    """Footnote that stops after some batches."""

    left = 0

    def outcomes(self, cases: Sequence[Case]) -> Iterator[SystemAnswer]:
        if not self.left:
            raise Interrupted
        self.left -= 1
        return super().outcomes(cases)


@pytest.fixture(scope="module")
def briefing(tmp_path_factory, embedder) -> Iterator[Library]:  # type: ignore[no-untyped-def]
    with Library.open(tmp_path_factory.mktemp("briefing"), embedder) as library:
        library.add(load(sample_path()))
        yield library


@pytest.fixture(scope="module")
def questions() -> QuestionSet:
    cases = load_set("briefing").cases
    followed = [case for case in cases if case.turns][:2]
    others = [case for case in cases if not case.turns]
    return QuestionSet("some", tuple(sample(others, 10, seed=5) + followed))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, model="none")


@pytest.fixture(scope="module")
def system(briefing: Library) -> Interrupting:
    """Footnote in quotes, its batches small enough for an interruption between them."""
    system = Interrupting(briefing, Settings(data=briefing.folder, model="none"), None)
    system.batch = BATCH
    return system


@pytest.fixture(scope="module")
def whole(
    briefing: Library,
    questions: QuestionSet,
    system: Interrupting,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """The run of the questions, from beginning to end."""
    system.left = 99
    folder = tmp_path_factory.mktemp("whole")
    return run_system(questions, briefing, system, support_checker(system.reader), folder)


def test_an_interrupted_run_ends_with_the_same_bytes(
    briefing: Library, questions: QuestionSet, system: Interrupting, whole: Run, tmp_path: Path
) -> None:
    supports = support_checker(system.reader)
    wanted = (whole.folder / "lines.jsonl").read_bytes()
    assert whole.complete
    assert len(wanted.splitlines()) == len(questions.cases)

    system.left = 2
    with pytest.raises(Interrupted):
        run_system(questions, briefing, system, supports, tmp_path / "broken")
    lines = tmp_path / "broken" / whole.id / "lines.jsonl"
    half_written = lines.read_bytes()[:-40]
    seen: list[int] = []
    for cut in (half_written, b"\n".join(half_written.split(b"\n")[:5]) + b"\n"):
        lines.write_bytes(cut)
        system.left = 99
        seen.clear()
        resumed = run_system(
            questions, briefing, system, supports, tmp_path / "broken",
            progress=lambda done, total: seen.append(done),
        )  # fmt: skip
        assert lines.read_bytes() == wanted
        assert len(seen) < len(range(0, len(questions.cases), BATCH))
        assert resumed.summary()["figures"] == whole.summary()["figures"]
        assert len(resumed.timings) == len(resumed.lines)


def test_a_finished_run_asks_nothing_again_and_a_fresh_one_scores_the_same(
    briefing: Library, questions: QuestionSet, system: Interrupting, whole: Run
) -> None:
    runs, supports = whole.folder.parent, support_checker(system.reader)
    wanted = (whole.folder / "lines.jsonl").read_bytes()
    system.left = 0
    assert run_system(questions, briefing, system, supports, runs).id == whole.id
    system.left = 99
    run_system(questions, briefing, system, supports, runs, fresh=True)
    assert (whole.folder / "lines.jsonl").read_bytes() == wanted


def test_a_run_is_named_by_what_made_it(
    briefing: Library, questions: QuestionSet, settings: Settings
) -> None:
    def name(questions: QuestionSet, settings: Settings, **more: str) -> str:
        system = Footnote(briefing, settings, None, **more)  # type: ignore[arg-type]
        return str(manifest(questions, briefing, system)["id"])

    fewer = replace(questions, cases=questions.cases[1:])
    ids = [
        name(questions, settings),
        name(fewer, settings),
        name(questions, replace(settings, k=1)),
        name(questions, replace(settings, strictness="eager")),
        name(questions, settings, mode="dense"),
    ]
    assert len(set(ids)) == len(ids)
    assert name(questions, replace(settings, port=1)) == ids[0]


@pytest.mark.parametrize(
    ("settings", "title"),
    [
        ({}, "Footnote, quoted, balanced"),
        ({"strictness": "strict", "k": 8}, "Footnote, quoted, strict, 8 passages"),
        ({"risk": 0.15}, "Footnote, quoted, balanced, at most 0.15 wrong"),
        ({"search": "dense"}, "Footnote, quoted, balanced, dense search"),
        ({"model": "local", "replies": "quotes"}, "Footnote, local model, balanced, quotes"),
        ({"system": "bm25"}, "bm25 (none)"),
    ],
)
def test_a_runs_title_says_what_differs_from_the_usual_settings(
    whole: Run, settings: dict[str, Any], title: str
) -> None:
    system = {**whole.manifest["system"], **settings}
    assert replace(whole, manifest={**whole.manifest, "system": system}).title == title


def test_every_line_holds_what_judges_it(questions: QuestionSet, whole: Run) -> None:
    assert [line["id"] for line in whole.lines] == [case.id for case in questions.cases]
    for case, line in zip(questions.cases, whole.lines, strict=True):
        assert line["scores"]["correct"] in (0, 1)
        assert ("recall@5" in line["scores"]) == (case.answerable and bool(case.evidence))
        assert line["scores"].get("exact_quotes", 1.0) == 1.0
        if case.turns:
            assert line["standalone"] != case.question or not line["refused"]
    summary = whole.summary()
    assert summary["questions"] == len(questions.cases)
    for name in ("accuracy", "recall@3", "mrr", "refusal_f1", "auc", "citation_precision"):
        figure = summary["figures"][name]
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert 0 < figure["count"] <= len(questions.cases)
    asked = {case.kind for case in questions.cases}
    assert set(summary["kinds"]) == asked
    assert summary["latency_ms"]["total"]["count"] == len(questions.cases)


def test_one_passage_by_vectors_alone_is_seen_to_be_worse(
    briefing: Library, questions: QuestionSet, settings: Settings, tmp_path: Path
) -> None:
    good = Footnote(briefing, settings, None)
    poor = Footnote(briefing, replace(settings, k=1), None, mode="dense")
    supports = support_checker(good.reader)
    cases = [case for case in load_set("briefing").cases if case.answerable and not case.turns]
    asked = QuestionSet("answerable", tuple(sample(cases, 40, seed=1)))
    before, after = (run_system(asked, briefing, s, supports, tmp_path) for s in (good, poor))
    comparison = compare(before, after)
    assert comparison.worse
    assert min(d.adjusted for d in comparison.worse) < 0.05
    assert not compare(before, before).worse


def test_samples_are_seeded_ordered_and_balanced() -> None:
    cases = [Case(str(n), "?", answerable=n % 4 == 0) for n in range(100)]
    drawn = sample(cases, 20, seed=3)
    assert drawn == sample(cases, 20, seed=3) != sample(cases, 20, seed=4)
    assert [int(case.id) for case in drawn] == sorted(int(case.id) for case in drawn)
    even = sample(cases, 20, seed=3, balanced=True)
    assert sum(case.answerable for case in even) == 10
    assert len(sample(cases, 500, seed=1)) == 100


def test_commands_run_gate_list_and_say_what_is_wrong(tmp_path: Path) -> None:
    asked = tmp_path / "mine.jsonl"
    write_set(asked, load_set("briefing").cases[:3])
    shared = ["--data", str(tmp_path)]
    ask = [str(asked), "--documents", str(sample_path()), "--model", "none", *shared]
    call = CliRunner().invoke
    first = call(eval_app, [*ask, "--json"])
    assert first.exit_code == 0, first.output
    (figures,) = json.loads(first.stdout)
    again = call(eval_app, ["run", *ask, "--json"])
    assert json.loads(again.stdout)[0]["id"] == figures["id"]
    assert figures["id"] in call(eval_app, ["list", *shared]).output
    (made,) = all_runs(tmp_path / "runs")
    assert find_run(tmp_path / "runs", figures["id"][:5]) == made == load_run(made.folder)
    bar = ["--fail-under", "accuracy=1.1"]
    assert call(eval_app, [*ask, *bar]).exit_code == 3
    assert call(eval_app, [*ask, "--fail-under", "accuracy=0"]).exit_code == 0
    assert call(eval_app, [*ask, "--against", made.id]).exit_code == 0
    sweep = call(eval_app, [*ask, "--k", "1,3", "--json"])
    assert [row["system"]["k"] for row in json.loads(sweep.stdout)] == [1, 3]
    with pytest.raises(RunError, match="no run “nothing”"):
        call(eval_app, ["compare", "nothing", made.id, *shared], catch_exceptions=False)
    with pytest.raises(RunError, match="write FIGURE=VALUE"):
        call(eval_app, [*ask, "--fail-under", "accuracy"], catch_exceptions=False)
