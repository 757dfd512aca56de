"""Documents on the command line: ingested, changed, compared, restored, removed, followed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from app.service.ingest.ingestion import Failure
from app.service.ingest.watch import watch
from app.settings import load_settings
from store.library import Library
from tests.support.commands import Footnote

FIRST = "The ferry leaves at nine in the morning.\n\nA ticket costs four pounds.\n"
SECOND = FIRST.replace("four pounds", "six pounds")


@pytest.fixture
def timetable(footnote: Footnote, tmp_path: Path) -> Path:
    """A document with two revisions."""
    file = tmp_path / "timetable.txt"
    for text in (FIRST, SECOND):
        file.write_text(text)
        assert footnote("ingest", file).code == 0
    return file


class TestIngest:
    def test_twice_embeds_nothing(self, footnote: Footnote) -> None:
        assert "added" in footnote("ingest", "--sample").out
        again = footnote("ingest", "--sample")
        assert "unchanged" in again.out
        assert " 0 embedded" in again.out

    def test_a_dry_run_changes_nothing(self, footnote: Footnote, timetable: Path) -> None:
        timetable.write_text(FIRST + "\nDogs travel free.\n")
        shown = footnote("ingest", "--dry-run", timetable)
        assert "would be changed" in shown.out
        assert len(json.loads(footnote("history", "timetable.txt", "--json").out)) == 2

    def test_what_fails_is_named_and_the_rest_goes_on(
        self, footnote: Footnote, tmp_path: Path
    ) -> None:
        (tmp_path / "good.txt").write_text("The good one says that all is well.")
        (tmp_path / "empty.txt").write_text("")
        shown = footnote(
            "ingest", tmp_path / "missing.txt", tmp_path / "empty.txt", tmp_path / "good.txt"
        )
        assert shown.code == 2
        assert "missing.txt" in shown.err
        assert "empty" in shown.err
        assert "good.txt" in footnote("documents").out

    def test_a_name_is_for_one_document(self, footnote: Footnote, timetable: Path) -> None:
        shown = footnote("ingest", timetable.parent / "*.txt", timetable, "--name", "ferry")
        assert shown.code in {0, 2}
        other = timetable.with_name("other.txt")
        other.write_text("Another one.")
        assert footnote("ingest", timetable, other, "--name", "ferry").code == 2


class TestRevisions:
    def test_history_lists_them(self, footnote: Footnote, timetable: Path) -> None:
        found = json.loads(footnote("history", "timetable.txt", "--json").out)
        assert [(r["number"], r["current"]) for r in found] == [(1, False), (2, True)]
        assert "2 (current)" in footnote("history", "timetable.txt").out

    def test_diff_shows_both_sides(self, footnote: Footnote, timetable: Path) -> None:
        shown = footnote("diff", "timetable.txt")
        assert "four" in shown.out
        assert "six" in shown.out
        changes = json.loads(footnote("diff", "timetable.txt", "1", "2", "--json").out)["changes"]
        assert [change["kind"] for change in changes] == ["changed"]
        assert any(not run["same"] for run in changes[0]["words"])

    def test_an_old_revision_is_shown_and_restored(
        self, footnote: Footnote, timetable: Path
    ) -> None:
        assert "four pounds" in footnote("show", "timetable.txt", "-r", "1").out
        assert footnote("restore", "timetable.txt", "1").code == 0
        assert "four pounds" in footnote("ask", "What does a ticket cost?").out

    def test_an_unknown_revision_is_a_mistake(self, footnote: Footnote, timetable: Path) -> None:
        assert footnote("show", "timetable.txt", "-r", "9").code == 2
        assert footnote("restore", "timetable.txt", "9").code == 2
        assert footnote("diff", "timetable.txt", "1", "9").code == 2


class TestRemove:
    def test_removed_can_come_back(self, footnote: Footnote, timetable: Path) -> None:
        assert footnote("remove", "timetable.txt").code == 0
        assert "no documents" in footnote("documents").out
        assert footnote("restore", "timetable.txt", "2").code == 0
        assert "timetable.txt" in footnote("documents").out

    def test_purged_is_gone_with_its_answers(self, footnote: Footnote, timetable: Path) -> None:
        footnote("ask", "What does a ticket cost?")
        assert footnote("remove", "timetable.txt", "--purge", "--yes").code == 0
        assert footnote("history", "timetable.txt").code == 2
        assert "No answers" in footnote("answers").out
        words = b"six pounds"
        assert not [p for p in footnote.data.rglob("*") if p.is_file() and words in p.read_bytes()]

    def test_purging_asks_first(self, footnote: Footnote, timetable: Path) -> None:
        assert footnote("remove", "timetable.txt", "--purge").code == 1
        assert "timetable.txt" in footnote("documents").out


class TestAnswers:
    def test_a_change_makes_an_answer_stale(self, footnote: Footnote, timetable: Path) -> None:
        footnote("ask", "What does a ticket cost?")
        assert "Every answer still holds" in footnote("answers", "--stale").out
        timetable.write_text(SECOND.replace("six pounds", "seven pounds"))
        footnote("ingest", timetable)
        assert "What does a ticket cost?" in footnote("answers", "--stale").out

    def test_an_evidence_file_proves_itself(
        self, footnote: Footnote, timetable: Path, tmp_path: Path
    ) -> None:
        footnote("ask", "What does a ticket cost?")
        file = tmp_path / "evidence.json"
        assert footnote("answers", "export", "-o", file).code == 0
        proven = footnote("verify", file, timetable)
        assert proven.code == 0
        assert "fails" not in proven.out
        assert "unchecked" in footnote("verify", file).out

        timetable.write_text(SECOND + "\nDogs travel free.\n")
        assert "moved" in footnote("verify", file, timetable).out
        timetable.write_text(FIRST)
        changed = footnote("verify", file, timetable)
        assert changed.code == 1
        assert "no longer says this" in changed.out

    def test_an_altered_evidence_file_is_noticed(
        self, footnote: Footnote, timetable: Path, tmp_path: Path
    ) -> None:
        footnote("ask", "What does a ticket cost?")
        file = tmp_path / "evidence.json"
        footnote("answers", "export", "-o", file)
        file.write_text(file.read_text().replace("six pounds", "one pound"))
        altered = footnote("verify", file, timetable)
        assert altered.code == 1
        assert "altered" in altered.out
        file.write_text('{"format": "something else"}')
        assert footnote("verify", file).code == 2


def test_a_watched_folder_is_followed(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    told: list[str] = []
    stop = Event()

    def follow() -> None:
        settings = load_settings(data=library.folder)
        for outcome in watch(library, settings, [str(folder)], stop):
            if isinstance(outcome, Failure):
                told.append(f"failed {outcome.source}")
            elif isinstance(outcome, str):
                told.append(f"removed {outcome}")
            else:
                told.append(f"{outcome.status} {outcome.document}")
            if told[-1] == "changed one.txt":  # renamed while its change is being taken in
                (folder / "one.txt").rename(folder / "two.txt")

    def until(expected: str) -> None:
        deadline = time.monotonic() + 180
        while expected not in told and time.monotonic() < deadline:
            time.sleep(0.05)
        assert expected in told, told

    thread = Thread(target=follow, daemon=True)
    thread.start()
    # The watcher hears only what is written once it listens: write until it does.
    probes = 0
    while not told:
        probes += 1
        assert probes < 600
        (folder / "probe.txt").write_text(f"This is probe number {probes}.")
        time.sleep(0.3)
    (folder / "probe.txt").unlink()
    until("removed probe.txt")
    (folder / ".swap.txt.swp").write_text("an editor's")
    (folder / "one.txt").write_text("The first note says hello.")
    until("added one.txt")
    (folder / "one.txt").write_text("The first note says goodbye.")
    until("moved two.txt")
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4 this is none")
    until(f"failed {folder / 'bad.pdf'}")
    (folder / "two.txt").unlink()
    until("removed two.txt")
    stop.set()
    thread.join(10)
    assert library.documents() == []
    assert not [line for line in told if "swap" in line]


def vectors_in(data: Path) -> int:
    """How many vectors the catalogue holds; 0 before there is one."""
    if not (data / "catalogue.sqlite3").exists():
        return 0
    with closing(sqlite3.connect(data / "catalogue.sqlite3")) as db:
        try:
            return int(db.execute("SELECT count(*) FROM embeddings").fetchone()[0])
        except sqlite3.OperationalError:  # its tables are still being made
            return 0


def test_interrupting_an_ingest_is_quiet(tmp_path: Path) -> None:
    """Ctrl-C while embedding: no traceback, and what was there before still is."""
    big = tmp_path / "big.txt"
    big.write_text("\n\n".join(f"Paragraph {n} tells of the number {n * n}." * 20
                               for n in range(1500)))  # fmt: skip
    environment = {**os.environ, "FOOTNOTE_DATA": str(tmp_path / "data")}
    running = subprocess.Popen(
        [sys.executable, "-m", "footnote", "ingest", str(big)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while vectors_in(tmp_path / "data") == 0 and running.poll() is None:
        time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=240)
    assert running.returncode in {1, 130}, said
    assert "Traceback" not in said
    assert "the same command goes on from there" in " ".join(said.split())


SWALLOWED = """
import os, signal
from app.cli import interrupt
from app.cli.common import progress_bar

class Swallows:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

interrupt.install()
with progress_bar("passages") as bar:
    bar("embedding", 0, 2)
    Swallows()
    print("swallowed", flush=True)
    bar("embedding", 1, 2)
    print("went on")
"""


def test_an_interrupt_that_python_drops_is_not_lost() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SWALLOWED], capture_output=True, text=True, check=False, timeout=120
    )
    assert "Exception ignored" in ran.stderr and "swallowed" in ran.stdout
    assert "went on" not in ran.stdout
    assert "KeyboardInterrupt" in ran.stderr.splitlines()[-1]
