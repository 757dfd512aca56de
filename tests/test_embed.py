"""The embedder: verified weights, exact counts, unit vectors, and clear errors."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from store.embedder import Embedder
from store.results import StoreError
from store.sentence_transformer import DEFAULT_SHA256, SentenceTransformerEmbedder

TEXTS = ["The tower has 211 steps.", "", "灯台は1871年に建てられた。", "word " * 2000, "🗼"]


def test_vectors_are_unit_length_and_in_order(embedder: Embedder) -> None:
    seen: list[tuple[int, int]] = []
    vectors = embedder.encode_documents(TEXTS, lambda done, total: seen.append((done, total)))
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert seen == [(5, 5)]
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert np.allclose(embedder.encode_documents([text])[0], vector, atol=1e-4)
    assert embedder.encode_documents([]).shape == (0, embedder.dimensions)


def test_order_survives_batches(embedder: Embedder) -> None:
    texts = [f"Number {n}. " * (1 + n % 5) for n in range(70)]
    vectors = embedder.encode_documents(texts)
    assert np.allclose(vectors[41], embedder.encode_documents([texts[41]])[0], atol=1e-4)


def test_meaning_is_near(embedder: Embedder) -> None:
    question, near, far = embedder.encode_documents(
        ["How tall is the lighthouse?", "The tower is 38 metres high.", "Paraffin was cheap."]
    )
    assert question @ near > question @ far + 0.1


def test_tokens_are_counted_as_the_model_counts_them(embedder: Embedder) -> None:
    embedder.encode_documents(["load"])
    model = embedder._model
    assert model is not None
    for text in TEXTS:
        ids = model.tokenizer(text, truncation=False)["input_ids"]
        assert embedder.count_tokens(text) == len(ids)


def test_counting_loads_no_torch() -> None:
    code = (
        "import sys; from store.embedder import open_embedder; e = open_embedder();"
        "print(e.count_tokens('hello world'), e.dimensions, e.max_tokens, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["4", "384", "256", "False"]


def test_fingerprint_names_weights_and_window(embedder: Embedder) -> None:
    assert embedder.fingerprint == f"all-MiniLM-L6-v2@{DEFAULT_SHA256}/256"


def test_another_model_by_path_has_its_own_fingerprint(embedder: Embedder, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(embedder.folder, folder)
    config = folder / "sentence_bert_config.json"
    config.write_text(config.read_text().replace("256", "64"))
    other = SentenceTransformerEmbedder(str(folder))
    assert other.max_tokens == 64
    assert other.fingerprint != embedder.fingerprint
    long = "word " * 200
    assert np.allclose(
        other.encode_documents([long]), other.encode_documents(["word " * 62]), atol=1e-4
    )


def test_wrong_weights_are_refused(embedder: Embedder, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(embedder.folder, folder)
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    broken = SentenceTransformerEmbedder()
    broken.folder = folder
    with pytest.raises(StoreError, match="SHA-256"):
        broken.encode_documents(["text"])


def test_an_unknown_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Give the path"):
        _ = SentenceTransformerEmbedder("nobody/has-this-model").fingerprint
    with pytest.raises(StoreError, match="no model weights"):
        _ = SentenceTransformerEmbedder(str(tmp_path)).fingerprint
