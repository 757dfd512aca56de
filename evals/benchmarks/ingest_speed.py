"""Ingest benchmark: ingest speed and that of the bare encoder on the same texts in the same run.

``python -m evals.benchmarks.ingest_speed [--documents 1000]`` writes generated Markdown files, and
then for slices of a hundred of them, by turns, encodes their passages with the embedding model
alone and takes the files in. So both meet the same load of the machine. At the end everything is
ingested once more, unchanged. Prints JSON; exits with 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from ingest.language.sentences import prose_sentences
from ingest.load import load
from ingest.split import split
from store.embedding.embedder import Embedder
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.indexing.indexer import embedded_text
from store.library import Library

DOCUMENTS_PER_SLICE = 100
LEAST_SPEED = 0.9
MOST_AGAIN = 0.02
MOST_MEMORY_MB = 1500

_WHO = ("the harbour master", "a surveyor", "the town council", "an old ferryman", "her deputy")
_DID = ("measured", "counted", "repaired", "painted", "described", "sold", "moved", "insured")
_WHAT = (
    "the northern breakwater",
    "seven iron lamps",
    "a ledger of tolls",
    "the salt barn",
    "two survey boats",
    "a row of cottages",
    "the winter timetable",
)
_HOW = (
    "before the first frost",
    "with borrowed tools",
    "for a third of the price",
    "although nobody asked",
    "while the ferry waited",
    "in front of forty visitors",
)
_WHY = (
    "because the channel had silted up",
    "so that larger ships could turn",
    "to settle a wager with the neighbouring port",
    "until the insurers were satisfied",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of each way, passages, and the most memory that the process held (MB)."""

    documents: int
    passages: int
    encoder_s: float
    ingest_s: float
    again_s: float
    memory_mb: float

    @property
    def speed(self) -> float:
        """Ingest's speed as a share of the bare encoder's."""
        return self.encoder_s / self.ingest_s

    def failures(self) -> Iterator[str]:
        """The bars that are missed."""
        if self.speed < LEAST_SPEED:
            yield f"ingest runs at {self.speed:.3f} of the encoder's speed, below {LEAST_SPEED}"
        if self.again_s > MOST_AGAIN * self.ingest_s:
            yield f"an unchanged ingest takes {self.again_s / self.ingest_s:.3f} of the time"
        if self.memory_mb > MOST_MEMORY_MB:
            yield f"{self.memory_mb:.0f} MB of memory, above {MOST_MEMORY_MB}"


def sentence(rng: random.Random) -> str:
    """A generated sentence."""
    parts = [rng.choice(words) for words in (_WHO, _DID, _WHAT, _HOW, _WHY)]
    text = f"In {rng.randint(1701, 1999)} {' '.join(parts[:4])}"
    return f"{text}, {parts[4]}." if rng.random() < 0.5 else f"{text}."


def write_documents(folder: Path, count: int, seed: int) -> list[Path]:
    """Markdown files of four sections with three paragraphs each; equal for an equal seed."""
    rng = random.Random(seed)
    files = []
    for number in range(count):
        parts = [f"# Chronicle {number} of the ports"]
        for section in range(4):
            parts.append(f"## Chapter {section + 1}: {rng.choice(_WHAT)}")
            parts += [" ".join(sentence(rng) for _ in range(rng.randint(4, 8))) for _ in range(3)]
        files.append(folder / f"{number:05}.md")
        files[-1].write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return files


def measure(folder: Path, files: Sequence[Path]) -> Figures:
    """Ingests the files, and encodes the same texts alone."""
    embedder = SentenceTransformerEmbedder()
    embedder.encode_documents(["The model is loaded before the clock starts."])
    passages, encoder_s, ingest_s = 0, 0.0, 0.0
    with Library.open(folder, embedder) as library:
        for number, first in enumerate(range(0, len(files), DOCUMENTS_PER_SLICE)):
            some = files[first : first + DOCUMENTS_PER_SLICE]
            texts = passage_texts(embedder, some)
            passages += len(texts)
            ways = (False, True) if number % 2 else (True, False)
            for alone in ways:
                began = perf_counter()
                if alone:
                    encode(embedder, texts)
                    encoder_s += perf_counter() - began
                else:
                    take_in(library, some, "added")
                    ingest_s += perf_counter() - began
            tell(first + len(some), len(files), encoder_s / ingest_s)
        began = perf_counter()
        take_in(library, files, "unchanged")
        again_s = perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figures(len(files), passages, encoder_s, ingest_s, again_s, memory)


def passage_texts(embedder: Embedder, files: Sequence[Path]) -> list[list[str]]:
    """For each passage of the files what is embedded: its text in context, and its sentences."""
    return [
        [embedded_text(passage), *prose_sentences(passage.text)]
        for file in files
        for passage in split(load(file), embedder.count_tokens, embedder.max_tokens)
    ]


def encode(embedder: SentenceTransformerEmbedder, passages: Sequence[Sequence[str]]) -> None:
    """The bare encoder: one call for all texts, each once; it sorts by length itself."""
    embedder.encode_documents(list(dict.fromkeys(text for texts in passages for text in texts)))


def take_in(library: Library, files: Sequence[Path], status: str) -> None:
    """Ingest, as the command does it."""
    for report in library.add_many(load(file) for file in files):
        assert report.status == status, report


def tell(done: int, total: int, speed: float) -> None:
    """One line of progress on the error stream."""
    print(f"{done}/{total} documents, {speed:.3f} of the encoder's speed", file=sys.stderr)


def main() -> int:
    """The command: measure and print."""
    parser = argparse.ArgumentParser(description="Measure the speed of ingest.")
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="footnote-speed-") as folder:
        root = Path(folder)
        (root / "files").mkdir()
        files = write_documents(root / "files", options.documents, options.seed)
        figures = measure(root / "data", files)
    shown = {
        "documents": figures.documents,
        "passages": figures.passages,
        "encoder_s": round(figures.encoder_s, 2),
        "ingest_s": round(figures.ingest_s, 2),
        "speed": round(figures.speed, 3),
        "passages_per_s": round(figures.passages / figures.ingest_s, 1),
        "again_s": round(figures.again_s, 3),
        "again_share": round(figures.again_s / figures.ingest_s, 4),
        "memory_mb": round(figures.memory_mb),
    }
    print(json.dumps(shown, indent=1))
    failures = list(figures.failures())
    for failure in failures:
        print(f"Below the bar: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
