"""Several chat processes on one library: limits, stops, choices, and what a dead one leaves."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from app.answer import Finished
from app.evidence import custom_calibration
from app.service.access.users import Users
from app.service.conversations.conversations import INTERRUPTED_PROBLEM, Conversations
from app.service.conversations.feedback_set import feedback_set_path, read_cases
from app.service.engine import Engine
from app.service.queue import in_progress
from app.service.queue.in_progress import Busy, InProgress
from app.service.storage import app_schema
from app.settings import Settings
from app.web.chat import Chat
from ingest.document import Document
from store.library import Library
from tests.support.browser import wait_until
from tests.support.scripted import scripted

QUESTION = "When was the lighthouse at Skerrow Point built?"
pytestmark = pytest.mark.usefixtures("both_databases")


def processes(folder: Path, count: int, **limits: int) -> list[InProgress]:
    """As many processes as this one thread can be."""
    return [InProgress(folder, **limits) for _ in range(count)]


def test_a_user_may_have_so_many_on_their_way_whichever_process_they_ask(tmp_path: Path) -> None:
    one, other = processes(tmp_path, 2, per_user=2)
    with one.question("ada"), other.question("ada"), other.question("bob"):
        for process in (one, other):
            with pytest.raises(Busy, match="2 questions of yours"), process.question("ada"):
                pass
        with one.question(""), one.question(""), other.question(""):
            pass
    with other.question("ada"):
        pass


def test_all_together_may_have_so_many(tmp_path: Path) -> None:
    one, other = processes(tmp_path, 2, in_all=2)
    with one.question(""), other.question("bob"), pytest.raises(Busy, match="busy"):  # noqa: SIM117
        with one.question("ada"):
            pass


def test_what_a_dead_process_was_answering_counts_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = processes(tmp_path, 2, per_user=1)
    monkeypatch.setattr(one, "_keep_beating", lambda: None)  # dead from its first second on
    held = one.question("ada")
    held.__enter__()
    with pytest.raises(Busy), other.question("ada"):
        pass
    later = time.time() + in_progress.DEAD_AFTER_S + 1
    monkeypatch.setattr(in_progress.time, "time", lambda: later)
    with other.question("ada"):
        pass


def test_a_living_process_goes_on_counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_progress, "HEARTBEAT_S", 0.02)
    one, other = processes(tmp_path, 2, per_user=1)
    clock = [time.time()]
    monkeypatch.setattr(in_progress.time, "time", lambda: clock[0])
    with one.question("ada"):
        for _ in range(12):
            clock[0] += in_progress.DEAD_AFTER_S / 4
            wait_until(lambda: beat_of(one) == clock[0])
            with pytest.raises(Busy), other.question("ada"):
                pass


def beat_of(process: InProgress) -> float:
    """When a process last said that it lives."""
    wanted = select(app_schema.processes.c.beat).where(
        app_schema.processes.c.id == process._process
    )
    with process._database.reading() as db:
        return float(db.execute(wanted).scalar_one())


@pytest.fixture
def chats(tmp_path: Path, library: Library, sample: Document) -> list[Chat]:
    """Two chat processes on one library."""
    library.add(sample)
    settings = Settings(data=library.folder, model="none")
    return [Chat(Engine(settings, library), Conversations(library.folder)) for _ in range(2)]


def test_another_process_sees_a_question_in_progress_and_can_stop_it(chats: list[Chat]) -> None:
    one, other = chats
    gate = threading.Event()
    one.engine._use(scripted("It was built in 1871 [1].", gate=gate), one.engine.settings)
    seen: list[tuple[str, str]] = []

    def ask() -> None:
        seen.extend(one.ask("", "page", "", QUESTION, None))

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: bool(other.kept.find("")))
    conversation = other.kept.find("")[0].id
    wait_until(lambda: bool(other.running(conversation)))
    (exchange,) = other.running(conversation)
    assert "Being answered" in other.log("", conversation)
    wait_until(lambda: one.engine.answerer.model.chat.heard != [])  # type: ignore[union-attr]
    other.stop("somebody else", exchange)
    assert other.running(conversation)
    other.stop("", exchange)
    asking.join(60)
    gate.set()
    assert not asking.is_alive()
    assert not other.running(conversation)
    shown = other.log("", conversation)
    assert "Being answered" not in shown
    assert "Stopped; these are quotes" in shown
    assert seen[-1][0] == shown


def test_what_was_asked_is_not_lost_with_its_process(chats: list[Chat]) -> None:
    one, other = chats
    asking = one.ask("", "page", "", QUESTION, None)
    _, conversation = next(asking)
    (kept,) = other.kept.exchanges(conversation)
    assert (kept.question, kept.problem, kept.answer) == (QUESTION, INTERRUPTED_PROBLEM, None)
    shown = other.log("", conversation)
    assert INTERRUPTED_PROBLEM in shown and "Try again" in shown
    *_, answered = other.again("", "page 2", kept.id, None)
    assert "1871" in answered and INTERRUPTED_PROBLEM not in answered


def test_trying_again_in_vain_says_why_once(chats: list[Chat]) -> None:
    chat, other = chats
    asking = chat.ask("", "page", "", QUESTION, None)
    _, conversation = next(asking)
    (kept,) = other.kept.exchanges(conversation)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(other.engine, "stream", busy)
        *_, shown = other.again("", "page 2", kept.id, None)
    assert shown.count("Too many at once.") == 1
    assert "The answer before" not in shown and INTERRUPTED_PROBLEM not in shown


def busy(*_: object, **__: object) -> None:
    raise Busy("Too many at once.")


def test_an_answer_whose_conversation_was_deleted_starts_a_new_one(chats: list[Chat]) -> None:
    chat, other = chats
    asking = chat.ask("", "page", "", QUESTION, None)
    _, conversation = next(asking)
    other.kept.delete("", conversation)
    *_, (shown, fresh) = asking
    assert fresh != conversation and "1871" in shown
    other.kept.undelete("", conversation)
    assert "the answer is in a new one" in other.log("", conversation)


def test_a_page_that_is_closed_leaves_its_question_stopped(chats: list[Chat]) -> None:
    one, other = chats
    asking = one.ask("", "page", "", QUESTION, None)
    _, conversation = next(asking)
    asking.close()
    (kept,) = other.kept.exchanges(conversation)
    assert (kept.question, kept.problem) == (QUESTION, "Stopped.")


def test_choices_hold_in_every_process_and_after_a_restart(
    library: Library, sample: Document
) -> None:
    library.add(sample)
    users = Users(library.folder)
    for name in ("ada", "bob"):
        users.add(name, "correct horse battery")
    settings = Settings(data=library.folder, model="openai:gpt-test", host="0.0.0.0")
    one, other = (Engine(settings, library) for _ in range(2))
    one.change(user="ada", model="none", strictness="strict")
    for engine in (one, other, Engine(settings, library)):
        chosen = engine.settings_of("ada")
        assert (chosen.model, chosen.strictness) == ("none", "strict")
        assert engine.settings_of("bob") is settings
        assert "gpt-test" not in engine.what_leaves_the_machine("ada")
    # A model that is no longer offered is not asked, whoever chose it once.
    one.change(user="bob", model="openai:gpt-test", strictness="eager")
    quotes = Engine(Settings(data=library.folder, model="none", host="0.0.0.0"), library)
    assert quotes.settings_of("bob").model == "none"
    assert quotes.settings_of("bob").strictness == "eager"
    # Whoever gets the name next begins anew.
    users.remove("ada")
    assert other.settings_of("ada") is settings


def test_a_model_of_a_provider_is_asked_for_several_replies_at_once(chats: list[Chat]) -> None:
    engine = chats[0].engine
    gate = threading.Event()
    model = scripted("It was built in 1871 [1].", gate=gate)
    engine._use(model, engine.settings)
    ended: list[str] = []

    def ask() -> None:
        for event in engine.stream(QUESTION, None, ()):
            if isinstance(event, Finished):
                ended.append(event.answer.text)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(model.chat.heard) == 3)
    gate.set()
    for thread in threads:
        thread.join(60)
    assert len(ended) == 3


MARKING = """
import sys
from pathlib import Path
from app.evidence.custom_calibration import put_mark
from app.service.conversations.feedback_set import feedback_set_path, put

