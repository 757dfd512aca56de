"""The library: revisions, repeats, moves, removal and settings, with the real parts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.document import Block, BlockKind, Document
from ingest.load import load
from ingest.split import PROGRESS_EVERY
from store.embedding.embedder import Embedder
from store.embedding.sentence_transformer import SentenceTransformerEmbedder
from store.indexing import indexer
from store.indexing.indexer import CHUNK_PASSAGES
from store.library import Library
from store.results import IngestReport, StoreError
from tests.support.documents import document_of, long_document, vector_keys
from tests.support.made import pdf_file

pytestmark = pytest.mark.usefixtures("both_databases")


class CountingEmbedder(SentenceTransformerEmbedder):
    """The real embedder, telling which texts it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def encode_documents(self, texts, progress=None) -> NDArray[np.float32]:  # type: ignore[no-untyped-def]
        self.seen += list(texts)
        return super().encode_documents(texts, progress)


def edited(document: Document, old: str, new: str) -> Document:
    """The document with a paragraph's words changed."""
    assert old in document.text
    paragraphs = [document.text[b.start : b.end].replace(old, new) for b in document.blocks]
    return document_of(*[p for p in paragraphs if p], name=document.name, source=document.source)


def found(library: Library, question: str) -> str:
    return library.search(question, 1)[0].stored.passage.text


def test_the_same_twice_embeds_nothing(tmp_path: Path, sample: Document) -> None:
    embedder = CountingEmbedder()
    with Library.open(tmp_path, embedder) as library:
        first = library.add(sample)
        assert (first.status, first.embedded) == ("added", first.passages)
        embedder.seen.clear()
        again = library.add(sample)
        assert (again.status, again.embedded, again.revision) == ("unchanged", 0, first.revision)
        assert embedder.seen == []
        assert len(library.history(sample.name)) == 1


