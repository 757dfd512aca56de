"""The embedder: verified weights, exact counts, unit vectors, and clear errors."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from app.service.engine import Engine
from app.settings import Settings
from ingest.load import load_text
from store.embedding.embedder import Embedder
from store.embedding.open_embedder import open_embedder
from store.embedding.provider_embedder import is_provider_name
from store.embedding.sentence_transformer import DEFAULT_SHA256, SentenceTransformerEmbedder
from store.library import Library
from store.results import StoreError

TEXTS = ["The tower has 211 steps.", "", "灯台は1871年に建てられた。", "word " * 2000, "🗼"]


def test_vectors_are_unit_length_and_in_order(embedder: Embedder) -> None:
    seen: list[tuple[int, int]] = []
    vectors = embedder.encode_documents(TEXTS, lambda done, total: seen.append((done, total)))
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert seen == sorted(seen)
    assert seen[-1] == (5, 5)
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
    tokenizer = embedder._load().tokenizer
    for text in TEXTS:
        ids = tokenizer(text, truncation=False)["input_ids"]
        assert embedder.count_tokens(text) == len(ids)


def test_vectors_are_those_of_sentence_transformers(embedder: SentenceTransformerEmbedder) -> None:
    texts = [*TEXTS, "", "Nur für Gäste. 営業時間は九時から。", "word " * 600]
    theirs = embedder._load().encode(texts, normalize_embeddings=True)
    assert np.allclose(embedder.encode_documents(texts), theirs, atol=1e-5)
    assert np.allclose(embedder.encode_queries(texts), theirs, atol=1e-5)


def test_counting_loads_no_torch() -> None:
    code = (
        "import sys; from store.embedding.open_embedder import open_embedder; e = open_embedder();"
        "print(e.count_tokens('hello world'), e.dimensions, e.max_tokens, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
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


def test_a_models_own_prompts_are_put_before_queries_and_documents(
    embedder: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    folder = tmp_path / "prompted"
    shutil.copytree(embedder.folder, folder)
    prompts = {"query": "query: ", "passage": "passage: "}
    config = folder / "config_sentence_transformers.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "prompts": prompts}))
    prompted = SentenceTransformerEmbedder(str(folder))
    plain = embedder.encode_documents(["query: the tower", "passage: the tower"])
    assert np.allclose(prompted.encode_queries(["the tower"])[0], plain[0], atol=1e-4)
    assert np.allclose(prompted.encode_documents(["the tower"])[0], plain[1], atol=1e-4)
    assert prompted.max_tokens == embedder.max_tokens - 2
    assert prompted.fingerprint.split("/")[0].split("@")[1] in embedder.fingerprint
    assert prompted.fingerprint != embedder.fingerprint.replace("all-MiniLM-L6-v2", "prompted")


@pytest.fixture
def ollama(embedder: Embedder) -> Iterator[str]:
    """A server on this machine that answers as Ollama does, with the real embedder's vectors."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if asked["model"] != "minilm":
                self.send_error(404, "model not found")
                return
            vectors = embedder.encode_documents(asked["input"]) * 3
            body = json.dumps({"model": "minilm", "embeddings": vectors.tolist()}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_providers_embeddings_by_name(embedder: Embedder, ollama: str, tmp_path: Path) -> None:
    provided = open_embedder("ollama:minilm", ollama)
    assert np.allclose(
        provided.encode_documents(["one", "two"]),
        embedder.encode_documents(["one", "two"]),
        atol=1e-3,
    )
    assert provided.dimensions == 384
    assert provided.encode_documents([]).shape == (0, 384)
    with Library.open(tmp_path, provided) as library:
        library.add(load_text("The tower is 38 metres high.\n\nParaffin was cheap.", "t.txt"))
        assert "38" in library.search("How tall is the lighthouse?", 1)[0].stored.passage.text


def test_a_provider_that_does_not_answer_is_named(ollama: str) -> None:
    with pytest.raises(StoreError, match="ollama:other did not answer"):
        open_embedder("ollama:other", ollama).encode_queries(["one"])
    with pytest.raises(StoreError, match="cohere:x needs another package"):
        open_embedder("cohere:x").encode_queries(["one"])


@pytest.mark.parametrize(
    ("name", "provided"),
    [("ollama:minilm", True), ("all-MiniLM-L6-v2", False), ("org/model", False),
     ("C:\\models\\x", False), ("/models/a:b", False)],
)  # fmt: skip
def test_a_name_says_whether_texts_leave_the_machine(name: str, provided: bool) -> None:
    assert is_provider_name(name) is provided
    engine = Engine(Settings(model="none", embedder=name))
    assert ("sent to" in engine.what_leaves_the_machine()) is provided


def test_searching_loads_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from store.library import Library;"
        "from store.embedding.open_embedder import open_embedder;"
        f"library = Library.open(Path({str(tmp_path)!r}), open_embedder());"
        "open_embedder().encode_queries(['hello']); library.search('hello');"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False"]
