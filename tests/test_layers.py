"""Imports go one way: ingest <- store <- app <- evals; and heavy libraries stay where they are."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("ingest", "store", "app", "evals")


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_comes_before_it(room: str) -> None:
    later = set(ROOMS[ROOMS.index(room) + 1 :])
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    against = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files
        for module in imported(path)
        if module.split(".")[0] in later
    }
    assert not against


def test_chroma_is_imported_in_one_file() -> None:
    # The evaluation's baselines are pipelines of their own, with a Chroma of their own.
    files = [path for room in ROOMS[:-1] for path in (ROOT / room).rglob("*.py")]
    using = {
        str(path.relative_to(ROOT))
        for path in files
        if any(module.split(".")[0] == "chromadb" for module in imported(path))
    }
    assert using == {str(Path("store/vectors.py"))}


def test_opening_a_library_loads_no_heavy_library() -> None:
    heavy = ("torch", "sentence_transformers", "chromadb", "transformers")
    code = f"import sys, store.library; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
