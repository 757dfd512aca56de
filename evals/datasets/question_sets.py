"""Question sets: find by path or name, load, write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from evals.datasets.case import Case, QuestionSet, SetError
from evals.datasets.case_validation import build_cases
from evals.datasets.importers import load_folder
from evals.datasets.set_files import FILE_READERS

OTHER_SCHEMA = ("hostile",)
"""Files next to the sets whose lines bring their own documents; tests read them."""


def load_set(path: str | Path) -> QuestionSet:
    """Read a set: ``.jsonl``, ``.yaml``/``.yml`` or ``.csv`` of our schema, a benchmark folder
    (``questions.jsonl`` and ``documents/``), or the name of a set that Footnote ships.

    Raises :class:`SetError` with every mistake found, each with its line.
    """
    place = _find(path)
    if place.is_dir():
        return load_folder(place)
    reader = FILE_READERS.get(place.suffix.lower())
    if reader is None:
        raise SetError(str(path), [f"“{place.suffix}” is not a set; use {', '.join(FILE_READERS)}"])
    return QuestionSet(place.stem, build_cases(place, list(reader(place))))


def shipped_sets() -> dict[str, Path]:
    """The sets that come with Footnote, by name: files, and folders that bring their documents."""
    home = Path(__file__).parent.parent / "sets"
    files = [file for file in home.glob("*.jsonl") if file.stem not in OTHER_SCHEMA]
    folders = [file.parent for file in home.glob("*/questions.jsonl")]
    return {place.stem: place for place in sorted([*files, *folders])}


def write_set(path: Path, cases: Sequence[Case], *, append: bool = False) -> None:
    """Write cases as JSONL; ``append`` adds them to what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a" if append else "w", encoding="utf-8") as file:
        for case in cases:
            file.write(json.dumps(case.as_row(), ensure_ascii=False) + "\n")


def _find(path: str | Path) -> Path:
    place = Path(path)
    if place.exists():
        return place
    shipped = shipped_sets()
    if str(path) in shipped:
        return shipped[str(path)]
    known = ", ".join(shipped) or "none"
    raise SetError(str(path), [f"there is no such file or folder; sets that come along: {known}"])
