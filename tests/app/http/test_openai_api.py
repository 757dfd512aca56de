"""Clients made for OpenAI's chat API can use Footnote as a model, with its footnotes."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx

from app.service.access.users import Users
from store.library import Library
from tests.support.browser import Served, start
from tests.support.scripted import scripted

QUESTION = "How many times did President Aliyev visit Central Asian countries?"
PASSWORD = "correct horse battery"


def asked(*said: str, **more: Any) -> dict[str, Any]:
    """A request whose messages are a user's and an assistant's by turns."""
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(said)]
    return {"model": "footnote", "messages": messages, "temperature": 0.7, **more}


def post(chat: Served, request: dict[str, Any], **more: Any) -> httpx.Response:
    address = f"{chat.address}/v1/chat/completions"
    return httpx.post(address, json=request, timeout=120, **more)


def test_the_reply_is_the_answer_with_its_footnotes(served: Served) -> None:
    made = post(served, asked(QUESTION)).json()
    assert made["object"] == "chat.completion"
    (choice,) = made["choices"]
    assert choice["finish_reason"] == "stop"
    text = choice["message"]["content"]
    assert "13 times. [1]" in text
    cited = made["footnote"]["citations"][0]
    quote = " ".join(cited["quote"].split())
    assert f"[1] “{quote}” — briefing.md" in text


def test_a_follow_up_is_read_in_its_conversation(served: Served) -> None:
    request = asked(
        "Who proposed the Consultative Meetings?", "He did. [1]\n\n[1] “…”", "And when?"
    )
    request["messages"].insert(0, {"role": "system", "content": "Be brief."})
    request["messages"][-1]["content"] = [{"type": "text", "text": "And when?"}]
    assert "Consultative Meetings" in post(served, request).json()["footnote"]["standalone"]


def test_a_refusal_tells_what_comes_closest(served: Served) -> None:
    made = post(served, asked("How deep is the Mariana Trench?")).json()
    assert made["footnote"]["refused"]
    assert "The closest passages:" in made["choices"][0]["message"]["content"]


def test_a_stream_gives_the_same_words(served: Served) -> None:
    whole = post(served, asked(QUESTION)).json()["choices"][0]["message"]["content"]
    body = post(served, asked(QUESTION, stream=True)).text
    events = [line.removeprefix("data: ") for line in body.splitlines() if line]
    assert events[-1] == "[DONE]"
    parts = [json.loads(event) for event in events[:-1]]
    said = "".join(part["choices"][0]["delta"].get("content", "") for part in parts)
    assert said == whole
    assert parts[0]["choices"][0]["delta"]["role"] == "assistant"
    assert parts[-1]["choices"][0]["finish_reason"] == "stop"
    assert parts[-1]["footnote"]["citations"]


def test_what_was_found_comes_while_the_model_still_writes(served: Served) -> None:
    gate = threading.Event()
    model = scripted("President Aliyev visited Central Asian countries 13 times [1].", gate=gate)
    served.engine._use(model, served.engine.settings)
    address, deltas = f"{served.address}/v1/chat/completions", []
    try:
        request = asked(QUESTION, stream=True)
        with httpx.stream("POST", address, json=request, timeout=120) as reply:
            for line in reply.iter_lines():
                if not line.startswith("data: {"):
                    continue
                deltas.append(json.loads(line.removeprefix("data: "))["choices"][0]["delta"])
                if "reasoning_content" in deltas[-1]:
                    assert not gate.is_set()
                    gate.set()
    finally:
        gate.set()
        served.engine._use(None, served.engine.settings)
    assert "13 times" in deltas[1]["reasoning_content"]
    assert "13 times" in "".join(delta.get("content", "") for delta in deltas)


def test_only_the_named_documents_are_asked(served: Served) -> None:
    there = post(served, asked(QUESTION, documents=["briefing.md"])).json()
    assert not there["footnote"]["refused"]
    missing = post(served, asked(QUESTION, documents=["none.txt"]))
    assert missing.status_code == 400
    assert "none.txt" in missing.json()["error"]["message"]


def test_mistakes_come_in_openais_form(served: Served) -> None:
    none = post(served, asked("Who?", "Nobody."))
    assert none.status_code == 400
    assert "must be a user's" in none.json()["error"]["message"]
    for stream in (False, True):
        empty = post(served, asked("  ", stream=stream))
        assert empty.status_code == 400
        assert "empty" in empty.json()["error"]["message"]


def test_the_model_is_listed(served: Served) -> None:
    models = httpx.get(f"{served.address}/v1/models").json()
    assert [model["id"] for model in models["data"]] == ["footnote"]
    paths = httpx.get(f"{served.address}/api/v1/openapi.json").json()["paths"]
    assert "/v1/chat/completions" in paths


def test_where_people_sign_in_the_key_is_name_and_password(library: Library) -> None:
    Users(library.folder).add("ada", PASSWORD)
    chat = start(library, host="0.0.0.0")
    try:
        assert post(chat, asked(QUESTION)).status_code == 401
        wrong = {"Authorization": "Bearer ada:wrong"}
        assert post(chat, asked(QUESTION), headers=wrong).status_code == 401
        right = {"Authorization": f"Bearer ada:{PASSWORD}"}
        assert post(chat, asked(QUESTION), headers=right).status_code == 200
    finally:
        chat.stop()
