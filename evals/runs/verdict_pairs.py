"""Measures the verdicts: how often a sentence passes that its source does not support, and how
often one that it supports is stripped.

``footnote eval verdicts PAIRS.jsonl`` takes lines of ``claim``, ``premise``, ``label`` (supported,
contradicted, neither) and, if given, ``source``: where the pair comes from. ``contrast`` is our own
set: sentences that differ from their source in one thing (the ``source`` says in what).
"""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from rich.table import Table

from app.answer import Verdict
from app.answering.judge import judged_again
from app.answering.verify import CitedSource, verify_sentences
from app.evidence.reader import Reader
from app.models.base import ChatModel
from evals.measures.intervals import Estimate, mean_estimate
from ingest.errors import FootnoteError
from ingest.language.sentences import sentences

Label = Literal["supported", "contradicted", "neither"]
PAIR_LABELS: tuple[str, ...] = get_args(Label)
PASSING_VERDICTS = frozenset({Verdict.QUOTED, Verdict.SUPPORTED})
PAIR_BATCH_SIZE = 50
FIGURE_NAMES = {
    "false_pass": "False pass",
    "false_strip": "False strip",
    "shown_though_contradicted": "Shown though contradicted",
}


class PairsError(FootnoteError):
    """A file of pairs cannot be used; the message names the line and what is wrong."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence, the words that it cites, and what people say of the two."""

    claim: str
    premise: str
    label: str
    source: str


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a ``.jsonl`` or ``.jsonl.gz`` file. Raises PairsError."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise PairsError(f"{path} cannot be read: {error}.") from error
    lines = enumerate(text.split("\n"), 1)
    return [_pair(line, f"{path}:{n}") for n, line in lines if line.strip()]


def find_pairs(name: str) -> Path:
    """The file of that path, or the pairs of that name that Footnote ships."""
    path, ours = Path(name), Path(__file__).parent.parent / "pairs" / f"{name}.jsonl"
    if path.exists() or not ours.is_file():
        return path
    return ours


def _pair(line: str, place: str) -> Pair:
    try:
        row = json.loads(line)
        pair = Pair(row["claim"], row["premise"], row["label"], str(row.get("source", "pairs")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PairsError(
            f'{place} is not a pair; write {{"claim": …, "premise": …, "label": …}}.'
        ) from error
    if not isinstance(pair.claim, str) or not isinstance(pair.premise, str):
        raise PairsError(f"{place}: claim and premise are texts.")
    if pair.label not in PAIR_LABELS:
        raise PairsError(f"{place}: “{pair.label}” is not a label; use {', '.join(PAIR_LABELS)}.")
    return pair


def sampled(pairs: Sequence[Pair], each: int | None, seed: int = 1) -> list[Pair]:
    """At most ``each`` pairs of every source and label, the same ones every time."""
    if each is None:
        return list(pairs)
    by_kind = defaultdict(list)
    for pair in pairs:
        by_kind[(pair.source, pair.label)].append(pair)
    rng = random.Random(seed)
    return [p for some in by_kind.values() for p in rng.sample(some, min(each, len(some)))]


def judge_pairs(
    pairs: Sequence[Pair], reader: Reader, model: ChatModel | None = None
) -> Iterator[Verdict]:
    """The verdict on each pair, in order; with a model that was taught to judge, also by that."""
    for at in range(0, len(pairs), PAIR_BATCH_SIZE):
        some = pairs[at : at + PAIR_BATCH_SIZE]
        judged = verify_sentences(
            [p.claim for p in some], [CitedSource(p.premise) for p in some], reader
        )
        for pair, first in zip(some, judged, strict=True):
            if model is None:
                yield first.verdict
            else:
                spans = sentences(pair.premise)
                listed = [pair.premise[a:b] for a, b in spans] or [pair.premise]
                yield judged_again(first, model, pair.claim, listed).verdict


def trust(pairs: Sequence[Pair], verdicts: Sequence[Verdict]) -> dict[str, Estimate]:
    """The three figures.

    ``false_pass``: of the pairs whose source does not support the sentence, the share that is
    ``quoted`` or ``supported``. ``false_strip``: of the supported, the share that is not.
    ``shown_though_contradicted``: of the contradicted, the share that is shown with any verdict.
    """
    both = list(zip(pairs, verdicts, strict=True))
    return {
        "false_pass": mean_estimate(
            [v in PASSING_VERDICTS for p, v in both if p.label != "supported"]
        ),
        "false_strip": mean_estimate(
            [v not in PASSING_VERDICTS for p, v in both if p.label == "supported"]
        ),
        "shown_though_contradicted": mean_estimate(
            [v is not Verdict.UNSUPPORTED for p, v in both if p.label == "contradicted"]
        ),
    }


def trust_by_source(
    pairs: Sequence[Pair], verdicts: Sequence[Verdict]
) -> dict[str, dict[str, Estimate]]:
    """The figures of each source, in the order of the file."""
    sources = dict.fromkeys(p.source for p in pairs)
    return {
        source: trust(*zip(*((p, v) for p, v in zip(pairs, verdicts, strict=True)
                             if p.source == source), strict=True))
        for source in sources
    }  # fmt: skip


def trust_payload(
    whole: Mapping[str, Estimate], by_source: Mapping[str, Mapping[str, Estimate]]
) -> dict[str, Any]:
    """The figures as JSON."""
    return {**_plain(whole), "by_source": {name: _plain(some) for name, some in by_source.items()}}


def _plain(figures: Mapping[str, Estimate]) -> dict[str, Any]:
    return {
        name: {"value": e.value, "low": e.low, "high": e.high, "n": e.count}
        if e.count
        else {"value": None, "low": None, "high": None, "n": 0}
        for name, e in figures.items()
    }


def trust_table(
    whole: Mapping[str, Estimate], by_source: Mapping[str, Mapping[str, Estimate]]
) -> Table:
    """The figures for the terminal: a row a source, then all."""
    table = Table(title="Verdicts: share [95% interval], pairs", title_justify="left")
    table.add_column("Source")
    for label in FIGURE_NAMES.values():
        table.add_column(label, justify="right")
    for name, figures in (*by_source.items(), ("all", whole)):
        cells = (figures[key] for key in FIGURE_NAMES)
        table.add_row(name, *(f"{e} n={e.count}" if e.count else "–" for e in cells))
    return table
