"""Trains the adapter of the local model: to answer in a short sentence, and to judge claims.

``python -m evals.training.train_adapter --training FOLDER --gguf FILE --work FOLDER --out
app/data/model_adapter.npz`` runs the lower layers once over each example (1 to 3 s on two cores)
and keeps what they give, then trains thin matrices in the layers above (1 to 2 s an example). Both
can be ended and go on (``--prepare-minutes``, ``--train-minutes``); more examples can be added.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from app.models.openvino.causal_lm import STATE_LAYER, CausalLM
from app.models.openvino.chat import as_text
from app.models.pull import model_path
from app.settings import load_settings
from evals.training.adapter.examples import (
    NO,
    NOT_STATED,
    UNKNOWN,
    Taught,
)
from evals.training.adapter.mixture import examples
from evals.training.adapter.upper_layers import UpperLayers
from evals.training.train_probe import show_progress

INDEX, CHECKPOINT = "index.jsonl", "checkpoint.pt"
HELD_OUT = 10
"""One passage in so many only measures."""
BATCH, RATE, CLIP = 8, 3e-4, 1.0
SAVE_EVERY = 5
"""Steps between two checkpoints."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An example whose states are kept under ``key``."""

    key: str
    task: str
    reply: str
    source: str
    group: str

    @property
    def held_out(self) -> bool:
        """Whether it only measures; a passage is on one side."""
        return int(self.group, 16) % HELD_OUT == 0

    @property
    def positive(self) -> bool:
        """Whether the reply says that the sources answer or support."""
        return self.reply not in (NOT_STATED, NO, UNKNOWN)


def prepare(taught: Iterable[Taught], engine: CausalLM, work: Path, most_minutes: float) -> None:
    """Keep in ``work`` the states of each example that are not there yet, until the time is up."""
    ends = time.monotonic() + 60 * most_minutes
    work.mkdir(parents=True, exist_ok=True)
    known = {example.key for example in prepared(work)}
    with (work / INDEX).open("a", encoding="utf-8") as index:
        for done, example in enumerate(taught, 1):
            if time.monotonic() > ends:
                break
            if example.key not in known:
                prompt = engine.prompt(as_text(example.prompt))
                tokens = [*prompt, *engine.encode(example.reply), engine.end]
                kept = {
                    "tokens": np.array(tokens),
                    "states": engine.states(tokens).astype(np.float16),
                    "start": len(prompt),
                }
                np.savez(work / f"{example.key}.npz", **kept)  # type: ignore[arg-type]
                row = Prepared(
                    example.key, example.task, example.reply, example.source, example.group
                )
                index.write(json.dumps(asdict(row)) + "\n")
                index.flush()
            show_progress(done, 0)


def prepared(work: Path) -> list[Prepared]:
    """The examples that are kept, in the order in which they came."""
    if not (work / INDEX).exists():
        return []
    lines = (work / INDEX).read_text(encoding="utf-8").splitlines()
    return [Prepared(**json.loads(line)) for line in lines]


def load(example: Prepared, work: Path) -> tuple[Tensor, Tensor, int]:
    """Tokens, states [tokens, width], and where the reply begins."""
    with np.load(work / f"{example.key}.npz") as kept:
        states = torch.from_numpy(kept["states"].astype(np.float32))
        return torch.from_numpy(kept["tokens"]), states, int(kept["start"])


