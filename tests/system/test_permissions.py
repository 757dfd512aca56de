"""Who may read what: no door finds, names or hints at a document of somebody else's."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

from app.answer import Finished
from app.formats.json_forms import answer_payload
from app.service.access.permissions import EVERYONE, NotAllowed, Permissions, Role
from app.service.access.users import Users
from app.service.conversations.conversations import Conversations
from app.service.engine import Engine
from app.service.ingest.uploads import add_bytes
from app.settings import Settings
from app.web import document_list, sidebar, toasts
from app.web.chat import Chat
from app.web.welcome import asked_of, welcome
from evals.page import set_choices
from store.embedding.embedder import Embedder
from store.library import Library
from store.results import StoreError
from tests.support.browser import Served, start
from tests.support.documents import document_of, vector_keys

EXAMPLES = int(os.environ.get("RANDOM_EXAMPLES", "15"))
PASSWORD = "correct horse battery"
PEOPLE = "ada", "bob", "cy"
SUBJECTS = "lighthouse", "harbour", "orchard", "quarry", "bakery", "foundry", "mill", "tannery"
SECRETS = [f"zorb{subject}ite" for subject in SUBJECTS]
"""A word in each document's name, title and text that stands nowhere else."""
FOLDERS = "board", "minutes", "handbook"


def write(at: int) -> str:
    subject, secret = SUBJECTS[at], SECRETS[at]
    return (
        f"# The {subject} of {secret}\n\nThe {subject} was founded in {1900 + at} by {secret}. "
        f"It has {at + 3} workers.\n\nThe director of the {subject} is {secret} the Elder."
    )


@pytest.fixture
def users(tmp_path: Path) -> Users:
    made = Users(tmp_path)
    for name in PEOPLE:
        made.add(name, PASSWORD)
    return made


@pytest.mark.usefixtures("both_databases")
class TestRules:
    HELD = ("board", "minutes", "@ada", "@bob")

    def rights(self, permissions: Permissions, user: str) -> tuple[set[str], set[str]]:
        return set(permissions.readable(user, self.HELD)), set(
            permissions.editable(user, self.HELD)
        )

    def test_what_is_not_shared_is_read_by_all_and_ones_own_by_oneself(
        self, users: Users, tmp_path: Path
    ) -> None:
        permissions = Permissions(tmp_path)
        assert self.rights(permissions, "ada") == ({"board", "minutes", "@ada"}, {"@ada"})
        assert self.rights(permissions, "") == ({"board", "minutes"}, set())

    def test_sharing_closes_for_others_and_stays_so(self, users: Users, tmp_path: Path) -> None:
        permissions = Permissions(tmp_path)
        permissions.share("board", "ada", "editor")
        permissions.share("@ada", "bob", "reader")
        assert self.rights(permissions, "ada") == ({"board", "minutes", "@ada"}, {"board", "@ada"})
        assert self.rights(permissions, "bob") == ({"minutes", "@ada", "@bob"}, {"@bob"})
        users.remove("ada")
        assert self.rights(permissions, "cy")[0] == {"minutes"}
        users.add("ada", PASSWORD)
        assert "board" not in self.rights(permissions, "ada")[0]
        permissions.unshare("@ada", "bob")
        assert self.rights(permissions, "bob")[0] == {"minutes", "@bob"}
        with pytest.raises(NotAllowed, match="not shared"):
            permissions.unshare("@ada", "bob")

    def test_everybody_may_be_let_in_and_kept_out(self, users: Users, tmp_path: Path) -> None:
        permissions = Permissions(tmp_path)
        permissions.unshare("board", EVERYONE)
        assert self.rights(permissions, "ada")[0] == {"minutes", "@ada"}
        permissions.share("board", EVERYONE, "reader")
        permissions.share("minutes", EVERYONE, "editor")
        assert self.rights(permissions, "cy") == ({"board", "minutes"}, {"minutes"})
        assert self.rights(permissions, "")[0] == {"board", "minutes"}

    def test_only_users_and_known_roles(self, users: Users, tmp_path: Path) -> None:
        permissions = Permissions(tmp_path)
        with pytest.raises(NotAllowed, match="no user"):
            permissions.share("board", "dan", "reader")
        wrong: Any = "owner"
        with pytest.raises(NotAllowed, match="reader or editor"):
            permissions.share("board", "ada", wrong)
        assert permissions.members() == []


# At random


