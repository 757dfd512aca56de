"""Training data of the reader: sources, sample sizes, and cutting into windows.

Two kinds of example share one encoder: *reading* (question, passage, answer span or none) and
*support* (claim, premise, label). Sources and licences travel with the examples so that the model
card can name them.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

SUPPORT_LABELS = ("supported", "contradicted", "neither")
NO_SPAN = -1

# How many examples of a source are used at most. Wikipedia questions written by people come first;
# stories (FairytaleQA) and viruses (COVID-QA) read unlike the documents that Footnote meets.
READING_QUOTA = {
    "squad1.1-train-part": 7500,
    "squad1.1-train-part+mined-neg": 2400,
    "squad1.1-train-part+swap-neg": 1770,
    "squadshifts-new_wiki": 2200,
    "squadshifts-new_wiki+mined-neg": 800,
    "squadshifts-new_wiki+swap-neg": 917,
    "nq-open-dev-gold": 700,
    "timeqa-human-easy": 500,
    "timeqa-human-hard": 400,
    "onestop-qa": 84,
    "xquad-en": 838,
}
SUPPORT_QUOTA = {
    "factcheck-gpt": 2736,
    "fever-dev-pairs": 3000,
    "fever-symmetric": 1416,
    "conjnli-adversarial_train_15k": 1800,
    "wice-dev": 431,
    "wice-test": 418,
    "wice-partial-subclaims": 597,
    "begin-wow": 1000,
    "scifact-rte": 771,
    "snli-dev": 500,
}


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


def load_examples(training: Path, wikipedia_32: Path, seed: int) -> list[Example]:
    """All examples within their quotas, in an order that the seed fixes."""
    everything = [
        *_reading(training / "reader.jsonl.gz"),
        *_support(training / "support.jsonl.gz"),
        *_xquad(wikipedia_32),
    ]
    rng = random.Random(seed)
    rng.shuffle(everything)
    quota, taken, chosen = READING_QUOTA | SUPPORT_QUOTA, Counter[str](), []
    for example in everything:
        if taken[example.source] < quota.get(example.source, 0):
            taken[example.source] += 1
            chosen.append(example)
    return chosen


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
    )


def batches(windows: Sequence[Window], size: int, rng: random.Random) -> Iterable[list[Window]]:
    """Batches of like lengths (little padding), shuffled; reading and support never share one."""
    out = []
    for kind in (True, False):
        some = [w for w in windows if (w.support >= 0) is kind]
        rng.shuffle(some)
        for i in range(0, len(some), size * 40):
            pool = sorted(some[i : i + size * 40], key=lambda w: len(w.ids))
            out += [pool[j : j + size] for j in range(0, len(pool), size)]
    rng.shuffle(out)
    return out
