"""Sign-in: hashes, sessions that end, throttled tries, and a closed door beyond loopback."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from langchain_core.messages import BaseMessage

import app.service.access.users
from app.answering.prompt import SYSTEM_PROMPT
from app.http.server import SignInNeeded, required_users, shown_address
from app.models.base import ChatModel
from app.service.access.sign_in_tries import MAX_TRIES
from app.service.access.users import TooManyTries, UserError, Users
from app.service.engine import Engine
from app.service.storage.app_database import APP_SCHEMA
from app.settings import Settings
from app.web import application
from store.embedding.embedder import Embedder
from store.library import Library
from tests.support.browser import start
from tests.support.scripted import scripted

PASSWORD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path) -> Users:
    made = Users(tmp_path)
    made.add("ada", PASSWORD)
    return made


def test_passwords_are_kept_as_argon2_hashes(users: Users, tmp_path: Path) -> None:
    rows = sqlite3.connect(tmp_path / APP_SCHEMA.file).execute("select hash from users").fetchall()
    assert rows[0][0].startswith("$argon2id$")
    assert users.check("ada", PASSWORD)
    assert not users.check("ada", PASSWORD + "!")
    assert not users.check("bob", PASSWORD)


@pytest.mark.parametrize(
    ("name", "password"), [("", PASSWORD), ("../x", PASSWORD), ("a b", PASSWORD), ("bob", "short")]
)
def test_bad_names_and_short_passwords_are_refused(users: Users, name: str, password: str) -> None:
    with pytest.raises(UserError):
        users.add(name, password)


def test_sessions_end_by_time_sign_out_and_a_new_password(
    both_databases: str, users: Users
) -> None:
    assert users.session(users.start_session("ada", lasts_s=-1)) is None
    token = users.start_session("ada")
    assert users.session(token) == "ada"
    users.end_session(token)
    assert users.session(token) is None
    token = users.start_session("ada")
    users.add("ada", PASSWORD + "2")
    assert users.session(token) is None


def test_tries_are_throttled_for_name_and_address(users: Users, tmp_path: Path) -> None:
    for number in range(MAX_TRIES):
        assert not users.check(f"guess{number}", "wrong", "203.0.113.9")
    with pytest.raises(TooManyTries):
        users.check("ada", PASSWORD, "203.0.113.9")
    assert users.check("ada", PASSWORD, "203.0.113.10")
    with sqlite3.connect(tmp_path / APP_SCHEMA.file) as db:
        db.execute("update attempts set at = at - ?", (app.service.access.users.PAUSE_S,))
    assert users.check("ada", PASSWORD, "203.0.113.9")


def test_beyond_loopback_somebody_must_be_able_to_sign_in(tmp_path: Path) -> None:
    open_to_all = Settings(data=tmp_path, host="0.0.0.0", model="none")
    with pytest.raises(SignInNeeded, match="footnote users add"):
        required_users(open_to_all)
    Users(tmp_path).add("ada", PASSWORD)
    assert required_users(open_to_all) is not None
    assert required_users(Settings(data=tmp_path, host="::1", model="none")) is None


def test_nothing_is_served_to_strangers(library: Library, users: Users) -> None:
    Users(library.folder).add("ada", PASSWORD)
    settings = Settings(data=library.folder, host="0.0.0.0", model="none")
    client = TestClient(
        application(settings, Engine(settings, library)), base_url="http://footnote.test",
        follow_redirects=False,
    )  # fmt: skip
    for path in ("/", "/api/v1/documents", "/config", "/gradio_api/info", "/conversations/x.md"):
        assert client.get(path).status_code == 401, path
    assert client.get("/", headers={"Accept": "text/html"}).headers["location"] == "/sign-in"
    assert client.post("/mcp", json={}).status_code == 401
    assert client.get("/api/v1/documents", auth=("ada", "wrong password")).status_code == 401
    assert client.get("/api/v1/documents", auth=("ada", PASSWORD)).status_code == 200

    wrong = client.post("/sign-in", data={"name": "ada", "password": "<b>x</b>"})
    assert wrong.status_code == 401
    foreign = {"Origin": "https://evil.test"}
    form = {"name": "ada", "password": PASSWORD}
    assert client.post("/sign-in", data=form, headers=foreign).status_code == 403
    entered = client.post("/sign-in", data=form)
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert client.get("/api/v1/documents").status_code == 200
    assert client.get("/").status_code == 200


def test_loopback_needs_no_sign_in(library: Library) -> None:
    chat = start(library)
    assert httpx.get(chat.address).status_code == 200
    chat.stop()


def test_the_password_rule_is_told_before_anything_is_typed() -> None:
    from app.cli.users_commands import PASSWORD_PROMPT as PROMPT

    assert str(app.service.access.users.MIN_PASSWORD_CHARS) in PROMPT


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860"),
        ("0.0.0.0", "http://127.0.0.1:7860"),
        ("::", "http://[::1]:7860"),
        ("::1", "http://[::1]:7860"),
        ("chat.example.org", "http://chat.example.org:7860"),
    ],
)
def test_the_address_that_is_told_can_be_opened(host: str, shown: str) -> None:
    assert shown_address(host, 7860) == shown


def test_an_unknown_name_takes_as_long_as_a_known_one(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hash each: by the time that two take, names could be told."""
    users.check("nobody", PASSWORD)
    made: list[str] = []

    def counted(of: Callable[..., object]) -> Callable[..., object]:
        def call(*given: str) -> object:
            made.append(of.__name__)
            return of(*given)

        return call

    for name in ("_hash", "_verify"):
        function = getattr(app.service.access.users, name)
        monkeypatch.setattr(app.service.access.users, name, counted(function))
    for name in ("ada", "bob"):
        made.clear()
        assert not users.check(name, "a wrong password")
        assert made == ["_verify"], name


