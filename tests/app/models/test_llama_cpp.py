"""GGUF files by llama.cpp: a real engine, a real file of a model too small to make sense."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from app.models.base import ChatModel, ContextOverflow, ModelMissing, ModelTimeout
from app.models.factory import open_model
from app.models.llama_cpp import ChatLlamaCpp
from app.settings import load_settings
from tests.support.tiny_gguf import write_tiny_gguf

ASKED = [HumanMessage("What is it?")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatModel]:
    """The model as the setting ``gguf`` opens it."""
    folder = tmp_path_factory.mktemp("gguf")
    path = write_tiny_gguf(folder / "tiny.gguf")
    model = open_model(load_settings(data=folder, model="local", gguf=path, timeout_s=60))
    assert model is not None
    yield model
    model.close()


def test_it_writes_as_much_as_it_may_and_the_same_again(tiny: ChatModel) -> None:
    assert tiny.name == "local:tiny"
    replies = [tiny.chat.invoke(ASKED, max_tokens=9) for _ in range(2)]
    assert replies[0].content == replies[1].content != ""
    assert replies[0].usage_metadata is not None
    assert replies[0].usage_metadata["output_tokens"] == 9
    assert replies[0].response_metadata["finish_reason"] == "length"
    assert len(list(tiny.stream(ASKED, max_tokens=9))) > 1


def test_it_tells_log_probabilities(tiny: ChatModel) -> None:
    reply = tiny.chat.invoke(ASKED, max_tokens=1, logprobs=True, top_logprobs=5)
    (first,) = reply.response_metadata["logprobs"]["content"]
    odds = [c["logprob"] for c in first["top_logprobs"]]
    assert len(odds) == 5 and odds == sorted(odds, reverse=True) and odds[0] == first["logprob"]
    assert tiny.yes_log_odds(ASKED) is not None


def test_tokens_are_counted(tiny: ChatModel) -> None:
    assert tiny.chat.get_num_tokens("") == 0
    assert tiny.chat.get_num_tokens("hello world") == len("hello world")


def test_too_long_a_prompt_is_named(tiny: ChatModel) -> None:
    with pytest.raises(ContextOverflow, match="reads 4096"):
        list(tiny.stream([HumanMessage("word " * 1000)], max_tokens=5))


def test_a_slow_reply_is_cut_off_and_the_next_is_written(tiny: ChatModel) -> None:
    hurried = ChatModel(tiny.chat, "local", timeout_s=0.001)
    with pytest.raises(ModelTimeout, match=r"0\.001 seconds"):
        list(hurried.stream(ASKED, max_tokens=4000))
    assert list(tiny.stream(ASKED, max_tokens=3))


def test_it_loads_again_after_it_was_closed(tiny: ChatModel) -> None:
    before = "".join(tiny.stream(ASKED, max_tokens=5))
    tiny.close()
    tiny.close()
    assert "".join(tiny.stream(ASKED, max_tokens=5)) == before


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelMissing, match="not a GGUF model"):
        list(ChatLlamaCpp(model_path=tmp_path / "bad.gguf").stream("Hello?"))


def test_without_llama_cpp_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelMissing, match=r"footnote\[llama-cpp\]"):
        ChatLlamaCpp(model_path=tmp_path / "any.gguf").invoke("Hello?")


def test_threads_never_outnumber_the_cores(tmp_path: Path) -> None:
    chat = ChatLlamaCpp(model_path=tmp_path, threads=10_000)
    assert 1 <= chat.thread_count <= (os.cpu_count() or 1)
