"""Trains the probe of the local model's hidden state: do the sources answer the question?

``python -m evals.training.train_probe reader-more.jsonl.gz reader.jsonl.gz --states states.npz
--out app/data/model_probe.npz`` reads each passage with its question, as an answer would be asked
for (1 to 2 s on two cores), and fits a logistic model to the hidden states. The states are kept as
it goes: a run that was ended goes on. The folds of the figures that it prints hold whole passages.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.prompt import ANSWER_PROMPT, messages
from app.models.base import ChatModel, ModelMissing
from app.models.factory import open_model
from app.settings import load_settings
from evals.runs.runs import Progress
from ingest.language.sentences import sentences

MOST_CHARS = 1500
"""Passages longer than this are not learnt from: in use no prompt is longer."""
SAVE_EVERY = 25
MACHINE_MADE = "-neg"
"""How sources end whose questions without an answer were made by a program."""
PENALTIES = (0.1, 1.0, 3.0, 10.0, 30.0, 100.0)
"""L2 penalties (of the mean loss, on standardised states) that cross-validation chooses from."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question over the sentences of one passage, and whether they answer it."""

    question: str
    sources: tuple[str, ...]
    answerable: bool
    source: str
    group: str
    """The passage, by its checksum: on one side of every fold."""
    answer: str = ""
    """The answer as the passage has it; "" if there is none."""

    @property
    def key(self) -> str:
        """What the hidden state is kept under."""
        return sha256("\0".join((self.question, *self.sources)).encode()).hexdigest()[:20]


def read_rows(paths: Iterable[Path]) -> Iterator[Asked]:
    """Questions of files with a JSON object a line: ``question``, ``passage``, ``answerable``,
    ``source``."""
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                passage = row["passage"]
                if len(passage) <= MOST_CHARS:
                    yield Asked(
                        row["question"],
                        tuple(passage[a:b] for a, b in sentences(passage)),
                        row["answerable"],
                        row["source"],
                        sha256(passage.encode()).hexdigest()[:20],
                        row["answers"][0]["text"] if row.get("answers") else "",
                    )


def drawn(rows: Iterable[Asked], count: int, seed: int = 5) -> list[Asked]:
    """``count`` questions, half of them without an answer.

    Only families of sources that have both kinds, and of each as many of either: else the probe
    would learn to tell the sources apart. Where people wrote questions without an answer, only
    those are taken, and the family comes three times as often.
    """
    pools: dict[str, dict[bool, list[Asked]]] = {}
    for row in rows:
        pool = pools.setdefault(_family(row.source), {True: [], False: []})
        pool[row.answerable].append(row)
    rng, turns = random.Random(seed), []
    for pool in pools.values():
        by_people = [row for row in pool[False] if not row.source.endswith(MACHINE_MADE)]
        pool[False] = by_people or pool[False]
        for kind in pool.values():
            rng.shuffle(kind)
        turns += [pool] * (3 if by_people else 1)
    taken: list[Asked] = []
    while len(taken) < count and (turns := [t for t in turns if all(t.values())]):
        for pool in turns:
            if all(pool.values()) and len(taken) < count:
                taken += [pool[True].pop(), pool[False].pop()]
    rng.shuffle(taken)
    return taken


def _family(source: str) -> str:
    """The data set that a source is a part of: "squad" of "squad2-train-10-articles"."""
    letters = re.match(r"[a-z]+", source)
    return letters[0] if letters else source


def hidden_states(
    rows: Sequence[Asked],
    model: ChatModel,
    kept: Path,
    progress: Progress,
    most_minutes: float = math.inf,
) -> NDArray[np.float32]:
    """The model's hidden states [rows, width] at the end of each prompt; read once and ``kept``.

    After ``most_minutes`` there are states of the first rows alone. Raises ``ModelMissing`` for a
    model that gives none, and ``ModelError``.
    """
    ends = time.monotonic() + 60 * most_minutes
    known: dict[str, NDArray[np.float32]] = {}
    if kept.exists():
        with np.load(kept) as stored:
            known = dict(zip(stored["keys"].tolist(), stored["states"], strict=True))

    def keep() -> None:
        half = kept.with_name(f"{kept.name}.new")
        with half.open("wb") as out:
            np.savez(out, keys=np.array(list(known)), states=np.stack(list(known.values())))
        half.replace(kept)

    for done, row in enumerate(rows, 1):
        if row.key not in known:
            if time.monotonic() > ends:
                rows = rows[: done - 1]
                break
            state = model.hidden_state(messages(row.question, row.sources, ANSWER_PROMPT))
            if state is None:
                raise ModelMissing(f"{model.name} gives no hidden states: it must be local.")
            known[row.key] = state
            if done % SAVE_EVERY == 0:
                keep()
        progress(done, len(rows))
    keep()
    return np.stack([known[row.key] for row in rows])


def fit_probe(
    states: NDArray[np.float32], rows: Sequence[Asked]
) -> tuple[NDArray[np.float32], float, float]:
    """Weights [width], bias, and the mean AUC on passages that were left out.

    The penalty is the greatest whose AUC is within one standard error of the best one's (the
    one-standard-error rule, Hastie et al., The Elements of Statistical Learning, 7.10).
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold

    answerable = np.array([row.answerable for row in rows])
    groups = [row.group for row in rows]
    folds = list(GroupKFold(n_splits=min(5, len(set(groups)))).split(states, answerable, groups))
    aucs = np.zeros((len(PENALTIES), len(folds)))
    for n, penalty in enumerate(PENALTIES):
        for k, (learn, test) in enumerate(folds):
            weights, bias = _logistic(states[learn], answerable[learn], penalty)
            aucs[n, k] = roc_auc_score(answerable[test], states[test] @ weights + bias)
    best = aucs.mean(axis=1).argmax()
    least = aucs[best].mean() - aucs[best].std() / math.sqrt(len(folds))
    chosen = int(np.flatnonzero(aucs.mean(axis=1) >= least).max())
    weights, bias = _logistic(states, answerable, PENALTIES[chosen])
    return weights, bias, float(aucs[chosen].mean())


def _logistic(
    states: NDArray[np.float32], answerable: NDArray[np.bool_], penalty: float
) -> tuple[NDArray[np.float32], float]:
    from sklearn.linear_model import LogisticRegression

    mean, scale = states.mean(axis=0), states.std(axis=0) + 1e-6
    model = LogisticRegression(C=1 / (penalty * len(states)), max_iter=2000)
    model.fit((states - mean) / scale, answerable)
    weights = (model.coef_[0] / scale).astype(np.float32)
    return weights, float(model.intercept_[0] - weights @ mean)


def main() -> None:
    """The command: read, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("training", type=Path, nargs="+", help="JSON lines, gzipped")
    parser.add_argument("--examples", type=int, default=700)
    parser.add_argument("--most-minutes", type=float, default=math.inf)
    parser.add_argument("--states", type=Path, required=True, help="where the states are kept")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model = open_model(load_settings(model="local"))
    assert model is not None
    rows = drawn(read_rows(args.training), args.examples)
    states = hidden_states(rows, model, args.states, show_progress, args.most_minutes)
    rows = rows[: len(states)]
    weights, bias, auc = fit_probe(states, rows)
    with args.out.open("wb") as out:
        np.savez(out, weights=weights, bias=np.float32(bias))
    print(f"{len(rows)} questions, AUC {auc:.3f} on passages left out; written to {args.out}")


def show_progress(done: int, total: int) -> None:
    """One line, written over itself."""
    print(f"\r{done:,} of {total:,} read", end="\n" if done == total else "", flush=True)


if __name__ == "__main__":
    main()
