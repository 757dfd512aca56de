"""Runs ``footnote`` as its users do, in this process: exit code, standard output and error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


class Footnote:
    """``footnote(*arguments)`` in a data folder of its own, answering in quotes."""

    def __init__(
        self, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.data = data
        self._patch, self._capsys = monkeypatch, capsys
        monkeypatch.setenv("FOOTNOTE_DATA", str(data))
        monkeypatch.setenv("FOOTNOTE_MODEL", "none")

    def __call__(self, *arguments: str | Path) -> Outcome:
        self._patch.setattr("sys.argv", ["footnote", *map(str, arguments)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        return Outcome(int(ended.value.code or 0), out, err)
