"""Purging, collecting and reindexing: in pieces, resumable, and while others go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import text

from store.embedding.embedder import EncodeProgress
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.indexing import maintenance, reindexing
from store.library import Library
from tests.support.documents import document_of, long_document, vector_keys

pytestmark = pytest.mark.usefixtures("both_databases")


class Renamed(SentenceTransformerEmbedder):
    """The real embedder under another name, so that its vectors count as others; it can stop."""

    stops_after = 10**9

    def __init__(self, version: str) -> None:
        super().__init__()
        self.fingerprint = f"renamed-{version}"  # type: ignore[misc]
        self.seen: list[str] = []

    def encode_documents(
        self, texts: Sequence[str], progress: EncodeProgress | None = None
    ) -> NDArray[np.float32]:
        if len(self.seen) + len(texts) > self.stops_after:
            raise KeyboardInterrupt
        self.seen += texts
        return super().encode_documents(texts, progress)


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of six documents, by the first of two embedders; small batches."""
    monkeypatch.setattr(reindexing, "MAX_WAITING_PASSAGES", 4)
    with Library.open(tmp_path, Renamed("one")) as library:
        for name in "abcdef":
            library.add(long_document(4, name=f"{name}.txt", seed=name))
    return tmp_path


def test_an_interrupted_reindex_answers_as_before_and_goes_on_where_it_was(filled: Path) -> None:
    with Library.open(filled, Renamed("one")) as library:
        before = [hit.stored.id for hit in library.search("Part 2 of c", 5)]
    second = Renamed("two")
    second.stops_after = 14
    with Library.open(filled, second) as library, pytest.raises(KeyboardInterrupt):
        library.reindex()
    with Library.open(filled, Renamed("one")) as library:
        assert [hit.stored.id for hit in library.search("Part 2 of c", 5)] == before
    again = Renamed("two")
    told: list[tuple[str, int, int]] = []
    with Library.open(filled, again) as library:
        embedded = library.reindex(lambda *step: told.append(step))
        assert embedded == 24 - 12
        assert not set(second.seen) & set(again.seen)
        assert {step for step in told if step[0] == "reindexing"} == {
            ("reindexing", done, 3) for done in (1, 2, 3)
        }
        after = library.search("Part 2 of c", 5)
        assert after[0].stored.document == "c.txt"
        assert len(vector_keys(library)) == 24
        with library._catalogue.database.reading() as db:
            for table in ("staged_revisions", "staged_passages"):
                assert db.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
            assert db.execute(text("SELECT count(*) FROM embeddings")).scalar_one() == 24


def test_documents_that_come_and_go_during_a_reindex(filled: Path) -> None:
    # As another process may: it still has the former embedder.
    with Library.open(filled, Renamed("one")) as other, Library.open(filled, Renamed("two")) as it:
        steps: list[int] = []

        def meanwhile(what: str, done: int, _total: int) -> None:
            if what == "reindexing" and not steps:
                steps.append(done)
                other.add(long_document(3, name="new.txt", seed="new"))
                other.remove("a.txt", purge=True)
                other.remove("f.txt", purge=True)

        it.reindex(meanwhile)
        assert steps
        names = [revision.document for revision in it.documents()]
        assert names == ["b.txt", "c.txt", "d.txt", "e.txt", "new.txt"]
        for revision in it.documents():
            found = it.passages(revision.id)
            assert len(found) == revision.passages
            assert {passage.id for passage in found} <= vector_keys(it)
        assert it.search("Part 1 of new", 1)[0].stored.document == "new.txt"


def test_a_purge_keeps_what_others_need(library: Library) -> None:
    shared = "The same words stand in two documents, and the bay is wide."
    library.add(replace(document_of(shared, name="a.txt"), source="/one/a.txt"))
    library.add(replace(document_of(shared, name="a.txt"), source="/two/a.txt"))
    library.add(document_of("Only here.", name="b.txt"))
    library.remove("/one/a.txt", purge=True)
    library.remove("b.txt", purge=True)
    assert len(vector_keys(library)) == 1
    assert library.search("How wide is the bay?", 1, mode="dense")[0].stored.document == "a.txt"


def test_vectors_are_collected_a_window_at_a_time(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "VECTOR_BATCH_SIZE", 3)
    library.add(long_document(4))
    blob = bytes(4 * 384)
    model = library._indexer.model
    library._catalogue.save_vectors(model, [(f"orphan-{n}", blob, b"") for n in range(8)])
    library.add(long_document(2, name="more.txt", seed="more"))
    assert library.collect() == 8
    assert len(vector_keys(library)) == 6
    assert library.collect() == 0
