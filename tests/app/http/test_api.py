"""The HTTP API: the command line's JSON, streamed events, documents, and no foreign callers."""

from __future__ import annotations

import json
import re
import shlex

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.formats.json_forms import answer_payload
from app.http.docs_page import example
from app.http.schemas import (
    AnswerReply,
    AskRequest,
    ErrorReply,
    IngestReply,
    LinkRequest,
    RemovedReply,
    TextReply,
)
from tests.support.browser import Served

QUESTION = "How many times did President Aliyev visit Central Asian countries?"


def test_ask_gives_the_payload_with_exact_quotes(served: Served) -> None:
    got = httpx.post(f"{served.address}/api/v1/ask", json={"question": QUESTION}).json()
    known = answer_payload(served.engine.answerer.answer(QUESTION))
    assert set(got) == set(known)
    assert got["answer"] == known["answer"]
    for cited in got["citations"]:
        where = f"{served.address}/api/v1/revisions/{cited['revision']}/text"
        span = {"start": cited["start"], "end": cited["end"]}
        assert httpx.get(where, params=span).json()["text"] == cited["quote"]


def test_the_stream_gives_evidence_first_and_the_answer_last(served: Served) -> None:
    names, last = [], ""
    with httpx.stream(
        "POST", f"{served.address}/api/v1/ask/stream", json={"question": QUESTION}
    ) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line.startswith("event: "):
                names.append(line.removeprefix("event: "))
            elif line.startswith("data: "):
                last = line.removeprefix("data: ")
    assert names[0] == "evidence"
    assert names[-1] == "answer"
    assert json.loads(last)["question"] == QUESTION


def test_history_makes_a_follow_up_stand_alone(served: Served) -> None:
    asked = {
        "question": "And when?",
        "history": [{"question": "Who proposed the Consultative Meetings?", "answer": "He did."}],
    }
    got = httpx.post(f"{served.address}/api/v1/ask", json=asked).json()
    assert "Consultative Meetings" in got["standalone"]


def test_mistakes_are_told_as_json(served: Served) -> None:
    empty = httpx.post(f"{served.address}/api/v1/ask", json={"question": " "})
    assert empty.status_code == 400
    assert "empty" in empty.json()["error"]
    unknown = httpx.post(f"{served.address}/api/v1/ask", json={"question": "x", "colour": 1})
    assert unknown.status_code == 422
    assert unknown.json() == {"error": "colour: Extra inputs are not permitted."}
    nowhere = httpx.get(f"{served.address}/api/v1/revisions/none/nothing")
    assert nowhere.status_code == 404 and set(nowhere.json()) == {"error"}
    missing = httpx.get(f"{served.address}/api/v1/revisions/none/text")
    assert missing.status_code == 400


def test_documents_are_taken_in_searched_and_removed(served: Served) -> None:
    base = f"{served.address}/api/v1"
    file = {"file": ("quay.txt", b"The quay at Lorne is 90 metres long.\n")}
    assert httpx.post(f"{base}/documents", files=file).json()["status"] == "added"
    assert httpx.post(f"{base}/documents", files=file).json()["status"] == "unchanged"
    file = {"file": ("quay.txt", b"The quay at Lorne is 95 metres long.\n")}
    assert httpx.post(f"{base}/documents", files=file).json()["status"] == "changed"
    hits = httpx.get(f"{base}/search", params={"q": "How long is the quay?", "k": 1}).json()
    assert "95 metres" in hits[0]["text"]
    assert any(d["document"] == "quay.txt" for d in httpx.get(f"{base}/documents").json())
    broken = httpx.post(f"{base}/documents", files={"file": ("a.pdf", b"%PDF-1.4 broken")})
    assert broken.status_code == 400
    httpx.delete(f"{base}/documents/quay.txt").raise_for_status()
    assert all(d["document"] != "quay.txt" for d in httpx.get(f"{base}/documents").json())


def test_private_links_are_refused(served: Served) -> None:
    url = f"{served.address}/api/v1/documents"
    got = httpx.post(f"{served.address}/api/v1/links", json={"url": url})
    assert got.status_code == 400
    assert got.json()["error"]


def test_other_sites_and_rebound_names_are_refused(served: Served) -> None:
    asked = {"question": QUESTION}
    where = f"{served.address}/api/v1/ask"
    assert httpx.post(where, json=asked, headers={"Origin": "https://evil.test"}).status_code == 403
    assert httpx.post(where, json=asked, headers={"Host": "evil.test"}).status_code == 403
    assert httpx.post(where, json=asked, headers={"Origin": served.address}).status_code == 200


