"""Chat models: the real local one, a server on this machine through LangChain, and what fails."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from app.local_model import LocalModel
from app.models import (
    ContextOverflow,
    Message,
    ModelError,
    ModelMissing,
    ModelTimeout,
    open_model,
    yes_log_odds,
)
from app.provider_model import ProviderModel
from app.pull import model_path, pull
from app.relay import Turnstile, relay
from app.settings import load_settings


@pytest.fixture(scope="module")
def local() -> Iterator[LocalModel]:
    """The real local model, pulled where it is not here yet."""
    settings = load_settings()
    path = model_path(settings) or pull(settings.models, lambda *_: None)
    model = LocalModel(path, context=1024, timeout_s=240)
    yield model
    model.close()


def ask(text: str) -> list[Message]:
    return [Message("system", "Answer in few words."), Message("user", text)]


class TestLocal:
    def test_it_streams_a_reply(self, local: LocalModel) -> None:
        pieces = list(
            local.stream(ask("Name the capital of France in a full sentence."), max_tokens=20)
        )
        assert "Paris" in "".join(pieces)
        assert len(pieces) > 1

    def test_the_same_question_gets_the_same_reply(self, local: LocalModel) -> None:
        first, second = (
            "".join(local.stream(ask("Name three colours."), max_tokens=16)) for _ in range(2)
        )
        assert first == second

    def test_stop_ends_before_the_word(self, local: LocalModel) -> None:
        reply = "".join(
            local.stream(ask("Count: 1 2 3 4 5 6. Say exactly that."), max_tokens=30, stop=["4"])
        )
        assert "3" in reply
        assert "4" not in reply

    def test_yes_and_no(self, local: LocalModel) -> None:
        def odds(question: str) -> float:
            return local.yes_probability(ask(f"{question} Answer yes or no."))

        assert odds("Is Paris in France?") > 1 > -1 > odds("Is Paris in Japan?")

    def test_tokens_are_counted(self, local: LocalModel) -> None:
        assert local.count_tokens("") == 0
        assert local.count_tokens("hello world") == 2

    def test_too_long_a_prompt_is_named(self, local: LocalModel) -> None:
        with pytest.raises(ContextOverflow, match="reads 1024") as caught:
            list(local.stream(ask("word " * 3000), max_tokens=5))
        assert caught.value.exit_code == 2

    def test_closing_the_stream_frees_the_model(self, local: LocalModel) -> None:
        reply = local.stream(ask("Write a very long story about the sea."), max_tokens=900)
        next(reply)
        reply.close()
        began = time.monotonic()
        assert "".join(local.stream(ask("What is 2+2? Only the number."), max_tokens=4))
        assert time.monotonic() - began < 60

    def test_two_threads_both_get_their_own_reply(self, local: LocalModel) -> None:
        replies: dict[str, str] = {}

        def run(country: str) -> None:
            question = ask(f"What is the capital of {country}? One word.")
            replies[country] = "".join(local.stream(question, max_tokens=6))

        threads = [Thread(target=run, args=(c,)) for c in ("Italy", "Spain", "Japan")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert "Rome" in replies["Italy"]
        assert "Madrid" in replies["Spain"]
        assert "Tokyo" in replies["Japan"]

    def test_a_slow_reply_is_cut_off(self, local: LocalModel) -> None:
        hurried = LocalModel(local._path)
        hurried._engine, hurried._timeout_s = local._open(), 0.01
        with pytest.raises(ModelTimeout, match=r"0\.01 seconds"):
            list(hurried.stream(ask("Write a long story."), max_tokens=200))


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelMissing, match="footnote pull"):
        list(LocalModel(tmp_path / "bad.gguf").stream(ask("Hello?"), max_tokens=1))


def test_threads_never_outnumber_the_cores(tmp_path: Path) -> None:
    import os

    assert LocalModel(tmp_path, threads=10_000)._threads <= (os.cpu_count() or 1)


class TestChoice:
    def test_none_means_quotes(self, tmp_path: Path) -> None:
        assert open_model(load_settings(data=tmp_path, model="none")) is None

    def test_auto_means_quotes_until_it_is_pulled(self, tmp_path: Path, env: None) -> None:
        assert open_model(load_settings(data=tmp_path, models=tmp_path)) is None

    def test_local_without_its_file_names_the_command(self, tmp_path: Path, env: None) -> None:
        with pytest.raises(ModelMissing, match="footnote pull"):
            open_model(load_settings(data=tmp_path, models=tmp_path, model="local"))

    def test_a_named_file_that_is_missing_is_named(self, tmp_path: Path) -> None:
        settings = load_settings(data=tmp_path, gguf=tmp_path / "own.gguf")
        with pytest.raises(ModelMissing, match=r"own\.gguf"):
            open_model(settings)

    def test_a_missing_package_names_the_extra(self, tmp_path: Path) -> None:
        pytest.importorskip("langchain")
        settings = load_settings(data=tmp_path, model="anthropic:claude")
        with pytest.raises(ModelMissing, match=r"footnote\[anthropic\]|ANTHROPIC_API_KEY"):
            open_model(settings)

    def test_an_unknown_provider_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelMissing, match="nobody:x") as caught:
            open_model(load_settings(data=tmp_path, model="nobody:x"))
        assert caught.value.exit_code == 2

    @pytest.fixture
    def env(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("FOOTNOTE_GGUF", raising=False)


class Scripted(BaseChatModel):
    """A chat model that says what it is told; with ``hang`` it never ends, with ``fail`` raises."""

    says: list[str] = []
    hang: Any = None
    fail: Any = None
    heard: list[dict[str, Any]] = []

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        reply = AIMessage("".join(self.says))
        return ChatResult(generations=[ChatGeneration(message=reply)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        self.heard.append({"stop": stop, "roles": [m.type for m in messages], **kwargs})
        for piece in self.says:
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        if self.fail:
            raise self.fail
        if self.hang:
            self.hang.wait()


class ScriptedWithOdds(Scripted):
    """One that tells log-probabilities as OpenAI's do."""

    top_logprobs: int | None = None

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        top = [{"token": "Yes", "logprob": log(0.6)}, {"token": " no", "logprob": log(0.2)}]
        reply = AIMessage(
            "Yes", response_metadata={"logprobs": {"content": [{"top_logprobs": top}]}}
        )
        return ChatResult(generations=[ChatGeneration(message=reply)])


