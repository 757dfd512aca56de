"""Many askers at once: everybody gets the right answer, and nobody waits for one user's pile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from app.service.access.users import Users
from app.service.queue.fair_queue import Abandoned, FairQueue
from evals.benchmarks.many_users import facts, summary_line, together
from ingest.load import load
from ingest.samples import sample_path
from store.library import Library
from tests.support.browser import Served, start, wait_until
from tests.support.scripted import scripted

QUESTION = "Who is Azerbaijan's ambassador to Tajikistan?"
BOBS_QUESTION = "Who is the ambassador of Azerbaijan?"
PASSWORD = "correct horse battery"


def test_eight_askers_at_once_all_get_right_answers(served: Served) -> None:
    cases = [case for case in facts() if together(served.address, [case], 1, 1, 0)[0].right][:12]
    assert len(cases) == 12
    asked = together(served.address, cases, people=8, rounds=3, think=0)
    assert [one.status for one in asked] == [200] * 24
    assert all(one.right for one in asked), summary_line("together", asked)


def test_the_one_served_longest_ago_comes_first() -> None:
    queue = FairQueue(1)
    order: list[str] = []
    first = queue.turn("ada")
    first.__enter__()

    def ask(user: str) -> None:
        with queue.turn(user):
            order.append(user)

    threads = [threading.Thread(target=ask, args=(user,)) for user in ["ada"] * 4 + ["bob", "cy"]]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while queue.waiting < number:
            time.sleep(0.001)
    first.__exit__(None, None, None)
    for thread in threads:
        thread.join(10)
    assert order == ["bob", "cy", "ada", "ada", "ada", "ada"]


def test_who_leaves_the_line_holds_nobody_up() -> None:
    queue = FairQueue(1)
    gone = threading.Event()
    gone.set()
    with queue.turn("ada"):
        with pytest.raises(Abandoned), queue.turn("bob", gone.is_set):
            pass
        assert queue.waiting == 0
    with queue.turn("cy"):
        pass


@pytest.fixture
def shared_chat(library: Library) -> Iterator[Served]:
    """A chat that Ada and Bob sign in to."""
    library.add(load(sample_path()))
    users = Users(library.folder)
    for name in ("ada", "bob"):
        users.add(name, PASSWORD)
    chat = start(library, host="0.0.0.0", model_at_once=1)
    yield chat
    chat.stop()


def post(chat: Served, name: str, question: str) -> httpx.Response:
    return httpx.post(
        f"{chat.address}/api/v1/ask", json={"question": question}, timeout=120,
        auth=(name, PASSWORD),
    )  # fmt: skip


def test_one_users_pile_does_not_starve_another(shared_chat: Served) -> None:
    gate = threading.Event()
    model = scripted("Ilham Aliyev proposed it.", gate=gate)
    shared_chat.engine._use(model, shared_chat.engine.settings)
    codes: list[int] = []

    def ask(name: str, question: str) -> None:
        codes.append(post(shared_chat, name, question).status_code)

    threads = [threading.Thread(target=ask, args=("ada", QUESTION)) for _ in range(5)]
    for thread in threads:
        thread.start()
    wait_until(lambda: shared_chat.engine.waiting == 4)
    threads.append(threading.Thread(target=ask, args=("bob", BOBS_QUESTION)))
    threads[-1].start()
    wait_until(lambda: shared_chat.engine.waiting == 5)
    gate.set()
    for thread in threads:
        thread.join(60)
    assert codes == [200] * 6
    served = [BOBS_QUESTION in heard["asked"] for heard in model.chat.heard]
    assert served == [False, True, False, False, False, False]


def test_too_many_of_ones_own_is_a_clear_message(shared_chat: Served) -> None:
    gate = threading.Event()
    model = scripted("Ilham Aliyev proposed it.", gate=gate)
    shared_chat.engine._use(model, shared_chat.engine.settings)
    replies: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: replies.append(post(shared_chat, "ada", QUESTION)))
        for _ in range(9)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(replies) == 4)
    assert {reply.status_code for reply in replies} == {503}
    assert all("in progress" in reply.json()["error"] for reply in replies)
    gate.set()
    for thread in threads:
        thread.join(60)
    assert sorted(reply.status_code for reply in replies) == [200] * 5 + [503] * 4
