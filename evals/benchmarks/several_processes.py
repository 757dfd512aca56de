"""Several-processes benchmark: many people on several chats behind nginx, while every document
changes and one of the chats is killed.

``python -m evals.benchmarks.several_processes --database URL --chroma URL`` ingests documents into
an empty PostgreSQL database and a Chroma server, starts the chats and nginx (with
``.deploy/nginx.conf``), has people ask who signed in, and halfway ingests every document changed
and kills a chat. Each answer must be right for the revision that it cites, cite one revision of a
document, quote it exactly, and be kept. Prints JSON; exits with 1 if one is not so. It needs
``nginx``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from app.service.access.users import Users
from evals.benchmarks.many_users import wait_until_ready
from evals.measures.intervals import percentile
from store.embedding.open_embedder import open_embedder
from store.library import Library

PASSWORD = "a benchmark's password"
CONFIGURATION = Path(__file__).parents[2] / ".deploy" / "nginx.conf"
FIRST_PORT, PROXY_PORT = 7910, 7909
TIMEOUT_S = 300.0
_SYLLABLES = ("kar", "sol", "vin", "tem", "bro", "lus", "mar", "dek", "fon", "gri")


@dataclass(frozen=True, slots=True)
class Bridge:
    """One document: a bridge, whose toll differs in each revision."""

    number: int

    @property
    def name(self) -> str:
        """Its name, which no other has."""
        return "".join(list(product(_SYLLABLES, repeat=3))[self.number]).capitalize()

    @property
    def question(self) -> str:
        """What people ask about it."""
        return f"What is the toll of the {self.name} bridge?"

    def toll(self, revision: int) -> int:
        """Its toll in a revision, from 1."""
        return 100 + (self.number * 37 + revision * 411) % 900

    def text(self, revision: int) -> str:
        """The document."""
        return (
            f"# {self.name}\n\nThe {self.name} bridge has {self.number % 7 + 2} arches. "
            f"The toll of the {self.name} bridge is {self.toll(revision)} crowns.\n"
        )


@dataclass
class QuestionLog:
    """What came of the questions."""

    seconds: list[float] = field(default_factory=list)
    answers: list[tuple[Bridge, dict[str, Any]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def ask(self, client: httpx.Client, bridge: Bridge) -> None:
        """Ask one question."""
        began = time.perf_counter()
        try:
            reply = client.post("/api/v1/ask", json={"question": bridge.question})
            reply.raise_for_status()
        except httpx.HTTPError as error:
            self.errors.append(f"{type(error).__name__}: {error}")
            return
        self.seconds.append(time.perf_counter() - began)
        self.answers.append((bridge, reply.json()))

    def told(self) -> dict[str, Any]:
        """How long it took, in seconds."""
        figures = {f"p{p}_s": round(percentile(self.seconds, p), 2) for p in (50, 95)}
        return {"questions": len(self.seconds) + len(self.errors), **figures}


def write(folder: Path, bridges: Sequence[Bridge], revision: int) -> None:
    """Write every document in a revision."""
    folder.mkdir(exist_ok=True)
    for bridge in bridges:
        file = folder / f"{bridge.name}.md"
        file.write_text(bridge.text(revision), encoding="utf-8")


def footnote(*arguments: str | Path) -> list[str]:
    """A command of Footnote."""
    return [sys.executable, "-m", "app", *map(str, arguments)]


@contextmanager
def chats(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many chat processes, ready to answer."""
    ports = range(FIRST_PORT, FIRST_PORT + count)
    options = ("--host", "0.0.0.0", "--model", "none", "--no-open")
    started = [
        subprocess.Popen(footnote("chat", *options, "--port", str(port)), stdout=subprocess.DEVNULL)
        for port in ports
    ]
    try:
        for port in ports:
            wait_until_ready(f"http://127.0.0.1:{port}")
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)


@contextmanager
def proxy(folder: Path, count: int) -> Iterator[str]:
    """nginx in front of the chats; its address."""
    servers = "".join(
        f"server 127.0.0.1:{FIRST_PORT + n} max_fails=1 fail_timeout=5s;" for n in range(count)
    )
    text = CONFIGURATION.read_text(encoding="utf-8")
    text = re.sub(r"server chat:7860[^;]*;", servers, text)
    text = text.replace("listen 8080;", f"listen {PROXY_PORT};")
    text = f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n" + text.replace(
        "http {", f"http {{ access_log off; client_body_temp_path {folder}/body; ", 1
    )
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{PROXY_PORT}"
        wait_until_ready(address)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def signed_in(address: str, name: str) -> httpx.Client:
    """A client of somebody who signed in."""
    client = httpx.Client(base_url=address, timeout=TIMEOUT_S)
    reply = client.post("/sign-in", data={"name": name, "password": PASSWORD})
    assert reply.status_code == 303, reply.text
    return client