class TestProvider:
    def test_pieces_and_options_pass_through(self) -> None:
        chat = Scripted(says=["It ", "is ", "[1]."])
        model = ProviderModel("test:one", chat=chat)
        assert list(model.stream(ask("Why?"), max_tokens=7, stop=["x"])) == ["It ", "is ", "[1]."]
        assert chat.heard == [{"stop": ["x"], "roles": ["system", "human"], "max_tokens": 7}]

    def test_one_that_hangs_is_cut_off(self) -> None:
        held = Event()
        model = ProviderModel("test:one", timeout_s=0.3, chat=Scripted(says=["It"], hang=held))
        pieces = model.stream(ask("Why?"), max_tokens=7)
        assert next(pieces) == "It"
        with pytest.raises(ModelTimeout):
            next(pieces)
        held.set()

    @pytest.mark.parametrize(
        ("raised", "expected"),
        [(RuntimeError("quota used up"), ModelError), (TimeoutError("slow"), ModelTimeout)],
    )
    def test_whatever_a_provider_raises_is_ours(
        self, raised: Exception, expected: type[ModelError]
    ) -> None:
        model = ProviderModel("test:one", chat=Scripted(says=["It"], fail=raised))
        with pytest.raises(expected, match=str(raised)):
            list(model.stream(ask("Why?"), max_tokens=7))

    def test_log_odds_where_they_are_told(self) -> None:
        model = ProviderModel("test:one", chat=ScriptedWithOdds())
        assert model.yes_probability(ask("Is it?")) == pytest.approx(log(3))
        assert ProviderModel("test:one", chat=Scripted()).yes_probability(ask("Is it?")) is None


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([("Yes", log(0.5)), (" yes", log(0.1)), ("No", log(0.2))], log(3)),
        ([("yes.", log(0.9)), ("Maybe", log(0.01))], log(90)),
        ([("NO", log(0.9)), ("Maybe", log(0.01))], -log(90)),
        ([("Maybe", log(0.5)), ("Perhaps", log(0.2))], 0.0),
        ([], 0.0),
    ],
)
def test_yes_log_odds(candidates: Sequence[tuple[str, float]], expected: float) -> None:
    assert yes_log_odds(candidates) == pytest.approx(expected)


def test_the_turnstile_lets_through_in_order() -> None:
    turnstile, order = Turnstile(), list[int]()
    turnstile.enter(1)

    def pass_through(number: int) -> None:
        with turnstile.turn(5):
            order.append(number)

    threads = []
    for number in range(5):
        threads.append(Thread(target=pass_through, args=(number,)))
        threads[-1].start()
        while len(turnstile._waiting) < number + 2:
            time.sleep(0.001)
    with pytest.raises(ModelTimeout, match="busy"):
        turnstile.enter(0.01)
    turnstile.leave()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_a_producer_learns_that_nobody_listens() -> None:
    stopped = Event()

    def produce(emit: Any) -> None:
        while not emit("x"):
            time.sleep(0.001)
        stopped.set()

    pieces = relay(produce, 5)
    assert next(pieces) == "x"
    pieces.close()
    assert stopped.wait(2)
