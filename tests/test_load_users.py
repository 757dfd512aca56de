"""Many askers at once: everybody gets the right answer, and nobody waits for one user's pile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import httpx
import pytest
from browser import Served, start

from app.models import Message
from app.users import Users
from app.web.fair import Abandoned, Busy, FairQueue
from evals.load_users import facts, together, told
from ingest.load import load
from ingest.samples import sample_path
from store.library import Library

QUESTION = "Who is Azerbaijan's ambassador to Tajikistan?"


def test_eight_askers_at_once_all_get_right_answers(served: Served) -> None:
    cases = [case for case in facts() if together(served.address, [case], 1, 1, 0)[0].right][:12]
    assert len(cases) == 12
    asked = together(served.address, cases, people=8, rounds=3, think=0)
    assert [one.status for one in asked] == [200] * 24
    assert all(one.right for one in asked), told("together", asked)


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


def test_a_user_may_have_so_many_on_their_way_and_nobody_is_not_limited() -> None:
    queue = FairQueue(9, per_user=2)
    with queue.turn("ada"), queue.turn("ada"), queue.turn("bob"):
        with pytest.raises(Busy, match="2 questions of yours"), queue.turn("ada"):
            pass
        with queue.turn(""), queue.turn(""), queue.turn(""):
            assert queue.waiting == 0
    with queue.turn("ada"):
        pass


def test_a_full_line_says_so() -> None:
    queue = FairQueue(2, in_all=2)
    with queue.turn(""), queue.turn(""), pytest.raises(Busy, match="busy"), queue.turn("ada"):
        pass


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


class Slow:
    """A chat model that takes its time, one reply at a time, and says whose question it saw."""

    name = "slow"

    def __init__(self) -> None:
        self.order: list[float] = []

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, stop: Sequence[str] = ()
    ) -> Iterator[str]:
        self.order.append(time.monotonic())
        time.sleep(0.4)
        yield "Ilham Aliyev proposed it."

    def yes_probability(self, messages: Sequence[Message]) -> float | None:
        return None

    def count_tokens(self, text: str) -> int:
        return len(text) // 4

    def close(self) -> None:
        pass


def test_one_users_pile_does_not_starve_another(library: Library) -> None:
    library.add(load(sample_path()))
    users = Users(library.folder)
    for name in ("ada", "bob"):
        users.add(name, "correct horse battery")
    chat = start(library, host="0.0.0.0")
    chat.engine._use(Slow(), chat.engine.settings)
    done: list[str] = []

    def ask(name: str) -> int:
        reply = httpx.post(
            f"{chat.address}/api/v1/ask", json={"question": QUESTION}, timeout=120,
            auth=(name, "correct horse battery"),
        )  # fmt: skip
        done.append(name)
        return reply.status_code

    codes: list[int] = []
    pile = [threading.Thread(target=lambda: codes.append(ask("ada"))) for _ in range(5)]
    for thread in pile:
        thread.start()
    while chat.engine.waiting < 3:
        time.sleep(0.01)
    assert ask("bob") == 200
    assert done.index("bob") <= 2
    for thread in pile:
        thread.join(60)
    assert codes == [200] * 5
    with suppress(ValueError):
        done.remove("bob")
    assert done == ["ada"] * 5
    chat.stop()


def test_too_many_of_ones_own_is_a_clear_message(library: Library) -> None:
    library.add(load(sample_path()))
    Users(library.folder).add("ada", "correct horse battery")
    chat = start(library, host="0.0.0.0")
    chat.engine._use(Slow(), chat.engine.settings)
    codes: list[tuple[int, str]] = []

    def ask() -> None:
        reply = httpx.post(
            f"{chat.address}/api/v1/ask", json={"question": QUESTION}, timeout=120,
            auth=("ada", "correct horse battery"),
        )  # fmt: skip
        codes.append((reply.status_code, reply.json().get("error", "")))

    threads = [threading.Thread(target=ask) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert {code for code, _ in codes} == {200, 503}
    assert all("on their way" in error for code, error in codes if code == 503)
    chat.stop()
