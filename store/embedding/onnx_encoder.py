"""The embedding model that comes with Footnote, run by onnxruntime.

The same weights and the same vectors as through sentence-transformers (to about 1e-6), in half the
time, and without loading torch first: ``python -m evals.benchmarks.encoder_speed``. The graph,
exported by ``python -m evals.training.export_embedder``, refers to the weights in the model's own
file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

GRAPH_FILE = "all-MiniLM-L6-v2.onnx"
WEIGHTS_FILE = "model.safetensors"
MAX_BATCH_TOKENS = 1024
"""Tokens of a batch, padding included: what fits a core's cache. Larger batches are slower."""


class OnnxEncoder:
    """Encodes texts as unit vectors; safe to share between threads. Building it loads the weights.

    ``weights`` is the safetensors file that the graph was exported from.
    """

    def __init__(self, weights: Path, tokenizer: Tokenizer, window: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # As torch does; 0 is a thread for each core.
        options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
        # A waiting thread that spins takes the core from other work (evals/FIGURES.md).
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        data = weights.read_bytes()
        options.add_external_initializers_from_files_in_memory([WEIGHTS_FILE], [data], [len(data)])
        graph = files("store").joinpath("data", GRAPH_FILE).read_bytes()
        self._session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = tokenizer
        self._window = window

    def encode(
        self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, dimensions), in order; what exceeds the window is cut off.

        ``progress(done, total)`` is called after each batch.
        """
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids), reverse=True)
        parts: list[NDArray[np.float32]] = []
        done = 0
        while done < len(order):
            width = min(self._window, len(encodings[order[done]].ids))
            batch = order[done : done + max(1, MAX_BATCH_TOKENS // width)]
            parts.append(self._run([encodings[i] for i in batch], width))
            done += len(batch)
            if progress:
                progress(done, len(order))
        stacked = np.concatenate(parts)
        vectors = np.empty_like(stacked)
        vectors[order] = stacked
        return vectors

    def _run(self, encodings: Sequence[Encoding], width: int) -> NDArray[np.float32]:
        ids = np.zeros((len(encodings), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            kept = encoding.ids
            if len(kept) > width:  # the last token ends a text, also one that is cut off
                kept = [*kept[: width - 1], kept[-1]]
            ids[row, : len(kept)] = kept
            mask[row, : len(kept)] = 1
        vectors: NDArray[np.float32] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return vectors