@dataclass(frozen=True)
class World:
    """Where each document is, who is a member of what, and which folders are closed."""

    places: Mapping[int, str]
    members: Mapping[tuple[str, str], Role]
    closed: frozenset[str]

    def reads(self, user: str) -> set[int]:
        """The documents that a user may read, by the rules as they are told to people."""
        return {at for at, place in self.places.items() if self._reads(user, place)}

    def _reads(self, user: str, place: str) -> bool:
        if place == f"@{user}" or {(place, user), (place, EVERYONE)} & set(self.members):
            return True
        shared = any(collection == place for collection, _ in self.members)
        return not place.startswith("@") and not shared and place not in self.closed


PLACES = st.sampled_from([*FOLDERS, *(f"@{user}" for user in PEOPLE)])
WORLDS = st.builds(
    World,
    places=st.fixed_dictionaries(dict.fromkeys(range(len(SUBJECTS)), PLACES)),
    members=st.dictionaries(
        st.tuples(PLACES, st.sampled_from([*PEOPLE, EVERYONE])),
        st.sampled_from(["reader", "editor"]),
        max_size=5,
    ),
    closed=st.frozensets(st.sampled_from(FOLDERS), max_size=2),
)
ASKED = st.one_of(
    st.builds("Who founded the {}?".format, st.sampled_from(SUBJECTS)),
    st.builds("Who is the director of {}?".format, st.sampled_from(SECRETS)),
    st.builds("{}.md: How many workers are there?".format, st.sampled_from(SECRETS)),
    st.sampled_from(["What are the documents about?", "Which documents are there?", "the workers"]),
)


@contextmanager
def everything(folder: Path, embedder: Embedder) -> Iterator[Library]:
    with Library.open(folder, embedder) as library:
        for at, secret in enumerate(SECRETS):
            read = document_of(*write(at).split("\n\n"), name=f"{secret}.md")
            library.add(replace(read, title=f"The {SUBJECTS[at]} of {secret}", collection="board"))
        yield library


def arrange(engine: Engine, world: World) -> None:
    """Puts the library into this state."""
    for at, place in world.places.items():
        engine.access.library.move_document(f"{SECRETS[at]}.md", place)
    permissions = engine.access.permissions
    with permissions._database.writing() as db:
        db.exec_driver_sql("DELETE FROM members")
    for (collection, name), role in world.members.items():
        permissions.share(collection, name, role)
    for collection in world.closed:
        if (collection, EVERYONE) not in world.members:
            permissions.unshare(collection, EVERYONE)


def shown(chat: Chat, user: str, question: str) -> str:
    """Everything that a user is told by the chat, without asking."""
    engine = chat.engine
    library = engine.access.library_of(user)
    drawn = document_list.render_document_list(chat, user, f"session of {user}")
    told = [drawn, welcome(engine, user), asked_of(engine, user, []), sidebar.choices(chat, user),
            toasts.known(chat, user, "").documents, set_choices.run_choices(engine, user),
            [hit.stored.passage.text for hit in library.search(question, 9)],
            [revision.title for revision in library.listing().first],
            library.collections(), library.collection_names()]  # fmt: skip
    return "\n".join(map(str, told))


def answered(engine: Engine, user: str, question: str) -> dict[str, Any]:
    event = list(engine.stream(question, None, (), user))[-1]
    assert isinstance(event, Finished)
    return answer_payload(event.answer)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Chat]:
    folder = tmp_path_factory.mktemp("permissions")
    people = Users(folder)
    for name in PEOPLE:
        people.add(name, PASSWORD)
    with everything(folder, embedder) as library:
        engine = Engine(Settings(data=folder, model="none", host="0.0.0.0"), library)
        yield Chat(engine, Conversations(folder))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=WORLDS, question=ASKED, user=st.sampled_from(PEOPLE))
def test_nothing_is_told_of_what_one_may_not_read(
    chat: Chat, world: World, question: str, user: str
) -> None:
    engine = chat.engine
    arrange(engine, world)
    readable = world.reads(user)
    library = engine.access.library_of(user)
    assert {d.document for d in library.documents()} == {f"{SECRETS[at]}.md" for at in readable}
    answer = answered(engine, user, question)
    # What was asked is said again; nothing else of it may be.
    for echoed in ("question", "standalone", "timings_ms", "id"):
        answer.pop(echoed)
    asked = question.lower()
    told = (json.dumps(answer) + shown(chat, user, question)).lower()
    for at, secret in enumerate(SECRETS):
        if at not in readable:
            assert secret not in told.replace(asked, "") or secret in asked
            assert f"{secret} the elder" not in told
            assert f"of {secret}" not in told.replace(asked, "")
            assert f"founded in {1900 + at}" not in told
            with pytest.raises(StoreError, match="no document"):
                list(engine.stream("How many workers are there?", [f"{secret}.md"], (), user))
    editable = engine.access.editable(user)
    for at, secret in enumerate(SECRETS):
        if world.places[at] in editable:
            assert engine.access.library_to_change(user, f"{secret}.md")
        else:
            with pytest.raises((NotAllowed, StoreError)):
                engine.access.library_to_change(user, f"{secret}.md")


