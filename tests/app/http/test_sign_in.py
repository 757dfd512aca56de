"""Sign-in under attack: many tries at once, names that are like others, names given again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import app.service.access.users
from app.http import server
from app.service.access.sign_in_tries import MAX_TRIES, UNDER_WAY_PREFIX
from app.service.access.users import TooManyTries, UserError, Users
from app.service.conversations.conversations import Conversations
from app.settings import Settings
from store.library import Library
from tests.support.browser import Served, start, wait_until
from tests.support.commands import Footnote

PASSWORD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path) -> Users:
    made = Users(tmp_path)
    made.add("ada", PASSWORD)
    return made


@pytest.fixture
def shared(library: Library) -> Iterator[Served]:
    """A chat that Ada signs in to."""
    Users(library.folder).add("ada", PASSWORD)
    chat = start(library, host="0.0.0.0")
    yield chat
    chat.stop()


def test_a_chat_for_this_machine_says_why_users_do_not_sign_in(
    users: Users, tmp_path: Path
) -> None:
    assert users.names() == ["ada"]
    assert "--host 0.0.0.0" in server.sign_in_note(Settings(data=tmp_path))
    assert server.sign_in_note(Settings(data=tmp_path, host="0.0.0.0")) == ""
    users.remove("ada")
    assert server.sign_in_note(Settings(data=tmp_path)) == ""


def sign_in(chat: Served, name: str, password: str) -> int:
    form = {"name": name, "password": password}
    return httpx.post(f"{chat.address}/sign-in", data=form, timeout=120).status_code


@pytest.mark.usefixtures("both_databases")
def test_of_many_wrong_passwords_at_once_five_are_looked_at(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    at_once: list[int] = []
    running = threading.Semaphore(100)
    verify = app.service.access.users._verify

    def counted(known: str, password: str) -> bool:
        running.acquire()
        at_once.append(100 - running._value)
        looked.append(password)
        try:
            return verify(known, password)
        finally:
            running.release()

    monkeypatch.setattr(app.service.access.users, "_verify", counted)

    def guess(number: int) -> bool | None:
        try:
            return users.check("ada", f"a wrong password {number}", "203.0.113.9")
        except TooManyTries:
            return None

    with ThreadPoolExecutor(30) as pool:
        results = list(pool.map(guess, range(60)))
    assert len(looked) == results.count(False) == MAX_TRIES
    assert max(at_once) <= 2


def test_the_server_looks_at_five_of_sixty_at_once(shared: Served) -> None:
    with ThreadPoolExecutor(60) as pool:
        results = list(pool.map(lambda n: sign_in(shared, "ada", f"wrong {n}"), range(60)))
    assert (results.count(401), results.count(429)) == (MAX_TRIES, 60 - MAX_TRIES)


def test_many_right_ones_at_once_all_get_in_and_the_server_stays_awake(shared: Served) -> None:
    codes: list[int] = []
    threads = [
        threading.Thread(target=lambda: codes.append(sign_in(shared, "ada", PASSWORD)))
        for _ in range(40)
    ]
    for thread in threads:
        thread.start()
    assert httpx.get(f"{shared.address}/healthz", timeout=60).status_code == 200
    for thread in threads:
        thread.join(120)
    assert codes == [303] * 40


def test_a_program_with_many_connections_is_not_taken_for_a_guesser(shared: Served) -> None:
    def ask(_: int) -> int:
        where = f"{shared.address}/api/v1/documents"
        return httpx.get(where, auth=("ada", PASSWORD), timeout=120).status_code

    with ThreadPoolExecutor(40) as pool:
        assert list(pool.map(ask, range(80))) == [200] * 80


@pytest.mark.usefixtures("both_databases")
def test_nobody_keeps_somebody_else_out(users: Users) -> None:
    for _ in range(MAX_TRIES):
        assert not users.check("ada", "wrong", "203.0.113.9")
    with pytest.raises(TooManyTries):
        users.check("ada", PASSWORD, "203.0.113.9")
    assert users.check("ada", PASSWORD, "203.0.113.10")


@pytest.mark.usefixtures("both_databases")
def test_a_right_password_takes_back_the_wrong_ones_for_its_name(users: Users) -> None:
    for _ in range(3):
        for _ in range(MAX_TRIES - 2):
            assert not users.check("ada", "wrong", "203.0.113.9")
        assert users.check("ada", PASSWORD, "203.0.113.9")
    for _ in range(MAX_TRIES - 1):
        assert not users.check("bob", "wrong", "203.0.113.9")
    assert users.check("ada", PASSWORD, "203.0.113.9")
    assert not users.check("bob", "wrong", "203.0.113.9")
    with pytest.raises(TooManyTries):
        users.check("ada", PASSWORD, "203.0.113.9")


def test_an_ipv6_network_counts_as_one_address(users: Users) -> None:
    for number in range(MAX_TRIES):
        assert not users.check(f"guess{number}", "wrong", f"2001:db8:0:1::{number}")
    with pytest.raises(TooManyTries):
        users.check("ada", PASSWORD, "2001:db8:0:1:ffff::1")
    assert users.check("ada", PASSWORD, "2001:db8:0:2::1")


def test_a_right_password_is_remembered_and_a_new_one_ends_that(users: Users) -> None:
    assert users.check("ada", PASSWORD)
    assert users.check("ada", PASSWORD)
    assert not users.check("ada", PASSWORD + "!")
    users.add("ada", PASSWORD + "2")
    assert not users.check("ada", PASSWORD)
    assert users.check("ada", PASSWORD + "2")


def test_a_process_that_dies_while_it_hashes_counts_as_one_try(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import select

    from app.service.storage.app_schema import attempts

    def held() -> list[str]:
        with users._database.reading() as db:
            return list(db.execute(select(attempts.c.who)).scalars())

    with monkeypatch.context() as patched:

        def dies(*_: str) -> bool:
            assert all(who.startswith(UNDER_WAY_PREFIX) for who in held())
            raise KeyboardInterrupt

        patched.setattr(app.service.access.users, "_verify", dies)
        with pytest.raises(KeyboardInterrupt):
            users.check("ada", "wrong", "203.0.113.9")
    assert len(held()) == 1
    assert users.check("ada", PASSWORD, "203.0.113.9")


@pytest.mark.usefixtures("both_databases")
def test_names_that_differ_in_case_alone_are_one(users: Users) -> None:
    with pytest.raises(UserError, match="There is ada already"):
        users.add("Ada", PASSWORD)
    users.add("ada", PASSWORD + "2")
    assert users.names() == ["ada"]


@pytest.mark.usefixtures("both_databases")
def test_a_name_given_again_inherits_nothing(users: Users, tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    kept.start(users.owner("ada"), "The safe")
    users.remove("ada")
    users.add("Ada", PASSWORD)
    fresh = users.owner("Ada")
    assert fresh != "ada" and users.session(users.start_session("Ada")) == fresh
    assert kept.find(fresh) == []
    users.remove("Ada")
    users.add("ada", PASSWORD)
    assert users.owner("ada") not in ("ada", fresh)
    users.remove("ada")
    users.add("ada", PASSWORD, same_person=True)
    assert users.owner("ada") not in ("ada", fresh)


def test_who_comes_back_gets_what_was_theirs(users: Users, tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    kept.start("ada", "The safe")
    users.remove("ada")
    users.add("ada", PASSWORD, same_person=True)
    assert [c.name for c in kept.find(users.owner("ada"))] == ["The safe"]


def test_a_name_given_again_reads_no_uploads_of_before(shared: Served) -> None:
    base = f"{shared.address}/api/v1"
    mill = {"file": ("mill.txt", b"The mill at Thornfield has nine wheels.")}
    first = ("ada", PASSWORD)
    assert httpx.post(f"{base}/documents", files=mill, auth=first, timeout=120).status_code == 200
    users = Users(shared.library.folder)
    users.remove("ada")
    users.add("ada", PASSWORD + "2")
    users.add("bob", PASSWORD)
    second = ("ada", PASSWORD + "2")
    assert httpx.get(f"{base}/documents", auth=second).json() == []
    quay = {"file": ("mill.txt", b"The quay at Estwick is long.")}
    assert httpx.post(f"{base}/documents", files=quay, auth=second, timeout=120).status_code == 200
    (own,) = httpx.get(f"{base}/documents", auth=second).json()
    shared_with = f"{base}/collections/{own['collection']}/members/bob"
    assert httpx.put(shared_with, json={"role": "reader"}, auth=second).status_code == 200
    (seen,) = httpx.get(f"{base}/documents", auth=("bob", PASSWORD)).json()
    assert seen["id"] == own["id"]
    bobs = {"file": ("bob.txt", b"The lamp at Skerrow burns.")}
    httpx.post(f"{base}/documents", files=bobs, auth=("bob", PASSWORD), timeout=120)
    to_ada = f"{base}/collections/@bob/members/ada"
    httpx.put(to_ada, json={"role": "reader"}, auth=("bob", PASSWORD)).raise_for_status()
    names = {d["document"] for d in httpx.get(f"{base}/documents", auth=second).json()}
    assert names == {"mill.txt", "bob.txt"}
    listed = httpx.get(f"{base}/collections", auth=("bob", PASSWORD)).json()
    (mine,) = (c for c in listed if c["name"] == "@bob")
    assert mine["members"] == [{"name": "ada", "role": "reader"}]


def test_a_password_comes_from_a_file_and_never_from_the_command(
    footnote: Footnote, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    assert footnote("users", "add", "ada", "--password-file", tmp_path / "password").code == 0
    assert Users(footnote.data).check("ada", PASSWORD)
    refused = footnote("users", "add", "bob", "--password", PASSWORD)
    assert refused.code == 2 and "No such option" in refused.err
    missing = footnote("users", "add", "bob", "--password-file", tmp_path / "none")
    assert missing.code == 2 and "cannot be read" in missing.err


def test_the_line_to_sign_in_has_an_end(shared: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    import app.http.auth

    monkeypatch.setattr(app.http.auth, "MOST_WAITING", 1)
    gate = threading.Event()
    verify = app.service.access.users._verify
    begun: list[str] = []

    def slow(known: str, password: str) -> bool:
        begun.append(password)
        gate.wait(60)
        return verify(known, password)

    monkeypatch.setattr(app.service.access.users, "_verify", slow)
    codes: list[int] = []

    def enter() -> None:
        codes.append(sign_in(shared, "ada", "wrong password"))

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads[:2]:
        thread.start()
    wait_until(lambda: len(begun) == 2)
    for thread in threads[2:]:
        thread.start()
    wait_until(lambda: codes == [503])
    gate.set()
    for thread in threads:
        thread.join(60)
    assert sorted(codes) == [401, 401, 401, 503]
