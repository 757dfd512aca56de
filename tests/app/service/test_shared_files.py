"""Question sets, marks and runs of machines that share a PostgreSQL database: each has copies."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.evidence.custom_calibration import CALIBRATION_FILE, put_mark
from app.service.conversations.feedback_set import feedback_set_path, own_set, put, read_cases
from app.service.storage.copy_database import copy_database
from app.service.storage.shared_files import SharedFiles, shared_files
from app.settings import Settings
from evals.datasets.case import Case, QuestionSet
from evals.runs.runs import Progress, Run, all_runs, run_system
from evals.runs.systems import Footnote
from evals.runs.workspace import runs_folder
from ingest.document import Document
from store.embedding.embedder import Embedder
from store.library import Library
from tests.support.databases import Server


@pytest.fixture
def machines(tmp_path: Path, postgresql: Server) -> list[Settings]:
    """The settings of two machines."""
    url = postgresql.new()
    return [Settings(data=tmp_path / name, database=url, model="none") for name in ("a", "b")]


def row(name: str) -> dict[str, str]:
    return {"id": name, "question": "Who?"}


def test_what_one_machine_marks_another_has(machines: list[Settings]) -> None:
    one, other = machines
    for settings, name in ((one, "x"), (other, "y"), (one, "z")):
        changing = shared_files(settings).changing
        put(feedback_set_path(settings.data, "ada"), name, row(name), changing)
        put_mark(settings.data, name, "none", (0.5, True), changing)
    for settings in machines:
        assert list(read_cases(own_set(settings, "ada"))) == ["x", "y", "z"]
        marked = json.loads((settings.data / CALIBRATION_FILE).read_text())["marked"]["none"]
        assert list(marked) == ["x", "y", "z"]
        assert read_cases(own_set(settings, "bob")) == {}


def test_marks_at_the_same_time_are_all_kept(machines: list[Settings]) -> None:
    def marking(settings: Settings, name: str) -> None:
        for number in range(20):
            path = feedback_set_path(settings.data)
            identity = f"{name}{number}"
            put(path, identity, row(identity), shared_files(settings).changing)

    threads = [
        threading.Thread(target=marking, args=(settings, name))
        for settings, name in zip(machines * 2, "abcd", strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    wanted = {f"{name}{number}" for name in "abcd" for number in range(20)}
    for settings in machines:
        assert set(read_cases(own_set(settings))) == wanted


def test_a_change_that_fails_changes_nothing_anywhere(machines: list[Settings]) -> None:
    one, other = machines
    put(feedback_set_path(one.data), "x", row("x"), shared_files(one).changing)
    with pytest.raises(ZeroDivisionError), shared_files(one).changing(feedback_set_path(one.data)):
        raise ZeroDivisionError
    assert list(read_cases(own_set(other))) == ["x"]


def test_a_set_that_was_edited_by_hand_is_put_aside(machines: list[Settings]) -> None:
    one, other = machines
    path = feedback_set_path(other.data)
    path.parent.mkdir(parents=True)
    path.write_text("edited by hand\n", encoding="utf-8")
    put(feedback_set_path(one.data), "x", row("x"), shared_files(one).changing)
    assert list(read_cases(own_set(other))) == ["x"]
    assert path.with_name("mine.jsonl.before").read_text() == "edited by hand\n"


def test_a_run_of_one_machine_is_read_on_another(
    machines: list[Settings], embedder: Embedder, sample: Document
) -> None:
    one, other = machines
    cases = (Case("a", "When was the lighthouse built?", answers=(("1871",),), kind="fact"),)
    with Library.open(one.data, embedder, database=one.database) as library:
        library.add(sample)
        made = run_system(
            QuestionSet("two", cases), library, Footnote(library, one, None), lambda *_: True,
            runs_folder(one), keep=shared_files(one).keep,
        )  # fmt: skip
    (read,) = all_runs(runs_folder(other))
    assert read == replace(made, folder=read.folder)
    assert read.folder.is_relative_to(other.data)


def test_a_run_that_is_interrupted_goes_on_elsewhere(
    machines: list[Settings], embedder: Embedder, sample: Document
) -> None:
    one, other = machines
    cases = tuple(Case(f"c{n}", f"What is number {n}?", answers=(("1",),)) for n in range(3))
    questions = QuestionSet("three", cases)

    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    def made(settings: Settings, progress: Progress) -> Run:
        with Library.open(settings.data, embedder, database=settings.database) as library:
            if not library.documents():
                library.add(sample)
            return run_system(
                questions, library, Footnote(library, settings, None, one_by_one=True),
                lambda *_: True, runs_folder(settings), progress=progress,
                keep=shared_files(settings).keep,
            )  # fmt: skip

    with pytest.raises(KeyboardInterrupt):
        made(one, interrupted)
    (half,) = all_runs(runs_folder(other))
    assert [line["id"] for line in half.lines] == ["c0"]
    asked: list[int] = []
    whole = made(other, lambda done, _: asked.append(done))
    assert asked == [2, 3]
    assert whole.id == half.id and whole.complete
    assert all_runs(runs_folder(one))[0].lines == whole.lines


def test_a_data_folder_is_copied_with_its_sets_and_runs(
    tmp_path: Path, postgresql: Server, embedder: Embedder, sample: Document
) -> None:
    with Library.open(tmp_path / "a", embedder) as library:
        library.add(sample)
    put(feedback_set_path(tmp_path / "a"), "x", row("x"))
    (tmp_path / "a" / "runs" / "r1").mkdir(parents=True)
    (tmp_path / "a" / "runs" / "r1" / "run.json").write_text("{}", encoding="utf-8")
    url = postgresql.new()
    copy_database(tmp_path / "a", url)
    SharedFiles(tmp_path / "b", url).refresh()
    assert list(read_cases(feedback_set_path(tmp_path / "b"))) == ["x"]
    assert (tmp_path / "b" / "runs" / "r1" / "run.json").read_text() == "{}"
