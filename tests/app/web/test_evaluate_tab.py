"""The Evaluate page in a real browser: a set run, cancelled, gone on with, read and compared."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.service.engine import Engine
from app.settings import Settings
from evals.datasets.case import Case
from evals.datasets.question_sets import load_set, write_set
from evals.page import build, jobs, kept_state, render_run, set_choices
from evals.page.kept_state import ENDED_PROBLEM, State
from evals.runs.runs import Run, RunError, all_runs
from evals.runs.summary import LABELS, MEANINGS
from evals.runs.workspace import QuestionChoice, runs_folder
from evals.runs.workspace import choose as choose_questions
from store.library import Library
from tests.support.browser import Served, wait_until
from tests.support.documents import document_of

HOSTILE = "<img src=x onerror=alert(1)>"
VISITS = "How many times did President Aliyev visit Central Asian countries?"
CASES = (
    Case("a", VISITS, answers=(("13",),), evidence=(("13 times",),), kind="fact"),
    Case("b", "Which country hosted the fourth meeting?", answers=(("Kyrgyzstan",),), kind="fact"),
    Case("c", "Who proposed the Consultative Meetings?", answers=((HOSTILE,),), kind=HOSTILE),
    Case("d", "How deep is the Mariana Trench?", answerable=False, kind="not there"),
)


def opened(page: Page) -> None:
    page.get_by_role("tab", name="Evaluate").click()
    expect(page.locator("#run")).to_be_visible()
    expect(page.locator("#run-result")).not_to_be_empty()


def choose(page: Page, where: str, words: str) -> None:
    """Pick the option of a dropdown that has these words."""
    page.locator(f"{where} input").click()
    page.get_by_role("option", name=re.compile(re.escape(words))).first.click()


def path_of_a_set(folder: Path) -> Path:
    file = folder / f"{folder.name}.jsonl"
    write_set(file, CASES)
    return file


def run_the_four(page: Page, folder: Path, strictness: str = "Balanced") -> None:
    choose(page, "#set", "Another file")
    page.fill("#set-path input, #set-path textarea", str(path_of_a_set(folder)))
    page.locator("#set-strictness").get_by_label(strictness).check()
    page.click("#run")
    # Named after the test: the page may still show the run of another.
    expect(page.locator(".result h2")).to_have_text(folder.name, timeout=120_000)
    expect(page.locator(".result .meta").first).to_contain_text(strictness.lower(), timeout=120_000)


def test_the_command_line_finds_the_page() -> None:
    (entry,) = entry_points(group="footnote.pages", name="Evaluate")
    assert entry.load() is build


def test_a_set_is_run_read_and_compared(
    page: Page, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(page)
    run_the_four(page, tmp_path)
    result = page.locator(".result")
    expect(result.locator(".lead")).to_have_text(re.compile(r"^[123] of 4 right$"))
    expect(result.locator(".cards")).to_be_hidden()
    result.get_by_text("Show figures").click()
    expect(result.locator(".cards")).to_contain_text("Right, of the answerable")
    # Of four questions an interval and a plot say nothing.
    expect(result.locator(".cards .interval").first).to_have_text("of 3")
    expect(result.locator(".plots")).to_have_count(0)
    expect(result.locator(".figures")).not_to_contain_text("[")
    monkeypatch.setattr(render_run, "ENOUGH_QUESTIONS", 3)
    failing = result.locator(".failure", has_text="Who proposed the Consultative Meetings?")
    failing.locator("summary").click()
    answer, expected, source = failing.locator(".three > div").all()
    expect(expected).to_contain_text(HOSTILE)
    assert len(answer.locator("p").inner_text()) > 10
    expect(source).to_contain_text("briefing.md")
    assert result.locator("img").count() == 0
    expect(result.locator(".cards .meaning").first).to_contain_text("the documents answer")

    run_the_four(page, tmp_path, "Strict")
    expect(result.locator(".cards .interval").first).to_have_text(re.compile(r"\d to \d.*of 3"))
    expect(result.locator(".plots svg")).to_have_count(2)
    expect(result.locator(".plots .line")).to_have_count(2)
    choose(page, "#run-against", "balanced")
    expect(result.locator("h3").first).to_contain_text("What changed since run")
    expect(result).to_contain_text("4 questions in both")
    expect(result.locator(".plots .line")).to_have_count(4)
    result.get_by_text("Show figures").click()
    expect(result.locator(".figures thead")).to_contain_text("Before")
    strict = all_runs(runs_folder(served.engine.settings))[-1]
    assert strict.manifest["system"]["strictness"] == "strict"
    told = render_run.feedback_set_sentence(strict, 4)
    assert re.fullmatch(r"Your own set has 4 questions; last run: [1-4] of 4 right\.", told)


def test_a_run_that_ends_before_its_start_is_answered_is_shown(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = jobs.Jobs.start

    def start_and_end(self: jobs.Jobs, owner: str, wanted: jobs.RunRequest) -> None:
        start(self, owner, wanted)
        wait_until(lambda: not self.now()[1].busy)

    monkeypatch.setattr(jobs.Jobs, "start", start_and_end)
    opened(page)
    run_the_four(page, tmp_path)


def test_a_run_that_ends_while_it_is_polled_is_shown(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, report, busy_reads, polled = jobs.Jobs.now, jobs.Jobs._report, [], threading.Event()

    def ends_once_polled(self: jobs.Jobs) -> tuple[str, State]:
        read = now(self)
        busy_reads.extend([read] if read[1].busy else [])
        if len(busy_reads) > 1:  # the first is that of the press of "Run"
            polled.set()
            wait_until(lambda: not now(self)[1].busy)
        return read

    def held(self: jobs.Jobs, what: str) -> None:
        polled.wait(60)
        report(self, what)

    monkeypatch.setattr(jobs.Jobs, "now", ends_once_polled)
    monkeypatch.setattr(jobs.Jobs, "_report", held)
    opened(page)
    run_the_four(page, tmp_path)
    assert polled.is_set()


def test_a_failing_question_is_asked_in_the_chat(page: Page, tmp_path: Path) -> None:
    opened(page)
    run_the_four(page, tmp_path)
    failing = page.locator(".failure", has_text="Who proposed the Consultative Meetings?")
    failing.get_by_role("button", name="Ask it in the chat").click()
    turn = page.locator(".turn:not(.live)").last
    expect(turn.locator(".asked")).to_have_text("Who proposed the Consultative Meetings?")
    expect(turn.locator(".cite").first).to_be_visible()


def test_a_failing_question_about_other_documents_is_not_asked_of_these() -> None:
    line = {"id": "1", "case": {"question": "Who?"}, "standalone": "Who?", "citations": ()}
    line |= {"answer": "Nobody.", "refused": False, "scores": {"correct": 0.0}}
    assert "Ask it in the chat" not in render_run.failure(line, askable=False)
    assert "Ask it in the chat" in render_run.failure(line, askable=True)


def test_every_figure_is_told_in_plain_words() -> None:
    assert set(MEANINGS) == set(LABELS)


def test_a_run_is_cancelled_and_goes_on_where_it_stopped(page: Page, served: Served) -> None:
    opened(page)
    choose(page, "#set", "briefing")
    page.click("#run")
    expect(page.locator("#run-progress progress")).to_be_visible()
    expect(page.locator("#run-progress")).to_contain_text("32 of 170", timeout=120_000)
    page.click("#cancel-run")
    expect(page.locator("#run-progress")).to_contain_text("Cancelled", timeout=120_000)
    (part,) = [r for r in all_runs(runs_folder(served.engine.settings)) if not r.complete]
    assert len(part.lines) >= 32
    expect(page.locator("#run")).to_be_enabled()
    expect(page.locator("#cancel-run")).to_be_disabled()


def test_what_cannot_be_run_is_told(page: Page, tmp_path: Path) -> None:
    opened(page)
    choose(page, "#set", "Another file")
    page.click("#run")
    expect(page.locator(".run-problem")).to_contain_text("path")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"question": "Who?", "answrs": [["x"]]}\n', encoding="utf-8")
    page.fill("#set-path input, #set-path textarea", str(bad))
    page.click("#run")
    expect(page.locator(".run-problem")).to_contain_text("line 1: unknown field “answrs”")


def test_one_run_at_a_time(served: Served, tmp_path: Path) -> None:
    made = jobs.Jobs(served.engine)
    wanted = jobs.RunRequest(str(path_of_a_set(tmp_path)), "none", "balanced")
    made.start("", wanted)
    with pytest.raises(RunError, match="in progress"):
        made.start("", wanted)
    for thread in threading.enumerate():
        if thread.name == "evaluate":
            thread.join(60)
    assert made.now()[1].phase == "done"
    state = made.now()[1]
    assert state.done == state.total == len(CASES)


def test_other_processes_see_the_run_wait_for_it_and_may_cancel_it(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (jobs.Jobs(served.engine) for _ in range(2))
    wanted = jobs.RunRequest(str(path_of_a_set(tmp_path)), "none", "eager", size=3)
    gate = threading.Event()
    report = one._report

    def held(what: str) -> None:
        report(what)
        gate.wait(60)

    monkeypatch.setattr(one, "_report", held)
    one.start("ada", wanted)
    wait_until(lambda: other.now()[1].what == "Loading the models")
    assert other.now()[0] == "ada"
    with pytest.raises(RunError, match="in progress"):
        other.start("bob", wanted)
    other.cancel("bob")
    assert not one._unwanted.wait(1.5)
    other.cancel("ada")
    assert other.now()[1].phase == "cancelling"
    assert one._unwanted.wait(60)
    gate.set()
    wait_until(lambda: not other.now()[1].busy)
    assert other.now()[1].phase == "cancelled", other.now()


def test_the_run_of_a_process_that_died_holds_nobody_up(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, living = (jobs.Jobs(served.engine) for _ in range(2))
    dead._kept.begin("")
    later = time.time() + kept_state.DEAD_AFTER_S + 1
    monkeypatch.setattr(kept_state.time, "time", lambda: later)
    assert living.now()[1] == State("failed", problem=ENDED_PROBLEM)
    living.start("", jobs.RunRequest(str(path_of_a_set(tmp_path)), "none", "balanced"))
    wait_until(lambda: living.now()[1].phase == "done")


def test_nobody_reads_runs_of_what_one_may_not_read(library: Library) -> None:
    def seen(name: str, user: str, host: str = "0.0.0.0", asked: str = "") -> bool:
        made = Run(library.folder, {"set": name, "id": "x", "documents": [["d", asked]]}, (), ())
        settings = Settings(data=library.folder, host=host, model="none")
        return set_choices.visible(Engine(settings, library), made, user)

    assert seen("mine-ada (20 drawn, seed 1)", "ada")
    assert not seen("mine-ada", "bob")
    assert not seen("mine-ada", "")
    assert not seen("mine", "ada")
    assert seen("briefing", "bob")
    library.add(replace(document_of("The mill is old."), collection="@ada"))
    (hidden,) = (revision.id for revision in library.documents())
    assert seen("briefing", "ada", asked=hidden)
    assert not seen("briefing", "bob", asked=hidden)
    assert not seen("a set of the command line", "bob")
    assert seen("a set of the command line", "", host="127.0.0.1", asked=hidden)


def test_progress_tells_the_time_left_and_what_failed() -> None:
    state = State("running", 32, 170, 300.0)
    assert "32 of 170 questions, about 5 min left" in render_run.progress(state)
    failed = replace(state, phase="failed", problem="<b>no</b>")
    assert "&lt;b&gt;no&lt;/b&gt;" in render_run.progress(failed)
    assert render_run.progress(State()) == ""


def test_what_is_done_before_the_first_question_is_told(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = jobs.Jobs(served.engine)
    told: list[str] = []
    report = made._report

    def heard(what: str) -> None:
        report(what)
        told.append(render_run.progress(made.now()[1]))

    monkeypatch.setattr(made, "_report", heard)
    made.start("", jobs.RunRequest("dialogues", "none", "balanced", size=4))
    for thread in threading.enumerate():
        if thread.name == "evaluate":
            thread.join(120)
    assert made.now()[1].phase == "done"
    assert "Reading document 1 of 3" in told[0], told
    assert "Asking the first of 4 questions" in told[-1]


def test_a_run_that_is_stopped_early_speaks_for_the_whole_set() -> None:
    whole = load_set("briefing")
    drawn = choose_questions(whole, QuestionChoice(shuffled=True))
    assert drawn == choose_questions(whole, QuestionChoice(shuffled=True)), (
        "the order is the seed's"
    )
    assert sorted(c.id for c in drawn.cases) == sorted(c.id for c in whole.cases)
    assert len({c.kind for c in whole.cases[:30]}) < len({c.kind for c in drawn.cases[:30]})


def test_faults_are_counted_in_words_and_so_is_the_own_set(tmp_path: Path) -> None:
    def line(*, answerable: bool, refused: bool, correct: float) -> dict[str, Any]:
        case = {"question": "Who?", "answerable": answerable}
        return {"case": case, "refused": refused, "scores": {"correct": correct}}

    failing = [
        line(answerable=True, refused=False, correct=0.0),
        line(answerable=True, refused=True, correct=0.0),
        line(answerable=True, refused=True, correct=0.0),
        line(answerable=False, refused=False, correct=0.0),
        {**line(answerable=False, refused=False, correct=0.0), "kind": "closest"},
    ]
    assert render_run._faults(failing) == [
        "1 answered wrongly", "2 refused though the documents answer",
        "1 answered though the documents do not say",
        "1 given closest passages though the documents do not say",
    ]  # fmt: skip
    assert render_run.feedback_set_sentence(None, 2) == "Your own set has 2 questions, not run yet."
