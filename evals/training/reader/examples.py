"""Training data of the reader: its sources, and what of them is held out.

Two kinds of example share one encoder: *reading* (question, passage, answer span or none) and
*support* (claim, premise, label). Sources and licences travel with the examples so that the model
card can name them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUPPORT_LABELS = ("supported", "contradicted", "neither")
NO_SPAN = -1

# Unanswerable questions that people wrote: the ones closest to what a refusal must learn.
BY_PEOPLE = ("squad2", "condaqa", "timeqa")
# Of a hundred passages, so many (of those under questions by people, more) only measure.
HELD_OUT, HELD_OUT_BY_PEOPLE = 4, 20


@dataclass(frozen=True)
class Example:
    """One training pair. ``first`` is the question or claim, ``second`` the passage or premise.

    ``start``/``end`` are character offsets into ``second`` (``NO_SPAN`` if there is none),
    ``answerable`` is None for support pairs, ``support`` (index into SUPPORT_LABELS) for reading.
    """

    first: str
    second: str
    source: str
    licence: str
    start: int = NO_SPAN
    end: int = NO_SPAN
    answerable: bool | None = None
    support: int | None = None


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSONL file, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def _reading(path: Path) -> Iterator[Example]:
    for row in read_jsonl(path):
        answer = row["answers"][0] if row["answers"] else None
        start = answer["start"] if answer else NO_SPAN
        end = start + len(answer["text"]) if answer else NO_SPAN
        yield Example(
            row["question"],
            row["passage"],
            row["source"],
            row["licence"],
            start,
            end,
            bool(row["answerable"]),
        )


def _support(path: Path) -> Iterator[Example]:
    for row in read_jsonl(path):
        yield Example(
            row["claim"],
            row["premise"],
            row["source"],
            row["licence"],
            support=SUPPORT_LABELS.index(row["label"]),
        )


def _xquad(folder: Path) -> Iterator[Example]:
    """The public set wikipedia-32: questions over paragraphs that an empty line parts."""
    for row in read_jsonl(folder / "questions.jsonl"):
        text = (folder / "documents" / row["document"]).read_text(encoding="utf-8")
        passage = text.strip().split("\n\n")[row["paragraph"]]
        start = passage.find(row["answers"][0])
        if start >= 0:
            yield Example(
                row["question"],
                passage,
                "xquad-en",
                "CC BY-SA 4.0",
                start,
                start + len(row["answers"][0]),
                True,
            )


def _yes_no(path: Path) -> Iterator[Example]:
    """Questions for yes or no as support pairs: the passage supports a yes, contradicts a no."""
    for row in read_jsonl(path):
        label = SUPPORT_LABELS.index("supported" if row["answer"] == "yes" else "contradicted")
        source = f"{row['source']}-yesno"
        yield Example(row["question"], row["passage"], source, row["licence"], support=label)


LEFT_OUT_SOURCES = ("bump", "fool-me-twice")
"""Sources that made verdicts on other sets worse (FIGURES): nearly all of the one is contradicted,
the other was written to mislead."""


def load_examples(training: Path, wikipedia_32: Path) -> list[Example]:
    """All examples but those of ``LEFT_OUT_SOURCES``, in the order of the files."""
    everything = [
        *_reading(training / "reader.jsonl.gz"),
        *_reading(training / "reader-more.jsonl.gz"),
        *_xquad(wikipedia_32),
        *_support(training / "support.jsonl.gz"),
        *_support(training / "support-more.jsonl.gz"),
        *_yes_no(training / "condaqa-yesno.jsonl.gz"),
    ]
    return [e for e in everything if not e.source.startswith(LEFT_OUT_SOURCES)]


def by_people(example: Example) -> bool:
    """Whether people wrote the question so that its passage does not answer it."""
    return example.answerable is False and example.source.startswith(BY_PEOPLE)


def is_held_out(example: Example) -> bool:
    """Whether an example only measures: a passage's hash decides, so none is on both sides."""
    digest = int(hashlib.md5(example.second.encode(), usedforsecurity=False).hexdigest(), 16)
    squad2 = by_people(example) and example.source.startswith("squad2")
    return digest % 100 < (HELD_OUT_BY_PEOPLE if squad2 else HELD_OUT)
