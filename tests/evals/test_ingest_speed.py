"""The measurement of ingest's speed: its documents are seeded, and it measures what it says."""

from __future__ import annotations

from pathlib import Path

from evals.benchmarks.ingest_speed import Figures, measure, passage_texts, write_documents
from store.embedding.embedder import Embedder


def test_the_documents_are_the_same_for_a_seed(tmp_path: Path) -> None:
    def texts(name: str, seed: int) -> list[str]:
        folder = tmp_path / name
        folder.mkdir()
        return [file.read_text() for file in write_documents(folder, 3, seed)]

    assert texts("a", 1) == texts("b", 1) != texts("c", 2)


def test_it_takes_in_what_it_encodes(tmp_path: Path, embedder: Embedder) -> None:
    (tmp_path / "files").mkdir()
    files = write_documents(tmp_path / "files", 2, seed=1)
    figures = measure(tmp_path / "data", files)
    assert figures.documents == 2
    assert figures.passages == len(passage_texts(embedder, files)) >= 20
    assert min(figures.encoder_s, figures.ingest_s, figures.again_s, figures.memory_mb) > 0


def test_a_missed_bar_is_named() -> None:
    good = Figures(1000, 12000, 95.0, 100.0, 1.9, 1400)
    assert list(good.failures()) == []
    slow, again, memory = Figures(1000, 12000, 89.0, 100.0, 2.1, 1600).failures()
    assert "0.890" in slow
    assert "unchanged" in again
    assert "1600 MB" in memory
