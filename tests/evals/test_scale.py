"""The scale benchmark: equal documents for equal numbers, vectors to match, and its figures."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from evals.benchmarks import recombined, scale
from evals.benchmarks.recombined import Corpus, RecombiningEmbedder, sentence_pool
from ingest.language.sentences import prose_sentences
from store.embedding.embedder import Embedder
from tests.support.documents import PARAGRAPHS

TEXT = "\n\n".join(
    f"{paragraph} In the year {year} the keeper counted {year % 97} ships that passed the point."
    for year, paragraph in enumerate(PARAGRAPHS * 4, 1801)
)


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Small documents."""
    monkeypatch.setattr(recombined, "PARAGRAPHS", 12)
    return Corpus(sentence_pool(TEXT, 40))


def test_a_document_is_the_same_whenever_it_is_made(corpus: Corpus) -> None:
    again = Corpus(corpus.pool)
    again.document(3)
    assert corpus.document(7) == again.document(7)
    assert corpus.document(7) != corpus.document(8)
    assert len(corpus.document(7).blocks) > 12


def test_a_question_asks_for_words_of_a_document(corpus: Corpus) -> None:
    asked = corpus.question(1, 1).removeprefix("What is said about ").removesuffix("?")
    assert asked in corpus.document(0).text.replace("\n", " ")


def test_recombined_vectors_are_near_the_real_ones(corpus: Corpus, embedder: Embedder) -> None:
    made = RecombiningEmbedder(embedder, corpus, embedder.encode_documents(corpus.pool))
    text = corpus.document(0).text
    paragraph = text.split("\n\n")[2]
    whole, *alone = made.encode_documents([paragraph, *prose_sentences(paragraph)])
    assert np.linalg.norm(whole) == pytest.approx(1.0, abs=1e-5)
    real = embedder.encode_documents([paragraph, "Ferrets sleep in the barn."])
    assert whole @ real[0] > 0.6 > whole @ real[1]
    assert len(alone) == recombined.SENTENCES
    assert made.seconds > 0
    encoding = RecombiningEmbedder(embedder, corpus, made._vectors, real_passages=True)
    encoded = encoding.encode_documents([*prose_sentences(paragraph), paragraph])
    assert encoded[-1] == pytest.approx(real[0], abs=1e-5), "the encoder's own"
    assert encoded[:-1] == pytest.approx(np.stack(alone))


def test_a_library_is_filled_goes_on_and_is_asked(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale, "ASKING_AT_ONCE", 2)
    given = argparse.Namespace(
        folder=tmp_path, passages=20, minutes=5.0, real=False, chroma="", database="", questions=3
    )
    first = scale.fill(given, corpus)
    assert first["passages"] >= 20
    given.passages = 40
    second = scale.fill(given, corpus)
    assert second["documents"] > first["documents"]
    assert second["ingest_passages_per_s"] > 0
    found = scale.ask(given, corpus)
    assert 0 < found["search_ms"]["p50"] <= found["question_ms"]["p95"]
    assert set(found["parts_ms"]) == {
        *("words", "vectors", "rarity", "documents"),
        *("search as a reader", "rarity for a reader"),
    }
    assert found["memory_mb"] > 0
    assert min(scale.disk(tmp_path, "").values()) > 0
