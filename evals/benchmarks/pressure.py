"""Pressure benchmark: a shared chat's memory and ``/healthz`` under many requests and large ones.

``python -m evals.benchmarks.pressure`` serves the sample document in quotes mode, in a process of
its own for each kind of pressure: 200 questions from 40 connections, each with name and password;
80 sign-ins at once with the right password; and bodies of 300 MB to the API and, without sign-in,
to the widget. Prints a line for each: replies by status, seconds, the memory of the process before
and at the most, and the longest wait for ``/healthz``. Linux only.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from app.service.access.users import Users
from evals.benchmarks.many_users import facts, wait_until_ready
from evals.measures.intervals import percentile

PORT = 7898
PATIENT = httpx.Timeout(300)
PASSWORD = "a benchmark's password"
PEOPLE = [f"reader{number}" for number in range(10)]
"""Each may have five questions in progress."""
QUESTIONS, CONNECTIONS, SIGN_INS, MEGABYTES = 200, 40, 80, 300
POLL_S = 0.05
Send = Callable[[str], Sequence[tuple[float, int]]]
"""Sends requests to an address; seconds and status of each reply."""


@dataclass(frozen=True, slots=True)
class ChatProcess:
    """A chat in a process of its own."""

    address: str
    process: int

    def memory(self, name: str) -> float:
        """A figure of the process in MB: ``VmRSS`` is what it has, ``VmHWM`` the most it had."""
        status = Path(f"/proc/{self.process}/status").read_text()
        match = re.search(rf"{name}:\s+(\d+) kB", status)
        return int(match[1]) / 1024 if match else 0.0


@contextmanager
def chat(port: int) -> Iterator[ChatProcess]:
    """A chat about the sample that people sign in to, with the widget open."""
    with TemporaryDirectory(prefix="footnote-pressure-") as folder:
        data = ["--data", folder]
        footnote = [sys.executable, "-m", "app"]
        subprocess.run([*footnote, "ingest", "--sample", *data], check=True, capture_output=True)
        for name in PEOPLE:
            Users(Path(folder)).add(name, PASSWORD)
        command = [*footnote, "chat", "--model", "none", "--host", "0.0.0.0", "--port", str(port)]
        environment = os.environ | {"FOOTNOTE_WIDGET_ORIGINS": "https://www.example.org"}
        server = subprocess.Popen(
            [*command, *data], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address)
            yield ChatProcess(address, server.pid)
        finally:
            server.terminate()
            server.wait(30)


@contextmanager
def watched(address: str) -> Iterator[list[float]]:
    """How long each ``/healthz`` took, in seconds, asked all the time."""
    took: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        with httpx.Client(timeout=PATIENT) as client:
            while not ended.wait(POLL_S):
                began = time.perf_counter()
                client.get(f"{address}/healthz")
                took.append(time.perf_counter() - began)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield took
    finally:
        ended.set()
        thread.join()


def press(name: str, port: int, send: Send) -> str:
    """The figures of one kind of pressure."""
    with chat(port) as served:
        Path(f"/proc/{served.process}/clear_refs").write_text("5")  # the most so far is forgotten
        before = served.memory("VmRSS")
        began = time.perf_counter()
        with watched(served.address) as took:
            replies = send(served.address)
        spent, most = time.perf_counter() - began, served.memory("VmHWM")
    seconds = [second for second, _ in replies]
    statuses = ", ".join(f"{n} × {code}" for code, n in Counter(c for _, c in replies).items())
    return (
        f"{name}: {statuses} in {spent:.1f} s, p50 {percentile(seconds, 50):.2f} s, "
        f"p95 {percentile(seconds, 95):.2f} s; {before:.0f} MB before, {most:.0f} MB at the most; "
        f"/healthz {max(took):.2f} s at the longest"
    )


def timed(send: Callable[[], httpx.Response]) -> tuple[float, int]:
    """How long a request took and its status; 0 if there was no reply."""
    began = time.perf_counter()
    try:
        status = send().status_code
    except httpx.HTTPError:
        status = 0
    return time.perf_counter() - began, status


def questions(address: str) -> list[tuple[float, int]]:
    """Questions from many connections, each with name and password of one of the people."""
    cases = random.Random(1).choices(facts(), k=QUESTIONS)

    def connection(number: int) -> list[tuple[float, int]]:
        who = PEOPLE[number % len(PEOPLE)], PASSWORD
        with httpx.Client(auth=who, timeout=PATIENT) as client:
            questions = [{"question": case.question} for case in cases[number::CONNECTIONS]]
            ask = partial(client.post, f"{address}/api/v1/ask")
            return [timed(partial(ask, json=one)) for one in questions]

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [one for asked in pool.map(connection, range(CONNECTIONS)) for one in asked]


def sign_ins(address: str) -> list[tuple[float, int]]:
    """Many sign-ins at once with the right password."""
    form = {"name": PEOPLE[0], "password": PASSWORD}

    def enter(_: int) -> tuple[float, int]:
        return timed(lambda: httpx.post(f"{address}/sign-in", data=form, timeout=PATIENT))

    with ThreadPoolExecutor(SIGN_INS) as pool:
        return list(pool.map(enter, range(SIGN_INS)))


def body(
    size: int, path: str, around: tuple[bytes, bytes], kind: str, address: str
) -> list[tuple[float, int]]:
    """A body of ``size`` MB to a path, sent as it is made; ``around`` is what it begins and ends
    with."""
    pieces = chain(around[:1], repeat(b"x" * 1_000_000, size), around[1:])
    auth = None if path.startswith("/widget") else (PEOPLE[0], PASSWORD)
    headers = {"Content-Type": kind}
    where = f"{address}{path}"
    return [
        timed(
            lambda: httpx.post(where, content=pieces, headers=headers, auth=auth, timeout=PATIENT)
        )
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    args = parser.parse_args()
    opens = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    file = (opens, b"\r\n--x--\r\n"), "multipart/form-data; boundary=x"
    quoted = (b'{"question": "', b'"}'), "application/json"
    large = MEGABYTES
    kinds: list[tuple[str, Send]] = [
        (f"{QUESTIONS} questions from {CONNECTIONS} connections", questions),
        (f"{SIGN_INS} sign-ins at once", sign_ins),
        (f"{large} MB as a file to the API", partial(body, large, "/api/v1/documents", *file)),
        (f"{large} MB as a question to the API", partial(body, large, "/api/v1/ask", *quoted)),
        (f"{large} MB to the widget", partial(body, large, "/widget/ask", *quoted)),
    ]
    for name, send in kinds:
        print(press(name, args.port, send), flush=True)


if __name__ == "__main__":
    main()
