"""Training data of the reader: its sources, what is held out, and cutting into windows.

Two kinds of example share one encoder: *reading* (question, passage, answer span or none) and
*support* (claim, premise, label). Sources and licences travel with the examples so that the model
card can name them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

SUPPORT_LABELS = ("supported", "contradicted", "neither")
NO_SPAN = -1

# Unanswerable questions that people wrote: the ones closest to what a refusal must learn.
BY_PEOPLE = ("squad2", "condaqa", "timeqa")
# Of a hundred passages, so many (of those under questions by people, more) only measure.
HELD_OUT, HELD_OUT_BY_PEOPLE = 4, 20


@dataclass(frozen=True)
class Example:
    """One training pair. ``first`` is the question or claim, ``second`` the passage or premise.

    ``start``/``end`` are character offsets into ``second`` (``NO_SPAN`` where there is none),
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


@dataclass(frozen=True)
class Window:
    """An example as token ids; ``start``, ``end`` (inclusive) index ``ids``; NO_SPAN if none."""

    ids: list[int]
    types: list[int]
    start: int
    end: int
    answerable: float
    support: int
    by_people: bool = False


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


def load_examples(training: Path, wikipedia_32: Path) -> list[Example]:
    """All examples, in the order of the files."""
    return [
        *_reading(training / "reader.jsonl.gz"),
        *_reading(training / "reader-more.jsonl.gz"),
        *_xquad(wikipedia_32),
        *_support(training / "support.jsonl.gz"),
        *_support(training / "support-more.jsonl.gz"),
        *_yes_no(training / "condaqa-yesno.jsonl.gz"),
    ]


def by_people(example: Example) -> bool:
    """Whether people wrote the question so that its passage does not answer it."""
    return example.answerable is False and example.source.startswith(BY_PEOPLE)


def is_held_out(example: Example) -> bool:
    """Whether an example only measures: a passage's hash decides, so none is on both sides."""
    digest = int(hashlib.md5(example.second.encode(), usedforsecurity=False).hexdigest(), 16)
    squad2 = by_people(example) and example.source.startswith("squad2")
    return digest % 100 < (HELD_OUT_BY_PEOPLE if squad2 else HELD_OUT)


def _token_span(encoding: Encoding, start: int, end: int) -> tuple[int, int]:
    covered = [i for i, (a, b) in enumerate(encoding.offsets) if a < end and b > start]
    return (covered[0], covered[-1]) if covered else (NO_SPAN, NO_SPAN)


def window(example: Example, tokenizer: Tokenizer, limit: int, rng: random.Random) -> Window:
    """Cut an example to ``limit`` tokens, the answer inside at a random place."""
    cls, sep = (int(tokenizer.token_to_id(mark) or 0) for mark in ("[CLS]", "[SEP]"))
    first = tokenizer.encode(example.first, add_special_tokens=False).ids[: limit // 3]
    encoding = tokenizer.encode(example.second, add_special_tokens=False)
    room = limit - len(first) - 3
    start, end = NO_SPAN, NO_SPAN
    if example.start >= 0:
        start, end = _token_span(encoding, example.start, example.end)
    low, high = max(0, end - room + 1), min(max(start, 0), max(0, len(encoding.ids) - room))
    offset = rng.randint(low, high) if start >= 0 and low <= high else 0
    if start < 0 and len(encoding.ids) > room and example.support is None:
        offset = rng.randint(0, len(encoding.ids) - room)
    second = encoding.ids[offset : offset + room]
    shift = len(first) + 2 - offset
    inside = start >= 0 and end - offset < room
    return Window(
        ids=[cls, *first, sep, *second, sep],
        types=[0] * (len(first) + 2) + [1] * (len(second) + 1),
        start=start + shift if inside else NO_SPAN,
        end=end + shift if inside else NO_SPAN,
        answerable=-1.0 if example.answerable is None else float(example.answerable),
        support=NO_SPAN if example.support is None else example.support,
        by_people=by_people(example),
    )