# Every door of the server


@pytest.fixture
def shared(library: Library) -> Iterator[Served]:
    """A chat with one document that everybody reads."""
    people = Users(library.folder)
    for name in ("ada", "bob"):
        people.add(name, PASSWORD)
    library.add(replace(document_of(*write(0).split("\n\n"), name="open.md"), collection="board"))
    served = start(library, host="0.0.0.0", widget_origins="https://example.org")
    yield served
    served.stop()


class Person:
    """Somebody at the HTTP API."""

    def __init__(self, chat: Served, name: str) -> None:
        auth = (name, PASSWORD) if name else None
        self.address, self.name = chat.address, name
        self._client = httpx.Client(base_url=chat.address, auth=auth, timeout=120)

    def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        return self._client.request(method, path, **given)

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", f"/api/v1/{path}", params=query).json()

    def tool(self, name: str, **arguments: Any) -> Any:
        return asyncio.run(self._tool(name, arguments))

    async def _tool(self, name: str, arguments: dict[str, Any]) -> Any:
        token = {"Authorization": f"Bearer {self.name}:{PASSWORD}"}
        async with create_mcp_http_client(headers=token) as client:
            transport = streamable_http_client(f"{self.address}/mcp", http_client=client)
            async with Client(transport) as session:
                found = await session.call_tool(name, arguments)
                return [block.model_dump() for block in found.content]


def doors(person: Person, secret: str, revision: str) -> dict[str, Any]:
    """What each door tells a person about a document, whether it is there or not."""
    question = f"Who is the director of {secret}?"
    at = {"question": question, "history": []}
    return {
        "documents": person.get("documents"),
        "collections": person.get("collections"),
        "search": person.get("search", q=question, k=20),
        "one of it": person.get("search", q=question, document=f"{secret}.md"),
        "its collection": person.get("search", q=question, collection="@ada"),
        "text": person.get(f"revisions/{revision}/text"),
        "passages": person.get(f"revisions/{revision}/passages"),
        "ask": person.call("POST", "/api/v1/ask", json=at).json(),
        "ask about": person.call(
            "POST", "/api/v1/ask", json={**at, "question": "What are the documents about?"}
        ).json(),
        "ask it": person.call(
            "POST", "/api/v1/ask", json={**at, "documents": [f"{secret}.md"]}
        ).json(),
        "openai": person.call(
            "POST", "/v1/chat/completions",
            json={"messages": [{"role": "user", "content": question}]},
        ).json()["choices"],
        "remove": person.call("DELETE", f"/api/v1/documents/{secret}.md").json(),
        "widget": person.call("POST", "/widget/ask", json={"question": question}).text,
        "tool ask": person.tool("ask", question=question),
        "tool search": person.tool("search", question=question, k=20),
        "tool list": person.tool("list_documents"),
        "tool read": person.tool("read_passage", revision=revision, start=0, end=40),
    }  # fmt: skip


def test_no_door_tells_whether_a_document_of_somebody_elses_is_there(shared: Served) -> None:
    ada, bob = Person(shared, "ada"), Person(shared, "bob")
    secret = SECRETS[3]
    name = f"{secret}.md"
    upload = {"file": (name, write(3).encode(), "text/markdown")}
    revision = "0" * 32
    before = doors(bob, secret, revision)
    taken = ada.call("POST", "/api/v1/documents", files=upload).json()
    told = doors(bob, secret, taken["revision"])
    for door, said in told.items():
        assert plain(said, taken["revision"]) == plain(before[door], revision), door
    assert secret in json.dumps(ada.get("documents"))
    assert secret in json.dumps(ada.tool("list_documents"))
    answer = ada.call(
        "POST", "/api/v1/ask", json={"question": f"Who is the director of the {SUBJECTS[3]}?"}
    ).json()
    assert f"{secret} the Elder" in answer["answer"]
    own = bob.call("POST", "/api/v1/documents", files=upload).json()
    assert (own["status"], own["document"]) == ("added", name)
    assert own["revision"] != taken["revision"]
    bob.call("DELETE", f"/api/v1/documents/{name}").raise_for_status()
    assert [d["collection"] for d in ada.get("documents")] == ["board", "@ada"]


def plain(told: Any, revision: str) -> str:
    """Without what differs from one call to the next: random ids, times and scores."""
    text = json.dumps(told).replace(revision, "REVISION")
    return re.sub(r"[0-9a-f]{32}|\d+\.\d+(e-\d+)?", "", text)


