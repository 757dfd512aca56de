"""Load benchmark: many users asking one chat at once, over HTTP on loopback.

``python -m evals.benchmarks.many_users --people 30 --rounds 3`` serves the sample document in
quotes mode in a process of its own and measures one person alone, then all at once. With
``--think`` people wait that many seconds on average between two questions, as readers do; without,
they never pause.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from evals.datasets.case import Case
from evals.datasets.matching import stands_in
from evals.datasets.question_sets import load_set
from evals.measures.intervals import percentile

PORT = 7899
TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """One question of one person: how long it took in seconds, and whether the answer was right.

    ``status`` is the HTTP status, 0 if there was no reply.
    """

    seconds: float
    status: int
    right: bool


def ask(client: httpx.Client, address: str, case: Case) -> TimedAnswer:
    """Ask one question over the API."""
    began = time.perf_counter()
    try:
        reply = client.post(f"{address}/api/v1/ask", json={"question": case.question})
    except httpx.HTTPError:
        return TimedAnswer(time.perf_counter() - began, 0, False)
    spent = time.perf_counter() - began
    right = reply.status_code == 200 and _right(case, reply.json())
    return TimedAnswer(spent, reply.status_code, right)


def _right(case: Case, payload: dict[str, Any]) -> bool:
    reply = str(payload["answer"])
    groups = case.answers
    return not payload["refused"] and all(any(stands_in(w, reply) for w in g) for g in groups)


def together(address: str, cases: Sequence[Case], people: int, rounds: int, think: float,
             seed: int = 1) -> list[TimedAnswer]:  # fmt: skip
    """Everybody asks ``rounds`` questions, each their own way through the cases."""

    def person(number: int) -> list[TimedAnswer]:
        rng = random.Random(seed * 1000 + number)
        with httpx.Client(timeout=TIMEOUT_S) as client:
            asked = []
            for _ in range(rounds):
                if think:
                    time.sleep(rng.expovariate(1 / think))
                asked.append(ask(client, address, rng.choice(cases)))
            return asked

    with ThreadPoolExecutor(people) as pool:
        return [one for asked in pool.map(person, range(people)) for one in asked]


def facts() -> list[Case]:
    """Plain questions of the shipped set, which quotes answer."""
    return [case for case in load_set("briefing").cases if case.kind == "fact" and not case.turns]


@contextmanager
def chat(port: int) -> Iterator[str]:
    """A chat about the sample in quotes mode, in a process of its own; its address."""
    with TemporaryDirectory(prefix="footnote-load-") as folder:
        data = ["--data", str(Path(folder))]
        footnote = [sys.executable, "-m", "app"]
        subprocess.run([*footnote, "ingest", "--sample", *data], check=True, capture_output=True)
        command = [*footnote, "chat", "--model", "none", "--port", str(port), *data]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address)
            yield address
        finally:
            server.terminate()
            server.wait(20)


def wait_until_ready(address: str, limit_s: float = 300.0) -> None:
    """Return once the chat there answers questions; TimeoutError after ``limit_s`` seconds."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{address}/readyz").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.3)
    raise TimeoutError(f"Nothing is ready at {address}.")


def summary_line(name: str, asked: Sequence[TimedAnswer]) -> str:
    """A line of figures."""
    spent = [one.seconds for one in asked]
    errors = sum(one.status != 200 for one in asked)
    right = sum(one.right for one in asked) / len(asked)
    return (
        f"{name}: {len(asked)} questions, {errors} errors, {right:.2f} right, "
        f"p50 {percentile(spent, 50):.2f} s, p95 {percentile(spent, 95):.2f} s, "
        f"most {max(spent):.2f} s"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--think", type=float, default=0.0, help="mean seconds between questions")
    parser.add_argument("--port", type=int, default=PORT)
    args = parser.parse_args()
    cases = facts()
    with chat(args.port) as address:
        together(address, cases, 1, 5, 0)
        alone = together(address, cases, 1, 20, 0)
        many = together(address, cases, args.people, args.rounds, args.think)
    print(summary_line("alone", alone))
    print(summary_line(f"{args.people} at once", many))
    once = percentile([one.seconds for one in alone], 50)
    p95 = percentile([one.seconds for one in many], 95)
    print(f"p95 is {p95 / once:.1f} times the median of one person alone")


if __name__ == "__main__":
    main()
