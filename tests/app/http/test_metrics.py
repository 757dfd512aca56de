"""Metrics and logs: what came of questions, never what they were; told to whom it concerns."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.http import logs
from app.service.access.users import Users
from app.service.query_telemetry import QueryObservation
from evals.benchmarks.many_users import wait_until_ready
from ingest.load import load
from ingest.samples import sample_path
from store.library import Library
from tests.support.browser import Served, free_port, start
from tests.support.page_calls import PageCalls

QUESTION = "How many times did President Aliyev visit Central Asian countries?"
OFF_TOPIC = "How deep is the Mariana Trench?"
PASSWORD = "correct horse battery"


@pytest.fixture
def chat(library: Library) -> Iterator[Served]:
    library.add(load(sample_path()))
    served = start(library)
    yield served
    served.stop()


def ask(chat: Served, question: str) -> Any:
    return httpx.post(f"{chat.address}/api/v1/ask", json={"question": question}, timeout=120).json()


def samples(chat: Served, **headers: str) -> dict[tuple[str, ...], float]:
    """Each sample by its name and its labels' values."""
    text = httpx.get(f"{chat.address}/metrics", headers=headers).raise_for_status().text
    assert QUESTION not in text
    return {
        (sample.name, *(v for k, v in sorted(sample.labels.items()) if k != "le")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def test_questions_are_counted_by_what_came_of_them(chat: Served) -> None:
    assert ("footnote_questions_total", "none", "answered") not in samples(chat)
    assert not ask(chat, QUESTION)["refused"]
    assert ask(chat, OFF_TOPIC)["refused"]
    assert "error" in ask(chat, "?")
    asked = chat.engine.stream(QUESTION, None, ())
    next(asked)
    asked.close()  # type: ignore[attr-defined]
    found = samples(chat)
    for outcome in ("answered", "refused", "failed", "stopped"):
        assert found["footnote_questions_total", "none", outcome] == 1, outcome
    assert found["footnote_question_seconds_count", "none"] == 4
    assert found["footnote_evidence_seconds_count", "none"] == 3
    assert found["footnote_question_seconds_sum", "none"] > 0
    assert found["footnote_ready",] == 1
    assert found["footnote_waiting",] == 0
    assert found["process_resident_memory_bytes",] > 1e6


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        ("", "", 404),
        ("", "Bearer x", 404),
        ("s3cret", "", 401),
        ("s3cret", "Bearer wrong", 401),
        ("s3cret", "Bearer gehëim", 401),
        ("s3cret", "Bearer s3cret", 200),
    ],
)
def test_beyond_loopback_metrics_need_their_token(
    library: Library, token: str, given: str, status: int
) -> None:
    Users(library.folder).add("ada", PASSWORD)
    chat = start(library, host="0.0.0.0", metrics_token=token)
    headers = {"Authorization": given.encode()} if given else {}
    assert httpx.get(f"{chat.address}/metrics", headers=headers).status_code == status
    signed_in = httpx.get(f"{chat.address}/metrics", auth=("ada", PASSWORD))
    assert signed_in.status_code in (401, 404)
    chat.stop()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, as JSON; the logging of before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    logging.basicConfig(handlers=handlers or None, level=level, force=True)
    for name in logs.OUR_PACKAGES:
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_logs_are_json_lines(written: io.StringIO, chat: Served) -> None:
    chat.engine.observers.append(logs.log_question)
    ask(chat, QUESTION)
    logging.getLogger("app.test").info("two\nlines with “quotes”", extra={"size": 3})
    logging.getLogger("another.package").info("not told")
    try:
        raise ValueError("it broke")
    except ValueError:
        logging.getLogger("another.package").exception("told")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    question = next(line for line in lines if line["logger"] == "app.http.logs")
    assert question["message"] == "a question was answered"
    assert (question["outcome"], question["model"], question["user"]) == ("answered", "none", "")
    assert 0 < question["evidence_s"] <= question["seconds"]
    assert QUESTION not in written.getvalue()
    ours, theirs = (next(x for x in lines if x["logger"] == n)
                    for n in ("app.test", "another.package"))  # fmt: skip
    assert (ours["message"], ours["size"], ours["level"]) == ("two\nlines with “quotes”", 3, "info")
    assert ours["time"].endswith("+00:00")
    assert "ValueError: it broke" in theirs["error"]
    assert not [line for line in lines if line["message"] == "not told"]


def test_a_question_without_evidence_is_logged_too(written: io.StringIO) -> None:
    logs.log_question(QueryObservation("busy", "none", "ada", 0.123456, None))
    (line,) = map(json.loads, written.getvalue().splitlines())
    assert (line["seconds"], line["evidence_s"], line["user"]) == (0.123, None, "ada")


def test_what_libraries_print_is_json_lines_too() -> None:
    """Gradio prints tracebacks, Python prints warnings and what threads died of."""
    program = """
import sys, threading, traceback, warnings
from app.http import logs
logs.configure()
warnings.warn("an old way")
print("plain", "words", file=sys.stderr)
def fails():
    try:
        try:
            1 / 0
        except ZeroDivisionError as error:
            raise ValueError("it broke") from error
    except ValueError:
        traceback.print_exc()
threads = [threading.Thread(target=fails) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
dies = threading.Thread(target=lambda: int("x"))
dies.start()
dies.join()
sys.stderr.write("half a ")
sys.stderr.write("line\\n")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    messages = [line["message"] for line in lines]
    assert {"plain words", "half a line"} <= set(messages)
    assert any("an old way" in message for message in messages)
    broke = [line for line in lines if line["message"] == "ValueError: it broke"]
    assert len(broke) == 8 and all(one["error"].startswith("Traceback") for one in broke)
    assert any("invalid literal" in message for message in messages)


def test_a_chat_that_logs_json_prints_nothing_else(tmp_path: Path) -> None:
    """Also where Gradio fails at what a page sends, and prints why."""
    port = free_port()
    command = [sys.executable, "-m", "footnote", "chat", "--data", str(tmp_path), "--model", "none"]
    environment = os.environ | {"FOOTNOTE_LOG": "json"}
    server = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=environment, text=True,
    )  # fmt: skip
    try:
        wait_until_ready(f"http://127.0.0.1:{port}")
        page = PageCalls(f"http://127.0.0.1:{port}")
        for handler in page.handlers():
            if handler["inputs"] and handler["queue"] is False:
                page.send(handler, {"not": "what it takes"})
        page.send(page.named("ask"), ["not what it takes"])
        assert page.results()
    finally:
        server.terminate()
        _, printed = server.communicate(timeout=60)
    lines = [json.loads(line) for line in printed.splitlines()]
    assert any("Traceback" in line.get("error", "") for line in lines if line["logger"] == "stderr")
