"""Vectors of a passage's sentences: packed, kept with the passage, and read when it is reranked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from ingest.language.sentences import prose_sentences
from store.embedding.embedder import Embedder, EncodeProgress
from store.embedding.sentence_vectors import pack_vectors, unpack_vectors
from store.library import Library
from tests.support.documents import document_of

pytestmark = pytest.mark.usefixtures("both_databases")


def test_packed_vectors_give_nearly_the_same_cosines() -> None:
    rng = np.random.default_rng(1)
    made = rng.normal(size=(40, 384)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    back = unpack_vectors(pack_vectors(made), 384)
    assert back.shape == made.shape
    assert float(np.abs(back @ made.T - made @ made.T).max()) < 0.004
    assert unpack_vectors(pack_vectors(made[:0]), 384).shape == (0, 384)
    assert np.array_equal(
        unpack_vectors(pack_vectors(np.zeros((1, 8), np.float32)), 8), np.zeros((1, 8))
    )


class Counted(Embedder):
    """The real embedder, and what it was asked to embed."""

    def __init__(self, real: Embedder) -> None:
        self.name, self.fingerprint = real.name, real.fingerprint
        self.max_tokens, self.dimensions = real.max_tokens, real.dimensions
        self.real = real
        self.texts: list[str] = []

    def count_tokens(self, text: str) -> int:
        return self.real.count_tokens(text)

    def encode_documents(
        self, texts: Sequence[str], progress: EncodeProgress | None = None
    ) -> np.ndarray:
        self.texts += texts
        return self.real.encode_documents(texts, progress)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self.real.encode_queries(texts)


TIDES = document_of(
    "The harbour is dredged in March. Boats lie at anchor in the bay until then.",
    "The lamp burns paraffin. It is trimmed at dusk by the keeper.",
    name="tides.txt",
)


def test_a_question_embeds_no_sentence_of_a_passage(tmp_path: Path, embedder: Embedder) -> None:
    counted = Counted(embedder)
    with Library.open(tmp_path, counted) as library:
        library.add(TIDES)
        made = len(counted.texts)
        hits = library.search("When is the harbour dredged?", 2)
        assert len(counted.texts) == made
    hit = hits[0]
    alone = embedder.encode_documents(prose_sentences(hit.stored.passage.text))
    question = embedder.encode_queries(["When is the harbour dredged?"])[0]
    assert np.allclose(hit.cosines, alone @ question, atol=0.004)


def test_what_was_kept_without_them_still_answers_and_reindex_adds_them(
    tmp_path: Path, embedder: Embedder
) -> None:
    counted = Counted(embedder)
    with Library.open(tmp_path, counted) as library:
        library.add(TIDES)
        before = library.search("Who trims the lamp?", 2)
        with library._catalogue.database.writing() as db:
            db.execute(text("UPDATE embeddings SET sentences = NULL"))
        counted.texts.clear()
        after = library.search("Who trims the lamp?", 2)
        assert [hit.stored.id for hit in after] == [hit.stored.id for hit in before]
        assert after[0].cosines == pytest.approx(before[0].cosines, abs=0.004)
        assert counted.texts
        library.reindex()
        counted.texts.clear()
        library.search("Where do boats lie?", 2)
        assert counted.texts == []