def test_the_description_loads_nothing_from_elsewhere(served: Served) -> None:
    schema = httpx.get(f"{served.address}/api/v1/openapi.json").json()
    assert "/api/v1/ask/stream" in schema["paths"]
    page = httpx.get(f"{served.address}/api/v1/docs")
    assert "/api/v1/search" in page.text
    assert "<script" not in page.text
    assert not re.search(r"""(?:src|href)=["']?\w*:?//""", page.text)
    assert "default-src 'self'" in page.headers["content-security-policy"]


class TestDescription:
    """What the description says is what the calls do."""

    def test_replies_have_the_shape_that_is_described(self, served: Served) -> None:
        for question in (QUESTION, "How deep is the Mariana Trench?"):
            got = httpx.post(f"{served.address}/api/v1/ask", json={"question": question}).json()
            AnswerReply.model_validate(got)
        uploaded = httpx.post(
            f"{served.address}/api/v1/documents", files={"file": ("a.txt", b"A pier at Ness.")}
        )
        IngestReply.model_validate(uploaded.json())
        removed = httpx.delete(f"{served.address}/api/v1/documents/upload:a.txt")
        RemovedReply.model_validate(removed.json())
        refused = httpx.post(f"{served.address}/api/v1/ask", json={"question": ""})
        ErrorReply.model_validate(refused.json())

    def test_examples_have_the_shape_too(self, served: Served) -> None:
        schema = httpx.get(f"{served.address}/api/v1/openapi.json").json()
        parts = schema["components"]["schemas"]
        shapes = (AskRequest, LinkRequest, AnswerReply, IngestReply, TextReply, ErrorReply)
        for shape in shapes:
            shape.model_validate(example(parts[shape.__name__], parts))

    def test_every_call_names_its_errors(self, served: Served) -> None:
        schema = httpx.get(f"{served.address}/api/v1/openapi.json").json()
        ask = schema["paths"]["/api/v1/ask"]["post"]
        assert {"200", "400", "401", "422", "503"} <= set(ask["responses"])

    @pytest.mark.parametrize("path", ["/docs", "/api/v1/docs"])
    def test_the_page_shows_requests_and_replies(
        self, page: Page, served: Served, path: str
    ) -> None:
        page.goto(f"{served.address}{path}")
        expect(page.locator("section", has_text="POST /api/v1/ask").first).to_contain_text(
            "29 May 1992"
        )
        expect(page.locator("section", has_text="/v1/chat/completions")).to_be_visible()
        # Each call has a line for a shell, which works as it stands.
        assert page.locator(".curl").count() == page.locator("section").count()
        asking = page.locator("section", has_text="POST /api/v1/ask").first.locator(".curl")
        line = shlex.split(asking.text_content() or "")
        assert line[:3] == ["curl", "-X", "POST"]
        assert line[3] == f"{served.address}/api/v1/ask"
        sent = httpx.post(line[3], content=line[-1].encode(), headers=dict([line[5].split(": ")]))
        assert sent.status_code == 200, sent.text
        link = page.locator("#file")
        assert httpx.get(link.evaluate("file => file.href")).status_code == 200


HALF = '"\\ud800 half"'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/ask", f'{{"question": {HALF}}}'),
        ("/api/v1/ask", f'{{"question": "Who?", "documents": [{HALF}]}}'),
        ("/api/v1/ask", f'{{"question": "Who?", "collection": {HALF}}}'),
        ("/api/v1/ask", f'{{"question": "?", "history": [{{"question": {HALF}, "answer": ""}}]}}'),
        ("/api/v1/ask/stream", f'{{"question": {HALF}}}'),
        ("/api/v1/links", f'{{"url": {HALF}}}'),
        ("/api/v1/collections/x/members/y", f'{{"role": {HALF}}}'),
        ("/v1/chat/completions", f'{{"messages": [{{"role": "user", "content": {HALF}}}]}}'),
        (
            "/v1/chat/completions",
            f'{{"messages": [{{"role": "user", "content": {HALF}}}], "stream": true}}',
        ),
        (
            "/mcp",
            f'{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {{"name": {HALF}}}}}',
        ),
    ],
)
def test_half_a_character_is_refused_in_words(served: Served, path: str, body: str) -> None:
    method = "PUT" if "members" in path else "POST"
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    reply = httpx.request(method, f"{served.address}{path}", content=body, headers=headers)
    assert 400 <= reply.status_code < 500
    if path != "/mcp":
        error = reply.json()["error"]
        message = error["message"] if isinstance(error, dict) else error
        assert "half a character" in message
