"""Settings come from one place, are checked, and nothing unknown passes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_DATA", str(tmp_path))
    for name in ("FOOTNOTE_MODEL", "FOOTNOTE_K", "FOOTNOTE_GGUF"):
        monkeypatch.delenv(name, raising=False)


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings.toml").write_text('k = 7\nport = 8000\nmodel = "none"\n')
    monkeypatch.setenv("FOOTNOTE_K", "9")
    monkeypatch.setenv("FOOTNOTE_PORT", "")
    settings = load_settings(model="local", threads=None)
    assert (settings.k, settings.port, settings.model) == (9, 8000, "local")
    assert settings.data == tmp_path
    assert settings.threads is None


def test_the_data_option_also_chooses_the_file(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "settings.toml").write_text('strictness = "strict"')
    assert load_settings(data=other).strictness == "strict"
    assert load_settings().strictness == "balanced"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("strictnes = 'strict'", "did you mean strictness"),
        ("colour = 'blue'", "there are data, models"),
        ("k = 0", "k cannot be 0"),
        ("model = 'gpt-4o'", "PROVIDER:MODEL"),
        ("model = ':'", "PROVIDER:MODEL"),
        ("strictness = 'harsh'", "strictness cannot be 'harsh'"),
        ("port = 70000", "port"),
        ("k = ", "cannot be read"),
        ("data = '/elsewhere'", "--data"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings()
    assert caught.value.exit_code == 2


def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_MODLE", "none")
    with pytest.raises(SettingsError, match="did you mean model"):
        load_settings()


def test_settings_are_frozen_and_a_variation_is_checked() -> None:
    settings = load_settings()
    with pytest.raises(FrozenInstanceError):
        settings.k = 3  # type: ignore[misc]
    assert replace(settings, k=3).k == 3
    with pytest.raises(ValidationError):
        replace(settings, k=-1)