def test_readers_do_not_change_and_editors_do(shared: Served) -> None:
    bob = Person(shared, "bob")
    refused = bob.call("DELETE", "/api/v1/documents/open.md")
    assert refused.status_code == 403
    assert "footnote collections share board bob --editor" in refused.json()["error"]
    into = {"params": {"collection": "board"}, "files": {"file": ("new.txt", b"The quay is new.")}}
    assert bob.call("POST", "/api/v1/documents", **into).status_code == 403
    shared.engine.access.permissions.share("board", "bob", "editor")
    assert bob.call("POST", "/api/v1/documents", **into).status_code == 200
    assert bob.call("DELETE", "/api/v1/documents/open.md").status_code == 200
    held = [(d["document"], d["collection"]) for d in bob.get("documents", collection="board")]
    assert held == [("new.txt", "board")]
    assert Person(shared, "ada").get("documents") == {} or not Person(shared, "ada").get(
        "documents"
    )


def test_a_question_may_be_asked_of_one_collection(shared: Served) -> None:
    ada = Person(shared, "ada")
    ada.call("POST", "/api/v1/documents", files={"file": ("own.txt", write(5).encode())})
    question = f"Who is the director of the {SUBJECTS[5]}?"
    for collection, name in (("board", "open.md"), ("@ada", "own.txt")):
        asked = {"question": question, "collection": collection}
        answer = ada.call("POST", "/api/v1/ask", json=asked).json()
        named = answer["citations"] + answer["closest"]
        assert {each["document"] for each in named} == {name}
        listed = ada.tool("list_documents", collection=collection)
        assert name in json.dumps(listed)
        assert len(ada.get("documents", collection=collection)) == 1
    unknown = ada.call("POST", "/api/v1/ask", json={"question": question, "collection": "x"})
    assert unknown.status_code == 403
    assert "no collection" in unknown.json()["error"]


# What the time of an upload gives away


@pytest.mark.usefixtures("users")
def test_an_upload_takes_as_long_whatever_others_have(tmp_path: Path, embedder: Embedder) -> None:
    """Only passages that the user may read are reused: no other makes an upload faster."""
    safe = b"The combination of the safe in the vault is 4711, and nobody but Ada knows it."
    with Library.open(tmp_path, embedder) as library:
        engine = Engine(Settings(data=tmp_path, host="0.0.0.0", model="none"), library)
        first = add_bytes(engine, safe, "safe.txt", owner="ada")
        assert first.embedded == first.passages == 1
        assert add_bytes(engine, safe, "safe.txt", owner="bob").embedded == 1
        engine.access.permissions.share("@ada", "cy", "reader")
        assert add_bytes(engine, safe, "safe.txt", owner="cy").embedded == 0
        assert len(vector_keys(library)) == 1
        for reader in PEOPLE:
            found = engine.access.library_of(reader).search("What is the combination of the safe?")
            assert "4711" in found[0].stored.passage.text


def test_ones_own_document_comes_before_another_of_its_name(library: Library) -> None:
    people = Users(library.folder)
    for name in PEOPLE:
        people.add(name, PASSWORD)
    chat = start(library, host="0.0.0.0")
    base = f"{chat.address}/api/v1"
    for name, wheels in (("ada", "nine"), ("bob", "two")):
        text = f"The mill at Thornfield has {wheels} wheels.".encode()
        sent = {"file": ("mill.txt", text)}
        httpx.post(f"{base}/documents", files=sent, auth=(name, PASSWORD), timeout=120)
    httpx.put(f"{base}/collections/@ada/members/*", json={"role": "editor"}, auth=("ada", PASSWORD))
    asked = {"question": "How many wheels has the mill at Thornfield?", "documents": ["mill.txt"]}
    for name, wheels, cited in (
        ("ada", "nine", "@ada"),
        ("bob", "two", "@bob"),
        ("cy", "nine", "@ada"),
    ):
        got = httpx.post(f"{base}/ask", json=asked, auth=(name, PASSWORD), timeout=120).json()
        assert wheels in got["answer"]
        assert {c["collection"] for c in got["citations"]} == {cited}
        query = {"q": "wheels", "document": "mill.txt"}
        hits = httpx.get(f"{base}/search", params=query, auth=(name, PASSWORD)).json()
        assert {hit["collection"] for hit in hits} == {cited}
    refused = httpx.delete(f"{base}/documents/mill.txt", auth=("bob", PASSWORD))
    assert refused.status_code == 400 and "say which" in refused.json()["error"]
    assert len(library.documents()) == 2
    chat.stop()