class Training:
    """The layers with their adapter, and how far the training has come."""

    def __init__(self, gguf: Path, work: Path, passes: float) -> None:
        torch.manual_seed(0)
        self.network = UpperLayers(gguf, STATE_LAYER)
        self._work, self._passes = work, passes
        weights = [w for _, adapted in self.network.adapters() for w in (adapted.a, adapted.b)]
        self._weights = weights
        self._optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0)
        self.step = 0
        if (work / CHECKPOINT).exists():
            kept = torch.load(work / CHECKPOINT, weights_only=True)
            self.step = kept["step"]
            self._optimizer.load_state_dict(kept["optimizer"])
            for weight, value in zip(weights, kept["weights"], strict=True):
                weight.data = value

    def run(self, rows: Sequence[Prepared], most_minutes: float) -> None:
        """Steps of ``BATCH`` examples, ``passes`` times over all, until the time is up."""
        ends = time.monotonic() + 60 * most_minutes
        total, losses = int(self._passes * len(rows)) // BATCH, list[float]()
        while self.step < total and time.monotonic() < ends:
            rate = RATE * min(1.0, (self.step + 1) / 10) * _cosine(self.step / total)
            for group in self._optimizer.param_groups:
                group["lr"] = rate
            losses += [self._learn(row) for row in _batch(rows, self.step)]
            torch.nn.utils.clip_grad_norm_(self._weights, CLIP)
            self._optimizer.step()
            self._optimizer.zero_grad()
            self.step += 1
            if self.step % SAVE_EVERY == 0:
                self.save()
                print(f"step {self.step} of {total}: loss {np.mean(losses):.3f}", flush=True)
                losses.clear()
        self.save()

    def save(self) -> None:
        """Keep the adapter and the optimizer, whole or not at all."""
        half = self._work / f"{CHECKPOINT}.new"
        state = {"step": self.step, "optimizer": self._optimizer.state_dict(),
                 "weights": [w.detach() for w in self._weights]}  # fmt: skip
        torch.save(state, half)
        half.replace(self._work / CHECKPOINT)

    def _learn(self, row: Prepared) -> float:
        tokens, states, start = load(row, self._work)
        # The logits after a token are of the next one.
        logits = self.network(states[:-1], start - 1)
        losses = torch.nn.functional.cross_entropy(logits, tokens[start:], reduction="none")
        # The first token says whether there is an answer, or support: it weighs as much again.
        loss = (losses.mean() + losses[0]) / 2
        torch.autograd.backward(loss / BATCH)
        return float(loss.detach())

    @torch.no_grad()
    def figures(self, rows: Sequence[Prepared]) -> dict[str, float]:
        """For each task on ``rows``: loss, and AUC of the first token's log-probability."""
        from sklearn.metrics import roc_auc_score

        out: dict[str, float] = {}
        for task in dict.fromkeys(row.task for row in rows):
            mine = [row for row in rows if row.task == task]
            losses, odds = [], []
            for row in mine:
                tokens, states, start = load(row, self._work)
                logits = self.network(states[:-1], start - 1)
                losses.append(float(torch.nn.functional.cross_entropy(logits, tokens[start:])))
                odds.append(logits[0].log_softmax(-1).numpy())
            out[f"{task} loss"] = round(float(np.mean(losses)), 3)
            denials = self._denials(mine)
            if len({row.positive for row in mine}) == 2:
                scores = [-np.logaddexp.reduce(row[denials]) for row in odds]
                auc = roc_auc_score([row.positive for row in mine], scores)
                out[f"{task} AUC"] = round(float(auc), 3)
        return out

    def _denials(self, rows: Sequence[Prepared]) -> list[int]:
        """The first tokens of the replies that say no."""
        denials = (load(row, self._work) for row in rows if not row.positive)
        return sorted({int(tokens[start]) for tokens, _, start in denials})


def _cosine(share: float) -> float:
    """From 1 at the beginning to 0.1 at the end of the training."""
    return 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, share)))


def _batch(rows: Sequence[Prepared], step: int) -> list[Prepared]:
    """The rows of a step: each pass has an order of its own, alike in each run."""
    per_pass = len(rows) // BATCH
    order = list(rows)
    random.Random(step // per_pass).shuffle(order)
    at = step % per_pass * BATCH
    return order[at : at + BATCH]


def main() -> None:
    """The command: prepare, train, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training", type=Path, required=True, help="folder of JSON lines")
    parser.add_argument("--gguf", type=Path, required=True, help="the local model's GGUF file")
    parser.add_argument("--work", type=Path, required=True, help="where the states are kept")
    parser.add_argument("--examples", type=int, default=3000, help="questions, and as many pairs")
    parser.add_argument("--passes", type=float, default=2)
    parser.add_argument("--prepare-minutes", type=float, default=math.inf)
    parser.add_argument("--train-minutes", type=float, default=math.inf)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    folder = model_path(load_settings(model="local"))
    if folder is None:
        parser.error("the local model is not here yet: run footnote pull")
    engine = CausalLM(folder, threads=torch.get_num_threads(), adapter=None)
    taught = examples(args.training, args.examples, engine)
    prepare(taught, engine, args.work, args.prepare_minutes)
    del engine
    rows = prepared(args.work)
    training = Training(args.gguf, args.work, args.passes)
    held_out = [row for row in rows if row.held_out]
    print("before:" if not training.step else "so far:", training.figures(held_out), flush=True)
    training.run([row for row in rows if not row.held_out], args.train_minutes)
    print("after:", training.figures(held_out))
    with args.out.open("wb") as out:
        np.savez(out, **training.network.thin_weights())  # type: ignore[arg-type]
    print(f"{len(rows)} examples, {training.step} steps; written to {args.out}")


if __name__ == "__main__":
    main()