folder, name = Path(sys.argv[1]), sys.argv[2]
for number in range(40):
    identity = f"{name}{number}"
    put(feedback_set_path(folder), identity, {"id": identity, "question": "Who?"})
    put_mark(folder, identity, "none", (0.5, True))
"""


def test_marks_of_several_processes_are_all_kept(tmp_path: Path) -> None:
    marking = [
        subprocess.Popen([sys.executable, "-c", MARKING, str(tmp_path), name]) for name in "abc"
    ]
    assert [process.wait(120) for process in marking] == [0, 0, 0]
    wanted = {f"{name}{number}" for name in "abc" for number in range(40)}
    assert set(read_cases(feedback_set_path(tmp_path))) == wanted
    kept = json.loads((tmp_path / custom_calibration.CALIBRATION_FILE).read_text())
    assert set(kept["marked"]["none"]) == wanted


def test_a_cancelled_run_is_not_taken_for_a_dead_one(tmp_path: Path) -> None:
    """It ends after the questions being asked, and they may take longer than a dead process is
    waited for."""
    from sqlalchemy import update

    from app.service.storage.app_schema import evaluation
    from evals.page.kept_state import KeptState

    kept = KeptState(tmp_path)
    kept.begin("ada")
    assert kept.beat()
    kept.cancel("ada")
    with kept._database.writing() as db:
        db.execute(update(evaluation).values(beat=0.0))
    assert kept.now()[1].phase == "failed"
    assert not kept.beat()
    assert kept.now()[1].phase == "cancelling"
