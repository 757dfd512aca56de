"""Chat models: the real local one, a server on this machine through LangChain, and what fails."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from math import log
from pathlib import Path
from threading import Event, Thread

import pytest
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from app.models.base import (
    ChatModel,
    ContextOverflow,
    ModelError,
    ModelMissing,
    ModelTimeout,
    log_masses,
)
from app.models.factory import open_model
from app.models.worker_stream import Outlet, worker_stream
from app.settings import load_settings
from tests.support.scripted import ScriptedChat


def ask(text: str) -> list[BaseMessage]:
    return [SystemMessage("Answer in few words."), HumanMessage(text)]


class TestLocal:
    def test_it_streams_a_reply(self, local_model: ChatModel) -> None:
        pieces = list(
            local_model.stream(ask("Name the capital of France in a full sentence."), max_tokens=20)
        )
        assert "Paris" in "".join(pieces)
        assert len(pieces) > 1

    def test_the_same_question_gets_the_same_reply(self, local_model: ChatModel) -> None:
        first, second = (
            "".join(local_model.stream(ask("Name three colours."), max_tokens=16)) for _ in range(2)
        )
        assert first == second

    def test_stop_ends_before_the_word(self, local_model: ChatModel) -> None:
        question = ask("Count: 1 2 3 4 5 6. Say exactly that.")
        whole = "".join(local_model.stream(question, max_tokens=30))
        # Whether the model counts in figures or in words is its own choice.
        stop = re.findall(r"\w+", whole)[3]
        reply = "".join(local_model.stream(question, max_tokens=30, stop=[stop]))
        before = whole[: whole.index(stop)]
        assert len(re.findall(r"\w+", before)) == 3
        assert reply.rstrip() == before.rstrip()

    def test_yes_and_no(self, local_model: ChatModel) -> None:
        def odds(question: str) -> float:
            odds = local_model.yes_log_odds(ask(f"{question} Answer yes or no."))
            assert odds is not None
            return odds

        assert odds("Is Paris in France?") > 1 > -1 > odds("Is Paris in Japan?")

    def test_tokens_are_counted(self, local_model: ChatModel) -> None:
        assert local_model.chat.get_num_tokens("") == 0
        assert local_model.chat.get_num_tokens("hello world") == 2

    def test_too_long_a_prompt_is_named(self, local_model: ChatModel) -> None:
        with pytest.raises(ContextOverflow, match="reads 4096") as caught:
            list(local_model.stream(ask("word " * 5000), max_tokens=5))
        assert caught.value.exit_code == 2

    def test_closing_the_stream_frees_the_model(self, local_model: ChatModel) -> None:
        reply = local_model.stream(ask("Write a very long story about the sea."), max_tokens=900)
        next(reply)
        reply.close()
        began = time.monotonic()
        assert "".join(local_model.stream(ask("What is 2+2? Only the number."), max_tokens=4))
        assert time.monotonic() - began < 60

    def test_two_threads_both_get_their_own_reply(self, local_model: ChatModel) -> None:
        replies: dict[str, str] = {}

        def run(country: str) -> None:
            question = ask(f"What is the capital of {country}? One word.")
            replies[country] = "".join(local_model.stream(question, max_tokens=6))

        threads = [Thread(target=run, args=(c,)) for c in ("Italy", "Spain", "Japan")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert "Rome" in replies["Italy"]
        assert "Madrid" in replies["Spain"]
        assert "Tokyo" in replies["Japan"]

    def test_a_slow_reply_is_cut_off(self, local_model: ChatModel) -> None:
        hurried = ChatModel(local_model.chat, "local", timeout_s=0.01)
        with pytest.raises(ModelTimeout, match=r"0\.01 seconds"):
            list(hurried.stream(ask("Write a long story."), max_tokens=200))


class TestChoice:
    def test_none_means_quotes(self, tmp_path: Path) -> None:
        assert open_model(load_settings(data=tmp_path, model="none")) is None

    def test_auto_means_quotes_until_it_is_pulled(self, tmp_path: Path, env: None) -> None:
        assert open_model(load_settings(data=tmp_path, models=tmp_path)) is None

    def test_local_without_its_file_names_the_command(self, tmp_path: Path, env: None) -> None:
        with pytest.raises(ModelMissing, match="footnote pull"):
            open_model(load_settings(data=tmp_path, models=tmp_path, model="local"))

    @pytest.mark.parametrize("model", ["auto", "local"])
    def test_a_named_file_that_is_missing_is_named(self, tmp_path: Path, model: str) -> None:
        settings = load_settings(data=tmp_path, model=model, gguf=tmp_path / "own.gguf")
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


class TestProvider:
    def test_pieces_and_options_pass_through(self) -> None:
        chat = ScriptedChat(replies=["It is [1]."], heard=[])
        model = ChatModel(chat, "test:one")
        assert "".join(model.stream(ask("Why?"), max_tokens=7, stop=["x"])) == "It is [1]."
        assert chat.heard == [
            {"stop": ["x"], "roles": ["system", "human"], "asked": "Why?", "max_tokens": 7}
        ]

    def test_a_provider_has_its_own_name_for_the_length(self) -> None:
        chat = ScriptedChat(replies=["It is."], heard=[])
        list(ChatModel(chat, "ollama:small").stream(ask("Why?"), max_tokens=7))
        assert chat.heard[0]["num_predict"] == 7

    def test_one_that_hangs_is_cut_off(self) -> None:
        held = Event()
        model = ChatModel(ScriptedChat(replies=["It"], gate=held), "test:one", timeout_s=0.3)
        with pytest.raises(ModelTimeout):
            next(model.stream(ask("Why?"), max_tokens=7))
        held.set()

    @pytest.mark.parametrize(
        ("raised", "expected"),
        [(RuntimeError("quota used up"), ModelError), (TimeoutError("slow"), ModelTimeout)],
    )
    def test_whatever_a_provider_raises_is_ours(
        self, raised: Exception, expected: type[ModelError]
    ) -> None:
        model = ChatModel(ScriptedChat(replies=["It"], fails=raised), "test:one")
        with pytest.raises(expected, match=str(raised)):
            list(model.stream(ask("Why?"), max_tokens=7))

    def test_log_odds_where_they_are_told(self) -> None:
        model = ChatModel(ScriptedChat(yes=log(3)), "test:one")
        assert model.yes_log_odds(ask("Is it?")) == pytest.approx(log(3))
        assert ChatModel(ScriptedChat(), "test:one").yes_log_odds(ask("Is it?")) is None


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
def test_words_in_any_form_count(candidates: Sequence[tuple[str, float]], expected: float) -> None:
    told = log_masses(candidates, ("yes", "no"))
    assert told["yes"] - told["no"] == pytest.approx(expected)


def test_a_worker_learns_that_nobody_listens() -> None:
    stopped = Event()

    def work(outlet: Outlet[str]) -> None:
        while not outlet.closed:
            outlet.put("x")
            time.sleep(0.001)
        stopped.set()

    pieces = worker_stream(work, timeout_s=60)
    assert next(pieces) == "x"
    pieces.close()
    assert stopped.wait(60)
