"""Scale benchmark: what a question and a data folder cost at any number of passages.

``python -m evals.benchmarks.scale --passages 100000 --text FILE_OR_FOLDER --folder DIR`` fills
``DIR`` with documents recombined from the text (vectors too: ``evals.benchmarks.recombined``), then
asks questions in a process of its own, and prints JSON. A run that was cut off goes on where it
stopped, so a million passages can be made in pieces (``--minutes``). With ``--real`` the encoder
makes those of passages.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from evals.benchmarks.recombined import Corpus, RecombiningEmbedder, read_pool
from evals.measures.intervals import percentile
from ingest.document import Document
from store.embedding.embedder import Embedder
from store.embedding.open_embedder import open_embedder
from store.library import Library

POOL_SENTENCES = 20_000
ASKING_AT_ONCE = 20
"""Documents that are ingested between two looks at the clock."""
SHOWN_SHARE = 0.97
"""The share of the passages asked for that is enough: documents differ a little in length."""


def fill(args: argparse.Namespace, corpus: Corpus) -> dict[str, Any]:
    """Ingest until the library holds so many passages or the time is up; the rates of this run."""
    embedder = open_embedder(None, None)
    vectors = _pool_vectors(args.folder, corpus, embedder)
    maker = RecombiningEmbedder(embedder, corpus, vectors, real_passages=args.real)
    began = time.perf_counter()
    spent = 0.0
    passages, rate = 0, 0.0
    with _library(args, maker) as library:
        passages_there = sum(revision.passages for revision in library.documents())
        number = len(library.documents())
        while passages_there < args.passages and time.perf_counter() - began < args.minutes * 60:
            documents = _documents(corpus, number)
            first = time.perf_counter()
            reports = list(library.add_many(documents))
            spent += time.perf_counter() - first
            passages_there += sum(report.passages for report in reports)
            passages += sum(report.passages for report in reports)
            number += ASKING_AT_ONCE
            rate = passages / (spent - maker.seconds)
            print(
                f"{passages_there} passages, {rate:.0f} a second without the encoder",
                file=sys.stderr,
            )
    return {"passages": passages_there, "documents": number, "ingest_passages_per_s": round(rate)}


def _library(args: argparse.Namespace, embedder: Embedder) -> Library:
    chroma = (args.chroma, "") if args.chroma else None
    return Library.open(args.folder / "data", embedder, chroma=chroma, database=args.database)


def _documents(corpus: Corpus, first: int) -> list[Document]:
    return [corpus.document(number) for number in range(first, first + ASKING_AT_ONCE)]


def _pool_vectors(folder: Path, corpus: Corpus, embedder: Embedder) -> Any:
    """Vectors of the pool's sentences, kept next to the library."""
    import numpy as np

    kept = folder / "pool.npy"
    if kept.is_file() and len(kept_vectors := np.load(kept)) == len(corpus.pool):
        return kept_vectors
    print(f"embedding {len(corpus.pool)} sentences", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    vectors = embedder.encode_documents(corpus.pool)
    np.save(kept, vectors)
    return vectors


def ask(args: argparse.Namespace, corpus: Corpus) -> dict[str, Any]:
    """Open the library as a chat does, search and answer, and look at the memory."""
    from app.answering.pipeline import Answerer
    from app.settings import Settings

    questions = args.questions
    began = time.perf_counter()
    with _library(args, open_embedder(None, None)) as library:
        documents = len(library.documents())
        library.search("What opens the library?")
        opened = time.perf_counter() - began
        asked = [corpus.question(number, documents) for number in range(2 * questions)]
        answerer = Answerer(library, Settings(data=args.folder / "data"), None)
        searched = list(_each(library.search, asked[:questions]))
        answered = list(_each(answerer.answer, asked[questions:]))
        parts = _parts(library, asked[:questions])
    return {
        "open_s": round(opened, 2),
        "search_ms": _told(searched),
        "question_ms": _told(answered),
        "parts_ms": parts,
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _each(work: Callable[[str], Any], questions: Sequence[str]) -> Iterator[float]:
    work("What warms the models?")
    for question in questions:
        began = time.perf_counter()
        work(question)
        yield (time.perf_counter() - began) * 1000


def _parts(library: Library, questions: Sequence[str]) -> dict[str, Any]:
    """Milliseconds of what a search is made of, and of the search of somebody who may read every
    document but might not: it counts words and ranks by what they may read."""
    reader = library.within(library.collection_names())
    ways: dict[str, Callable[[str], Any]] = {
        "words": lambda question: library.search(question, mode="lexical"),
        "vectors": lambda question: library.search(question, mode="dense"),
        "rarity": lambda question: library.idf(question.split()),
        "documents": lambda _: library.documents(),
        "search as a reader": reader.search,
        "rarity for a reader": lambda question: reader.idf(question.split()),
    }
    return {name: _told(list(_each(way, questions))) for name, way in ways.items()}


def _told(spent: Sequence[float]) -> dict[str, float]:
    return {name: round(percentile(spent, at), 1) for name, at in (("p50", 50), ("p95", 95))}


def disk(folder: Path, database: str) -> dict[str, int]:
    """Bytes of the catalogue, in the PostgreSQL ``database`` if one is named, and of the vectors'
    index."""
    sizes = {"catalogue": 0, "vectors": 0}
    for file in (folder / "data").rglob("*"):
        if file.is_file():
            within = file.relative_to(folder / "data").parts[0]
            sizes["vectors" if within.startswith("vectors") else "catalogue"] += file.stat().st_size
    if database:
        with create_engine(database).connect() as db:
            size = db.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
            sizes["catalogue"] = int(size)
    return sizes


def main() -> None:
    """Fill, ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--text", type=Path, nargs="+", required=True, help="Files or folders.")
    parser.add_argument("--folder", type=Path, required=True, help="Where the library is made.")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=600.0, help="Stop filling after so long.")
    parser.add_argument(
        "--real", action="store_true", help="Make passages' vectors by the encoder: slow."
    )
    parser.add_argument("--database", default="", help="The address of a PostgreSQL database.")
    parser.add_argument("--chroma", default="", help="The address of a Chroma server.")
    parser.add_argument("--ask", action="store_true", help="Only ask.")
    args = parser.parse_args()
    corpus = Corpus(read_pool(args.text, POOL_SENTENCES))
    if args.ask:
        print(json.dumps(ask(args, corpus)))
        return
    filled = fill(args, corpus)
    if filled["passages"] < SHOWN_SHARE * args.passages:
        sys.exit(f"{filled['passages']} passages so far; run the same command again to go on.")
    again = [sys.executable, "-m", "evals.benchmarks.scale", *sys.argv[1:], "--ask"]
    asked = json.loads(subprocess.run(again, check=True, stdout=subprocess.PIPE).stdout)
    each = {
        f"{name}_bytes_a_passage": round(size / filled["passages"])
        for name, size in disk(args.folder, args.database).items()
    }
    print(json.dumps({**filled, **asked, **each, "cpus": os.cpu_count()}, indent=1))


if __name__ == "__main__":
    main()
