"""The README is true: its Python runs, its files exist, and its table has every setting."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.models.base import ChatModel
from app.settings import Settings
from tests.support.made import word_file

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_python_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    local_model: ChatModel,
) -> None:
    assert local_model.name == "local"  # its file is here now
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.docx").write_bytes(word_file())
    names: dict[str, object] = {}
    snippets = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(snippets) == 4
    for snippet in snippets:
        exec(snippet, names)
    said = capsys.readouterr().out
    assert "The harbour handled 4,120 ships. quoted (1,)" in said
    assert "Finished(answer=" in said
    assert said.count("4,120") > 2
    assert "'quote': " in said
    names["library"].close()  # type: ignore[attr-defined]


def test_every_setting_is_in_its_table() -> None:
    table = README.partition("## Settings")[2].partition("## ")[0]
    named = set(re.findall(r"`(\w+)`", table))
    assert {field.name for field in fields(Settings)} <= named


def test_its_files_exist() -> None:
    walk = README.partition("## Architecture")[2]
    names = set(re.findall(r"`([\w/]+\.(?:py|json))`", walk))
    assert len(names) > 25
    files = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*.*") if ".venv" not in p.parts]
    missing = {name for name in names if not any(f"/{f}".endswith(f"/{name}") for f in files)}
    assert not missing
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("http") or (ROOT / link).exists(), link
