"""The pages are true: their commands and their Python run, their files and links exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from app.models.base import ChatModel
from app.settings import Settings
from tests.support.commands import Footnote
from tests.support.made import pdf_file, word_file

ROOT = Path(__file__).parent.parent
MOST_LINES = 150
HELP: dict[tuple[str, ...], str] = {}
pytestmark = pytest.mark.xdist_group("readme")  # one worker: it remembers what --help prints
PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "ingest/README.md",
    "app/SETTINGS.md",
    "app/answering/README.md",
    "app/cli/README.md",
    "app/http/README.md",
    "app/http/SECURITY.md",
    "app/public/README.md",
    ".deploy/README.md",
    "evals/README.md",
    "evals/sets/README.md",
)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(name: str) -> list[list[str]]:
    """The commands of a page's shell blocks, as words, without comments."""
    blocks = re.findall(r"```sh\n(.*?)```", page(name), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@cache
def all_files() -> list[str]:
    """The project's files, from its root on."""
    return [f"/{p.relative_to(ROOT)}" for p in ROOT.rglob("*.*") if ".venv" not in p.parts]


def help_of(footnote: Footnote, *command: str) -> str:
    """What ``--help`` of the command prints; each is asked once."""
    if command not in HELP:
        shown = footnote(*command, "--help")
        assert shown.code == 0, command
        HELP[command] = shown.out
    return HELP[command]


def test_the_first_page_is_short() -> None:
    assert len(page("README.md").splitlines()) <= MOST_LINES


def test_a_newcomer_can_follow_the_first_page(
    tmp_path: Path, footnote: Footnote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of the first page, in its order; the chat and ``make`` are tried elsewhere."""
    monkeypatch.chdir(tmp_path)
    lines = ["The towns of Leeds and Brno are twinned.", "The fee for the tour is 12 euros."]
    page_of = [(72, 700 - 60 * n, 12, line) for n, line in enumerate(lines)]
    (tmp_path / "report.pdf").write_bytes(pdf_file([page_of]))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "note.md").write_text("# Fees\n\nThe fee was 10 euros before.\n")
    ran = []
    for words in commands("README.md"):
        if words[0] == "make":
            dry = ["make", "--dry-run", "--always-make", *words[1:]]
            made = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True)
            assert "pytest" in made.stdout if words[1] == "test" else "footnote chat" in made.stdout
        elif words[1] != "chat":
            done = footnote(*words[1:])
            assert done.code == 0 or words[1] == "doctor", (words, done.err)
            ran.append(done.out)
    assert len(ran) == 8
    assert "Leeds and Brno are twinned" in ran[1]
    assert "unchanged" in ran[3]


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page_exist(name: str, footnote: Footnote) -> None:
    for line in commands(name):
        words = [word for word in line if "=" not in word or word.startswith("-")]
        if words and words[0] == "footnote":
            options = {word for word in words if word.startswith("--")}
            group = 3 if words[1] in ("users", "collections") else 2
            if words[1] == "answers" and "export" in words[2:3] or words[1] == "eval":
                group = 3 if words[2] in ("export", "compare", "report", "calibrate") else 2
            command = words[1:group] if words[1:group] != ["eval"] else ["eval", "run"]
            shown = help_of(footnote, *command)
            assert not [option for option in options if option not in shown], words


def test_the_python_of_the_pages_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    local_model: ChatModel,
) -> None:
    assert local_model.name == "local"  # its file is here now
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.docx").write_bytes(word_file())
    names: dict[str, object] = {}
    first = re.findall(r"```python\n(.*?)```", page("README.md"), re.DOTALL)
    snippets = re.findall(r"```python\n(.*?)```", page("app/public/README.md"), re.DOTALL)
    assert first == snippets[:1] and len(snippets) == 4
    for snippet in snippets:
        exec(snippet, names)
    said = capsys.readouterr().out
    assert "The harbour handled 4,120 ships. quoted (1,)" in said
    assert "Finished(answer=" in said
    assert said.count("4,120") > 2
    assert "'quote': " in said
    names["library"].close()  # type: ignore[attr-defined]


def test_every_setting_is_in_its_table() -> None:
    named = set(re.findall(r"`(\w+)`", page("app/SETTINGS.md")))
    assert {field.name for field in fields(Settings)} <= named


@pytest.mark.parametrize("name", PAGES)
def test_files_and_links_of_a_page_exist(name: str) -> None:
    text = page(name)
    for link in re.findall(r"\]\(([^)#]+)(?:#[\w-]*)?\)", text):
        target = (ROOT / name).parent / link
        assert link.startswith("http") or target.exists(), link
    named = set(re.findall(r"`(\w[\w/]*\.(?:py|json))`", text))
    assert not {one for one in named if not any(f.endswith(f"/{one}") for f in all_files())}