def test_a_small_change_embeds_only_its_passage(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    before = long_document(12)
    with Library.open(tmp_path, embedder) as library:
        first = library.add(before)
        assert first.passages == 12
        embedder.seen.clear()
        report = library.add(edited(before, "Part 7 is about number 49", "Part 7 is about nothing"))
        assert (report.status, report.embedded) == ("changed", 1)
        # The passage, and its one sentence that no other passage has.
        assert len(embedder.seen) == 2
        assert all("Part 7 is about nothing" in text for text in embedder.seen)
        assert "about nothing" in embedder.seen[0]
        old, new = library.history(before.name)
        assert (old.current, new.current, new.number) == (False, True, 2)
        assert "number 49" in library.text(old.id)
        everything = library.search("Part 7", 50)
        assert {hit.stored.revision for hit in everything} == {new.id}


def test_text_that_comes_back_is_the_same_revision(library: Library, sample: Document) -> None:
    first = library.add(sample)
    library.add(edited(sample, "1871", "1872"))
    back = library.add(sample)
    assert (back.status, back.embedded, back.revision) == ("changed", 0, first.revision)
    assert [each.current for each in library.history(sample.name)] == [True, False]
    assert "1871" in found(library, "When was the lighthouse built?")


def test_one_text_otherwise_divided_is_one_revision(library: Library, sample: Document) -> None:
    first = library.add(sample)
    whole = replace(sample, blocks=(Block(BlockKind.PARAGRAPH, 0, len(sample.text)),))
    second = library.add(whole)
    assert second.revision == first.revision
    assert len(library.blocks(second.revision)) == 1
    assert len(library.search("lighthouse", 50)) == second.passages


def test_one_name_from_two_folders_is_two_documents(library: Library, sample: Document) -> None:
    library.add(sample)
    other = library.add(replace(edited(sample, "1871", "1999"), source="/elsewhere/lighthouse.txt"))
    assert other.status == "added"
    assert len(library.documents()) == 2
    assert len(library.search("lighthouse", 5, documents=["lighthouse.txt"])) == 2
    with pytest.raises(StoreError, match="say which"):
        library.history("lighthouse.txt")
    assert len(library.history("/elsewhere/lighthouse.txt")) == 1


def test_a_moved_file_is_recognised_and_a_copy_is_not(
    library: Library, tmp_path: Path, sample: Document
) -> None:
    old, new, copy = (tmp_path / name for name in ("old.txt", "new.txt", "copy.txt"))
    old.write_text("x")

    def at(path: Path) -> Document:
        return replace(sample, title="Skerrow", name=path.name, source=str(path))

    first = library.add(at(old))
    old.rename(new)
    moved = library.add(at(new))
    assert (moved.status, moved.embedded, moved.revision) == ("moved", 0, first.revision)
    assert [(each.document, each.source) for each in library.documents()] == [("new.txt", str(new))]
    copy.write_text("x")
    assert library.add(at(copy)).status == "added"
    old.write_text("y")
    back = library.add(document_of("Something new at the old place.", source=str(old)))
    assert back.status == "added"
    assert len(library.documents()) == 3


def test_dry_run_changes_nothing(library: Library, sample: Document) -> None:
    planned = library.add(sample, dry_run=True)
    assert (planned.status, planned.embedded) == ("added", planned.passages)
    assert library.documents() == []
    library.add(sample)
    change = edited(sample, "1871", "1872")
    assert library.add(change, dry_run=True).status == "changed"
    assert library.add(change, dry_run=True).embedded == 1
    assert len(library.history(sample.name)) == 1


def test_one_bad_document_does_not_stop_the_rest(library: Library, sample: Document) -> None:
    bad = document_of("half a character: \ud800", name="bad.txt")
    reports = list(library.add_many([bad, sample]))
    assert sorted(report.status for report in reports) == ["added", "failed"]
    failed = next(report for report in reports if report.status == "failed")
    assert "bad.txt" in failed.error
    with pytest.raises(StoreError, match=r"bad\.txt"):
        library.add(bad)
    assert [each.document for each in library.documents()] == ["lighthouse.txt"]


def test_progress_counts_up_to_the_end(library: Library) -> None:
    steps: list[tuple[str, int, int]] = []
    library.add(long_document(40), progress=lambda *step: steps.append(step))
    embedding = [step[1:] for step in steps if step[0] == "embedding"]
    assert embedding[-1] == (40, 40)
    assert [done for done, _ in embedding] == sorted(done for done, _ in embedding)


def test_what_was_embedded_before_an_interruption_is_kept(library: Library) -> None:
    def interrupted(what: str, done: int, total: int) -> None:
        if what == "embedding" and done > CHUNK_PASSAGES:
            raise KeyboardInterrupt

    long = long_document(3 * CHUNK_PASSAGES)
    with pytest.raises(KeyboardInterrupt):
        library.add(long, progress=interrupted)
    assert library.add(long).embedded == 2 * CHUNK_PASSAGES


def test_what_was_read_long_ago_does_not_wait_for_more(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill while slow scans are read leaves those that were read before."""
    monkeypatch.setattr(indexer, "MAX_WAITING_S", 0.0)
    current: list[int] = []

    def slow() -> Iterator[Document]:
        for number in range(3):
            current.append(len(library.documents()))
            yield document_of(f"Scan {number}.", name=f"{number}.txt")

    list(library.add_many(slow()))
    assert current == [0, 1, 2]


def test_the_splitting_of_a_long_document_is_reported(library: Library) -> None:
    steps: list[tuple[str, int, int]] = []
    long = long_document(2 * PROGRESS_EVERY)
    library.add(long, lambda *step: steps.append(step), dry_run=True)
    total = len(long.text) // 1000
    assert [what for what, *_ in steps] == ["splitting"] * 2
    assert 0 < steps[0][1] < steps[1][1] == steps[1][2] == total


def test_an_empty_document_is_kept(library: Library) -> None:
    report = library.add(Document("empty.txt", "empty", "", (), "/documents/empty.txt"))
    assert (report.status, report.passages) == ("added", 0)
    assert library.search("anything") == []
    assert library.text(report.revision) == ""


def test_restore_brings_a_revision_back(library: Library, sample: Document) -> None:
    library.add(sample)
    library.add(edited(sample, "Ada Thornbury", "Ida Fell"))
    assert "Ida Fell" in found(library, "Who built the lighthouse?")
    restored = library.restore(sample.name, 1)
    assert restored.current
    assert "Ada Thornbury" in found(library, "Who built the lighthouse?")
    with pytest.raises(StoreError, match="no revision 7"):
        library.restore(sample.name, 7)


def test_removed_is_not_found_but_kept(library: Library, sample: Document) -> None:
    report = library.add(sample)
    library.remove(sample.name)
    assert library.documents() == []
    assert library.search("lighthouse") == []
    assert library.text(report.revision) == sample.text
    with pytest.raises(StoreError, match="no document"):
        library.remove(sample.name)
    library.restore(sample.name, 1)
    assert library.search("lighthouse")


def test_purged_is_gone_from_every_byte(library: Library, sample: Document) -> None:
    secret = "Quixotryzzle"
    kept = library.add(sample)
    library.add(document_of(f"The password is {secret}.", name="secret.txt"))
    library.search(f"What is the password {secret}?")
    library.remove("secret.txt", purge=True)
    with pytest.raises(StoreError):
        library.history("secret.txt")
    assert library.search(secret, mode="lexical") == []
    assert {hit.stored.revision for hit in library.search("password", 9)} == {kept.revision}
    library.close()
    everything = b"".join(p.read_bytes() for p in library.folder.rglob("*") if p.is_file())
    assert secret.encode() not in everything
    assert secret.lower().encode() not in everything


def test_collect_keeps_what_revisions_need(library: Library, sample: Document) -> None:
    library.add(sample)
    library.add(edited(sample, "1871", "1872"))
    assert library.collect() == 0
    library.remove(sample.name, purge=True)
    assert library.collect() == 0
    library._catalogue.save_vectors(library._indexer.model, [("orphan", bytes(4 * 384), b"")])
    assert library.collect() == 1


def test_the_bytes_of_a_pdf_are_kept_as_they_were_read(
    library: Library, sample: Document, tmp_path: Path
) -> None:
    file = tmp_path / "paper.pdf"
    file.write_bytes(was := pdf_file([[(72, 700, 12, "The harbour is deep.")]]))
    document = load(str(file))
    file.write_bytes(pdf_file([[(72, 700, 12, "Another edition, saved meanwhile.")]]))
    report = library.add(document)
    assert library.original(report.revision) == (was, ())
    other = library.add(replace(sample, source="/documents/other.txt"))
    assert library.original(other.revision) is None


def test_new_metadata_of_unchanged_text_is_kept(library: Library, sample: Document) -> None:
    library.add(replace(sample, metadata={"etag": "one"}))
    assert library.add(replace(sample, metadata={"etag": "two"})).status == "unchanged"
    assert library.documents()[0].metadata["etag"] == "two"


def test_another_splitter_setting_is_refused_until_reindex(
    tmp_path: Path, embedder: Embedder
) -> None:
    with Library.open(tmp_path, embedder) as library:
        library.add(long_document(6))
    with Library.open(tmp_path, embedder, split_limit=64) as library:
        assert len(library.documents()) == 1
        for refused in (
            lambda: library.search("granite"),
            lambda: library.add(long_document(1)),
        ):
            with pytest.raises(StoreError, match="footnote reindex"):
                refused()
        assert library.reindex() > 6
        assert library.documents()[0].passages > 6
        assert library.search("granite", 20)
        for passage in library.passages(library.documents()[0].id):
            assert embedder.count_tokens(passage.passage.text) <= 64
        assert library.reindex() == 0


def test_another_embedder_is_refused_until_reindex(tmp_path: Path, embedder: Embedder) -> None:
    class Other(SentenceTransformerEmbedder):
        fingerprint = "other"  # type: ignore[assignment]

    with Library.open(tmp_path, embedder) as library:
        first = library.add(long_document(3))
        keys = {passage.id for passage in library.passages(first.revision)}
    with Library.open(tmp_path, Other()) as library:
        with pytest.raises(StoreError, match="another embedder"):
            library.search("granite")
        assert library.reindex() == 3
        assert not keys & {passage.id for passage in library.passages(first.revision)}
        assert len(library.search("granite", 5, mode="dense")) == 3
        assert vector_keys(library) == {passage.id for passage in library.passages(first.revision)}


@pytest.mark.parametrize("both_databases", ["sqlite"], indirect=True)
def test_a_newer_catalogue_is_refused(tmp_path: Path, embedder: Embedder) -> None:
    Library.open(tmp_path, embedder).close()
    with sqlite3.connect(tmp_path / "catalogue.sqlite3") as db:
        db.execute("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(StoreError, match="newer Footnote"):
        Library.open(tmp_path, embedder)


@pytest.mark.parametrize("both_databases", ["sqlite"], indirect=True)
def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path, embedder: Embedder) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(StoreError, match="writable"):
        Library.open(file, embedder)
    (tmp_path / "catalogue.sqlite3").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="damaged"):
        Library.open(tmp_path, embedder)


def test_add_many_reports_each(library: Library) -> None:
    documents = [long_document(3, name=f"{n}.txt", seed=str(n)) for n in range(5)]
    reports: list[IngestReport] = list(library.add_many(documents))
    assert [report.document for report in reports] == [f"{n}.txt" for n in range(5)]
    assert all(report.embedded == 3 for report in reports)