def test_people_do_not_change_or_delete_each_others_documents(library: Library) -> None:
    users = Users(library.folder)
    for name in ("ada", "bob"):
        users.add(name, PASSWORD)
    chat = start(library, host="0.0.0.0")
    base = f"{chat.address}/api/v1/documents"
    for name, text in (("ada", "The mill has nine wheels."), ("bob", "The mill has two wheels.")):
        file = {"file": ("mill.txt", text.encode())}
        reply = httpx.post(base, files=file, auth=(name, PASSWORD))
        assert reply.json()["status"] == "added"
    first, second = library.documents()
    assert {library.text(first.id), library.text(second.id)} == {
        "The mill has nine wheels.",
        "The mill has two wheels.",
    }
    gone = f"{base}/{first.document_id}?purge=true"
    refused = httpx.delete(gone, auth=("bob", PASSWORD))
    assert refused.status_code == 403 and "footnote remove" in refused.json()["error"]
    assert len(library.documents()) == 2
    chat.stop()


def test_a_choice_made_while_another_model_opens_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: Embedder
) -> None:
    """Else a provider would answer while the page says that nothing leaves the machine."""
    with Library.open(tmp_path, embedder) as library:
        engine = Engine(Settings(data=tmp_path, model="openai:gpt-x"), library)
        slow = scripted("It says so.", yes=1.0)

        def opened(settings: Settings) -> ChatModel:
            engine.settings = replace(settings, model="none")
            return slow

        monkeypatch.setattr("app.models.factory.open_model", opened)
        engine.load_model(fetch=False)
        assert engine.answerer.model is None


def test_a_strictness_chosen_while_the_model_opens_leaves_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: Embedder
) -> None:
    """Else "Loading" stood there until a restart, and answers were quotes."""
    with Library.open(tmp_path, embedder) as library:
        engine = Engine(Settings(data=tmp_path, model="openai:gpt-x"), library)
        slow = scripted("It says so.", yes=1.0)

        def opened(_: Settings) -> ChatModel:
            engine.change(strictness="strict")
            return slow

        monkeypatch.setattr("app.models.factory.open_model", opened)
        engine.load_model(fetch=False)
        assert engine.status.phase == "ready"
        assert engine.answerer.model is slow
        assert engine.answerer.settings.strictness == "strict"


def test_the_local_model_is_ready_only_once_it_has_read_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: Embedder
) -> None:
    """Else the first question waits for what "ready" has promised."""
    with Library.open(tmp_path, embedder) as library:
        engine = Engine(Settings(data=tmp_path, model="local"), library)
        told: list[str] = []
        local = ChatModel(scripted("", yes=1.0).chat, "local")

        def listened(messages: Sequence[BaseMessage]) -> float:
            told.extend([engine.status.phase, str(messages[0].content)])
            return 1.0

        monkeypatch.setattr(local, "yes_log_odds", listened)
        monkeypatch.setattr("app.models.factory.open_model", lambda _: local)
        monkeypatch.setattr(engine, "_fetched", lambda _: True)
        engine.load_model(fetch=False)
        assert told == ["loading", SYSTEM_PROMPT]
        assert engine.status.phase == "ready"
