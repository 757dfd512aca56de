"""Runs: identified by everything that determined them, written line by line, resumable.

A run's folder has ``run.json`` (everything that made it), ``lines.jsonl`` (a scored line a
question, the same bytes whenever the run is made), ``timings.jsonl`` (what differs each time) and
``summary.json``.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.settings import Settings
from evals.datasets.case import Case, QuestionSet
from evals.measures.citation_quality import Supports
from evals.runs.score_answers import score_batch
from evals.runs.summary import summarise
from evals.runs.systems import System, SystemAnswer
from ingest.errors import FootnoteError
from store.files.private_files import private_folder
from store.library import Library

MODEL_WORDS = {"none": "quoted", "local": "local model"}
Progress = Callable[[int, int], None]
"""Called with how many questions are scored, and of how many."""


class RunError(FootnoteError):
    """A run cannot be found or used."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Run:
    """A run as stored: its manifest, lines and timings, one a question and in order."""

    folder: Path
    manifest: dict[str, Any]
    lines: tuple[dict[str, Any], ...]
    timings: tuple[dict[str, Any], ...]

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.manifest["id"])

    @property
    def title(self) -> str:
        """A name for people: the system, what writes, and what differs from the usual settings."""
        system = self.manifest["system"]
        model = str(system.get("model") or "")
        if system["system"] != "footnote":
            return f"{system['system']} ({model})" if model else str(system["system"])
        parts = ["Footnote", MODEL_WORDS.get(model, model), str(system["strictness"])]
        parts += [f"at most {system['risk']} wrong"] if "risk" in system else []
        parts += [str(system["replies"])] if "replies" in system else []
        parts += [f"{system['search']} search"] if system["search"] != "hybrid" else []
        parts += [f"{system['k']} passages"] if system["k"] != Settings().k else []
        return ", ".join(parts)

    @property
    def complete(self) -> bool:
        """Whether every case was asked."""
        return len(self.lines) == int(self.manifest["questions"])

    def summary(self) -> dict[str, Any]:
        """Every figure with its interval."""
        return summarise(self.lines, self.timings)


def sample(cases: Sequence[Case], size: int, seed: int, balanced: bool = False) -> list[Case]:
    """``size`` of the cases, drawn with the seed, in their order in the set.

    ``balanced`` draws as many answerable as not, if there are enough of each.
    """
    rng = random.Random(seed)
    if not balanced:
        return _ordered(cases, rng.sample(range(len(cases)), min(size, len(cases))))
    yes = [at for at, case in enumerate(cases) if case.answerable]
    no = [at for at, case in enumerate(cases) if not case.answerable]
    half = min(size // 2, len(no))
    chosen = rng.sample(yes, min(size - half, len(yes))) + rng.sample(no, half)
    return _ordered(cases, chosen)


def _ordered(cases: Sequence[Case], places: Sequence[int]) -> list[Case]:
    return [cases[at] for at in sorted(places)]


@cache
def code_version() -> str:
    """12 hex digits of the hash of Footnote's own source files and data."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for room in ("app", "ingest", "store"):
        for file in sorted((root / room).rglob("*")):
            if file.suffix in {".py", ".onnx", ".json"}:
                digest.update(file.relative_to(root).as_posix().encode())
                digest.update(file.read_bytes())
    for file in sorted((root / "evals").rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def manifest(questions: QuestionSet, library: Library, system: System) -> dict[str, Any]:
    """Everything that makes a run, with ``id``: the hash of it all."""
    manifest_data = {
        "set": questions.name,
        "set_hash": questions.fingerprint,
        "questions": len(questions.cases),
        "documents": sorted([r.document, r.id] for r in library.documents()),
        "system": system.describe(),
        "code": code_version(),
    }
    identity = hashlib.sha256(json.dumps(manifest_data, sort_keys=True).encode()).hexdigest()[:12]
    return {"id": identity, **manifest_data}


def run_system(
    questions: QuestionSet,
    library: Library,
    system: System,
    supports: Supports,
    runs: Path,
    *,
    progress: Progress | None = None,
    fresh: bool = False,
    keep: Callable[[Path], None] = lambda _: None,
) -> Run:
    """Make the run, or what is left of it, under ``runs``; ``fresh`` makes all of it again.

    However it ends, ``keep`` is called with the run's folder.

    Interrupted at any moment, the same call goes on and ends with the same bytes: batches begin at
    the same questions, and what was half written is dropped.
    """
    made = manifest(questions, library, system)
    folder = runs / made["id"]
    if fresh and folder.exists():
        shutil.rmtree(folder)
    private_folder(runs)
    private_folder(folder)
    write_json(folder / "run.json", made)
    try:
        _ask_all(questions.cases, library, system, supports, folder, progress)
        finished = load_run(folder)
        write_json(folder / "summary.json", finished.summary())
    finally:
        keep(folder)
    return finished


def _ask_all(
    cases: Sequence[Case],
    library: Library,
    system: System,
    supports: Supports,
    folder: Path,
    progress: Progress | None,
) -> None:
    """Ask what is not scored yet."""
    done = _resume(folder / "lines.jsonl")
    begin = done if done == len(cases) else done - done % system.batch
    if 0 < begin < len(cases):
        system.replay(cases[begin - 1])
    for start in range(begin, len(cases), system.batch):
        batch = cases[start : start + system.batch]
        outcomes = list(system.outcomes(batch))
        lines = score_batch(batch, outcomes, supports, library.text)
        fresh_from = max(done - start, 0)
        timings = [_timing(c, o) for c, o in zip(batch, outcomes, strict=True)]
        _append(folder / "timings.jsonl", timings[fresh_from:])
        _append(folder / "lines.jsonl", lines[fresh_from:])
        if progress:
            progress(start + len(batch), len(cases))


def load_run(folder: Path) -> Run:
    """A stored run, finished or not. Raises :class:`RunError` if there is none."""
    try:
        data = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunError(f"There is no run in {folder}; see `footnote eval list`.") from error
    lines = _read(folder / "lines.jsonl")
    spent = {row["id"]: row for row in reversed(_read(folder / "timings.jsonl"))}
    return Run(folder, data, tuple(lines), tuple(spent[x["id"]] for x in lines if x["id"] in spent))


def find_run(runs: Path, name: str) -> Run:
    """The run of this folder, id or beginning of an id."""
    if Path(name).is_dir():
        return load_run(Path(name))
    paths = sorted(runs.glob(f"{name}*/run.json")) if name and "/" not in name else []
    if len(paths) > 1:
        raise RunError(f"“{name}” matches {len(paths)} runs; give more of the id.")
    if not paths:
        raise RunError(f"There is no run “{name}” in {runs}; see `footnote eval list`.")
    return load_run(paths[0].parent)


def all_runs(runs: Path) -> list[Run]:
    """Every stored run, the latest last."""
    files = sorted(runs.glob("*/run.json"), key=lambda file: file.stat().st_mtime)
    return [load_run(file.parent) for file in files]


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)


def _resume(path: Path) -> int:
    """How many lines are whole; a last one that is not is dropped."""
    if not path.exists():
        return 0
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with path.open("r+b") as file:
            file.truncate(whole)
    return data.count(b"\n")


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    rows = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(row) for row in rows]


def _append(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)


def _timing(case: Case, outcome: SystemAnswer) -> dict[str, Any]:
    spent = {name: round(ms, 1) for name, ms in outcome.answer.timings_ms.items()}
    return {"id": case.id, **spent}
