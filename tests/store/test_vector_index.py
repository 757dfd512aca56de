"""The vectors beside the catalogue: right while Chroma lags, is elsewhere, lost or damaged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from store.embedding.embedder import Embedder
from store.library import Library
from store.vectors.vector_index import SYNC_STEP, Vectors
from tests.support.documents import long_document

QUESTION = "Which part is about number 25?"


def keys(library: Library, n: int = 5) -> list[str]:
    return [hit.stored.id for hit in library.search(QUESTION, n, mode="dense")]


def chroma_files(library: Library) -> list[Path]:
    return [path for path in (library.folder / "vectors").rglob("*") if path.is_file()]


def test_chroma_and_exact_comparison_agree(library: Library, embedder: Embedder) -> None:
    library.add(long_document(30))
    owner = library._vectors
    beside = Vectors(library.folder / "vectors", library._catalogue.vectors)
    for question in (QUESTION, "saddle", "timber 3"):
        vector = embedder.encode_queries([question])[0]
        by_chroma, compared = owner.nearest(vector, 7), beside.nearest(vector, 7)
        assert owner._index is not None
        assert beside._index is None
        assert [key for key, _ in by_chroma] == [key for key, _ in compared]
        assert np.allclose([c for _, c in by_chroma], [c for _, c in compared], atol=1e-5)


def test_what_chroma_does_not_hold_yet_is_found(library: Library) -> None:
    library.add(long_document(2))
    library.search(QUESTION)
    model = library._indexer.model
    rng = np.random.default_rng(1)
    made = rng.normal(size=(3 * SYNC_STEP, 384)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    blobs = [(f"made-{n}", vector.tobytes(), b"") for n, vector in enumerate(made)]
    library._catalogue.save_vectors(model, blobs)
    for n in (0, SYNC_STEP, 3 * SYNC_STEP - 1):
        assert library._vectors.nearest(made[n], 1)[0][0] == f"made-{n}"
    chroma = library._vectors._index
    assert chroma is not None
    assert chroma.follows.seq == 2 + 3 * SYNC_STEP


def damage_catalogue_of_chroma(folder: Path) -> None:
    next(folder.rglob("chroma.sqlite3")).write_bytes(b"garbage" * 1000)


def damage_cut_short(folder: Path) -> None:
    file = next(folder.rglob("chroma.sqlite3"))
    file.write_bytes(file.read_bytes()[:20_000])


def damage_emptied(folder: Path) -> None:
    next(folder.rglob("chroma.sqlite3")).write_bytes(b"")


def damage_index(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and file.name not in ("chroma.sqlite3", "follows.json"):
            file.write_bytes(b"xyz" * 100)


def damage_index_gone(folder: Path) -> None:
    for file in list(folder.rglob("*")):
        if file.is_file() and file.name not in ("chroma.sqlite3", "follows.json"):
            file.unlink()


def damage_note(folder: Path) -> None:
    (folder / "follows.json").write_text("{")


def damage_gone(folder: Path) -> None:
    shutil.rmtree(folder)


def damage_to_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("not a folder")


@pytest.mark.parametrize(
    "damage",
    [
        damage_catalogue_of_chroma,
        damage_cut_short,
        damage_emptied,
        damage_index,
        damage_index_gone,
        damage_note,
        damage_gone,
        damage_to_a_file,
    ],
    ids=lambda damage: damage.__name__.removeprefix("damage_"),
)
def test_a_damaged_folder_is_rebuilt(
    library: Library, embedder: Embedder, damage: Callable[[Path], None]
) -> None:
    # More vectors than Chroma keeps in its log, so that the index is on the disk.
    library.add(long_document(10))
    rng = np.random.default_rng(2)
    made = rng.normal(size=(1500, 384)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    library._catalogue.save_vectors(
        library._indexer.model, [(f"{n}", vector.tobytes(), b"") for n, vector in enumerate(made)]
    )
    library._vectors.sync()
    before = keys(library)
    assert len(before) == 5
    library.close()
    damage(library.folder / "vectors")
    with Library.open(library.folder, embedder) as again:
        assert keys(again) == before
        again._vectors.sync()
        assert again._vectors._index is not None
        assert again._vectors._index._items.count() == 1510
        assert keys(again) == before


def test_damage_while_it_is_open_loses_nothing(library: Library) -> None:
    library.add(long_document(10))
    before = keys(library)
    shutil.rmtree(library.folder / "vectors")
    library.add(long_document(11))
    assert keys(library)[0] == before[0]


def test_collected_vectors_leave_chroma_and_other_processes(
    library: Library, embedder: Embedder
) -> None:
    library.add(long_document(4))
    assert len(keys(library, 9)) == 4
    with Library.open(library.folder, embedder) as beside:
        assert len(keys(beside, 9)) == 4
        beside.remove("long.txt", purge=True)
        assert keys(beside) == keys(library) == []
        assert beside._vectors.nearest(np.ones(384, dtype=np.float32), 9) == []
        assert library._vectors.nearest(np.ones(384, dtype=np.float32), 9) == []


def test_a_second_library_sees_changes_and_takes_over(library: Library, embedder: Embedder) -> None:
    library.add(long_document(4))
    with Library.open(library.folder, embedder) as beside:
        assert len(keys(beside, 9)) == 4
        library.add(long_document(6))
        assert len(keys(beside, 9)) == 6
        assert beside._vectors._index is None
        beside.add(long_document(8))
        assert len(keys(library, 9)) == 8
        library.close()
        assert len(keys(beside, 9)) == 8
        assert beside._vectors._index is not None


def test_without_room_for_chroma_search_goes_on(library: Library, embedder: Embedder) -> None:
    library.add(long_document(4))
    library.close()
    shutil.rmtree(library.folder / "vectors")
    with Library.open(library.folder, embedder) as again:
        again._vectors._folder = Path("/proc/no-folder-can-be-made-here")
        assert again._vectors._acquire() is False
        assert len(keys(again, 9)) == 4
