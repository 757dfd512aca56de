"""Pulling the local model: what is converted, what a failure or a kill leaves, what is found."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.models.base import ChatModel
from app.models.download import QWEN_1_5B, NoRoom, PullError
from app.models.factory import open_model
from app.models.openvino.convert import NotConverted, convert, main
from app.models.pull import CONVERTED, is_downloaded, model_path, pull
from app.settings import load_settings
from tests.support.tiny_gguf import write_tiny_gguf


@pytest.fixture
def downloaded(tmp_path: Path) -> Path:
    """A folder with a downloaded model that is too small for a conversion."""
    write_tiny_gguf(tmp_path / QWEN_1_5B.file)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if not p.name.endswith(".lock")}


def test_a_file_that_is_not_converted_stays(downloaded: Path) -> None:
    """It was verified, and llama.cpp may run it."""
    with pytest.raises(PullError, match="could not be converted.*FOOTNOTE_GGUF="):
        pull(downloaded, lambda *_: None)
    assert names(downloaded) == {QWEN_1_5B.file}


def test_a_converted_model_must_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    replies = iter(["Paris.", "?!?!"])
    pipeline = SimpleNamespace(generate=lambda question, max_new_tokens: next(replies))
    library = SimpleNamespace(LLMPipeline=lambda *_, **__: pipeline)
    monkeypatch.setitem(sys.modules, "openvino_genai", library)
    main("any.gguf")
    with pytest.raises(SystemExit, match=r"replies “\?!\?!” to “What is the capital of France"):
        main("any.gguf")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(NotConverted):
        convert(tmp_path / "bad.gguf", tmp_path / "bad")
    assert names(tmp_path) == {"bad.gguf"}


def test_a_kill_while_it_is_converted_leaves_nothing_half(downloaded: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from app.models.pull import pull\n"
        "pull(Path(sys.argv[1]), lambda *_: None)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(downloaded)])
    while not [n for n in names(downloaded) if "converting" in n]:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (downloaded / CONVERTED).exists()
    with pytest.raises(PullError, match="could not be converted"):  # the next one tries again
        pull(downloaded, lambda *_: None)
    assert names(downloaded) == {QWEN_1_5B.file}


def test_no_room_for_the_converted_model_is_said_first(
    downloaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.models.pull.CONVERTED_BYTES", 10**16)
    with pytest.raises(NoRoom, match="FOOTNOTE_MODELS"):
        pull(downloaded, lambda *_: None)
    assert names(downloaded) == {QWEN_1_5B.file}


def test_a_folder_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PullError, match="cannot be kept"):
        pull(tmp_path / "file" / "models", lambda *_: None)


def test_the_local_model_is_converted_once_and_kept_once(local_model: ChatModel) -> None:
    folder = load_settings().models
    steps: list[tuple[str, int, int]] = []
    assert pull(folder, lambda *step: steps.append(step)) == folder / CONVERTED
    assert steps == []
    assert names(folder) == {CONVERTED}


def test_model_path_tells_only_what_is_there(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path, models=tmp_path, gguf=tmp_path / "own.gguf")
    assert model_path(settings) is None
    (tmp_path / "own.gguf").write_bytes(b"GGUF")
    assert model_path(settings) == tmp_path / "own.gguf"


def test_a_file_of_an_earlier_version_is_converted_when_the_model_is_opened(
    downloaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOOTNOTE_GGUF", raising=False)
    settings = load_settings(data=downloaded, models=downloaded, offline=True)
    assert model_path(settings) is None and is_downloaded(downloaded)
    with pytest.raises(PullError, match="could not be converted"):
        open_model(settings)