def everybody(
    clients: Sequence[httpx.Client], bridges: Sequence[Bridge], rounds: int, think_s: float
) -> Iterator[QuestionLog]:
    """Everybody asks ``rounds`` questions; yields while they do, and when all are done."""
    log = QuestionLog()

    def person(number: int) -> None:
        rng = random.Random(number)
        for _ in range(rounds):
            time.sleep(rng.expovariate(1 / think_s))
            log.ask(clients[number], rng.choice(bridges))

    with ThreadPoolExecutor(len(clients)) as pool:
        people = [pool.submit(person, number) for number in range(len(clients))]
        while not all(one.done() for one in people):
            yield log
            time.sleep(0.1)
        for one in people:
            one.result()
    yield log


def faults(library: Library, asked: QuestionLog) -> dict[str, int]:
    """How many answers are not as they must be."""
    kept = {answer.id for answer in library.answers(ids=[a["id"] for _, a in asked.answers])}
    counts = {"wrong": 0, "refused": 0, "two_revisions": 0, "inexact": 0, "not_kept": 0}
    for bridge, answer in asked.answers:
        counts["refused"] += bool(answer["refused"])
        counts["wrong"] += not answer["refused"] and not _right(library, bridge, answer)
        cited = {(c["document"], c["revision"]) for c in answer["citations"]}
        counts["two_revisions"] += len(cited) != len({document for document, _ in cited})
        counts["inexact"] += not all(_exact(library, c) for c in answer["citations"])
        counts["not_kept"] += answer["id"] not in kept
    return counts


def _right(library: Library, bridge: Bridge, answer: Mapping[str, Any]) -> bool:
    texts = [library.text(c["revision"]) for c in answer["citations"]]
    tolls = {str(bridge.toll(n)) for n in (1, 2) if bridge.text(n) in texts}
    return bool(tolls & set(re.findall(r"\d+", answer["answer"])))


def _exact(library: Library, citation: Mapping[str, Any]) -> bool:
    text = library.text(citation["revision"])
    return bool(text[citation["start"] : citation["end"]] == citation["quote"])


def measure(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Everything; what was measured."""
    bridges = [Bridge(number) for number in range(args.documents)]
    documents = folder / "bridges"
    write(documents, bridges, 1)
    subprocess.run(footnote("ingest", documents), check=True, stdout=subprocess.DEVNULL)
    users = Users(folder / "data", args.database)
    names = [f"person{number}" for number in range(args.people)]
    for name in names:
        users.add(name, PASSWORD)
    with ExitStack() as opened:
        running = opened.enter_context(chats(args.processes))
        address = opened.enter_context(proxy(folder, args.processes))
        clients = [signed_in(address, name) for name in names]
        alone = QuestionLog()
        for bridge in bridges[:20]:
            alone.ask(clients[0], bridge)
        changing: subprocess.Popen[bytes] | None = None
        killed = False
        whole = args.people * args.rounds
        for asked in everybody(clients, bridges, args.rounds, args.think):
            done = len(asked.seconds)
            if changing is None and done >= whole // 5:
                write(documents, bridges, 2)
                ingest = footnote("ingest", documents)
                changing = subprocess.Popen(ingest, stdout=subprocess.DEVNULL)
            if not killed and done >= whole // 2:
                running[1].kill()
                killed = True
        assert changing is not None
        ingested_after = changing.poll() is None
        changing.wait(600)
    library = Library.open(
        folder / "data", open_embedder(), database=args.database, chroma=(args.chroma, "")
    )
    with library:
        numbers = [revision.number for revision in library.documents()]
        cited = {c["revision"] for _, a in asked.answers for c in a["citations"]}
        now = {revision.id for revision in library.documents()}
        return {
            "people": args.people, "processes": args.processes, "alone": alone.told(),
            "together": asked.told(), "errors": asked.errors[:5], **faults(library, asked),
            "answers_of_new_revisions": len(cited & now), "answers_of_old_ones": len(cited - now),
            "documents_changed": sum(number == 2 for number in numbers),
            "ingest_outlasted_the_questions": ingested_after, "cpus": os.cpu_count(),
        }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True, help="An empty PostgreSQL database.")
    parser.add_argument("--chroma", required=True, help="The address of a Chroma server.")
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--think", type=float, default=3.0, help="mean seconds between questions")
    args = parser.parse_args()
    with TemporaryDirectory(prefix="footnote-processes-") as folder:
        os.environ.update(
            FOOTNOTE_DATA=str(Path(folder) / "data"),
            FOOTNOTE_DATABASE=args.database,
            FOOTNOTE_CHROMA=args.chroma,
        )
        figures = measure(args, Path(folder))
    print(json.dumps(figures, indent=1))
    bad = ("wrong", "two_revisions", "inexact", "not_kept")
    sys.exit(bool(figures["errors"] or any(figures[name] for name in bad)))


if __name__ == "__main__":
    main()
