"""The wheel, installed outside the checkout: ``import footnote`` and the command work from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import footnote

with footnote.open_library("data") as library:
    library.add(footnote.load(str(footnote.sample_path())))
    answerer = footnote.Answerer(library, footnote.load_settings(data="data", model="none"))
    answer = answerer.answer("Which corridor goes through the Caspian?")
    citation = answer.citations[0]
    assert library.text(citation.revision)[citation.start : citation.end] == citation.quote
    print(footnote.__file__, citation.quote)
"""


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Standard output of a command, which must succeed."""
    done = subprocess.run(
        [*map(str, command)],
        check=False,
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what git knows of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in run("git", "ls-files", "-z", cwd=ROOT).split("\0"):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "source" / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run(*command, "--wheel-dir", folder, folder / "source", cwd=folder)
    return next(folder.glob("footnote-*.whl"))


def test_the_wheel_ingests_and_answers(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    installed = Path(run(python, "-c", "import site; print(site.getsitepackages()[0])",
                         cwd=tmp_path).strip())  # fmt: skip
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    run(*command, wheel, cwd=tmp_path)
    # The libraries come from the tests' environment; its own link to the checkout is not followed.
    libraries = sysconfig.get_path("purelib")
    said = run(python, "-c", PROGRAM, cwd=tmp_path, PYTHONPATH=libraries)
    assert said.startswith(str(installed)) and "Middle Corridor" in said
    listed = run(tmp_path / "venv" / "bin" / "footnote", "documents", "--data", "data",
                 cwd=tmp_path, PYTHONPATH=libraries)  # fmt: skip
    assert "briefing.md" in listed


def test_it_holds_what_is_used_and_no_more(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"footnote/__init__.py", "app/data/reader.onnx", "evals/sets/briefing.jsonl"} <= names
    left_out = ("tests/", "evals/benchmarks/", "evals/training/", "app/public/")
    assert not [name for name in names if name.startswith(left_out)]
