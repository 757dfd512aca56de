"""Encoder benchmark: the embedding model by onnxruntime and by sentence-transformers, same texts.

``python -m evals.benchmarks.encoder_speed FILE_OR_FOLDER`` embeds sentences, and passages of six,
by turns in both, and prints JSON: texts a second, their ratio, and the largest difference of a
component.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from evals.benchmarks.recombined import SENTENCES, read_pool
from store.embedding.sentence_transformer import SentenceTransformerEmbedder

ROUNDS = 7
TEXTS = 64
TEXT_BATCH_SIZE = 32


def compare(pool: Sequence[str], seed: int = 1) -> dict[str, Any]:
    """Seconds of each way on the same texts, by turns; medians."""
    embedder = SentenceTransformerEmbedder()
    bare = embedder._load()
    ways: dict[str, Callable[[Sequence[str]], Any]] = {
        "onnxruntime": embedder.encode_documents,
        "sentence-transformers": lambda texts: bare.encode(
            list(texts),
            batch_size=TEXT_BATCH_SIZE,
            show_progress_bar=False,
            normalize_embeddings=True,
        ),
    }
    rng = random.Random(seed)
    figures: dict[str, Any] = {}
    for name, length in (("sentences", 1), ("passages", SENTENCES)):
        spent: dict[str, list[float]] = {way: [] for way in ways}
        apart = 0.0
        for _ in range(ROUNDS):
            texts = [" ".join(rng.sample(list(pool), length)) for _ in range(TEXTS)]
            vectors = []
            for way, encode in ways.items():
                began = perf_counter()
                vectors.append(encode(texts))
                spent[way].append(perf_counter() - began)
            apart = max(apart, float(np.abs(vectors[0] - vectors[1]).max()))
        rates = {way: round(TEXTS / median(times[1:])) for way, times in spent.items()}
        ratio = round(rates["onnxruntime"] / rates["sentence-transformers"], 2)
        figures[name] = {"a_second": rates, "ratio": ratio, "largest_difference": apart}
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path, nargs="+", help="Files or folders of plain text.")
    args = parser.parse_args()
    print(json.dumps(compare(read_pool(args.text, 5000)), indent=1))


if __name__ == "__main__":
    main()
