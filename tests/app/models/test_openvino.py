"""The engine of the local model: what it reads again, what lookup changes, how text comes out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from app.models.base import ChatModel, ModelMissing
from app.models.openvino import causal_lm
from app.models.openvino.causal_lm import CausalLM, Step
from app.models.openvino.chat import ChatOpenVINO, _chooser, _Writer

SYSTEM = SystemMessage("Repeat what the user says, word for word.")
SENTENCE = "The lighthouse keeper of Northport counted forty ships in the fog."


class Bytes:
    """A tokenizer whose tokens are bytes."""

    def decode(self, tokens: Sequence[int]) -> str:
        return bytes(tokens).decode("utf-8", errors="replace")


def written(text: str, **options: Any) -> tuple[list[str], _Writer]:
    """The pieces in which a text comes out, until it is stopped."""
    writer = _Writer(Bytes(), {"stop": [], **options})  # type: ignore[arg-type]
    pieces: list[str] = []
    for token in text.encode():
        pieces += [c.text for c in writer.add(Step(token, np.zeros(256, np.float32)))]
        if writer.stopped:
            break
    pieces += [c.text for c in writer.finish()]
    return pieces, writer


class TestText:
    def test_a_character_of_several_tokens_comes_whole(self) -> None:
        pieces, _ = written("né 🎉")
        assert pieces == ["n", "é", " ", "🎉"]

    def test_nothing_of_a_stop_word_is_shown(self) -> None:
        pieces, writer = written("one STOP two", stop=["STOP"])
        assert "".join(pieces) == "one "
        assert writer.stopped

    def test_what_only_begins_like_a_stop_word_is_shown(self) -> None:
        pieces, writer = written("one STORM", stop=["STOP"])
        assert "".join(pieces) == "one STORM"
        assert "STO" not in pieces and not writer.stopped
        assert "".join(written("one STO", stop=["STOP"])[0]) == "one STO"

    def test_each_token_has_its_log_probability(self) -> None:
        writer = _Writer(Bytes(), {"stop": [], "logprobs": True, "top_logprobs": 2})  # type: ignore[arg-type]
        logits = np.full(256, -50.0, np.float32)
        logits[ord("a")], logits[ord("b")] = 2.0, 1.0
        (chunk,) = writer.add(Step(ord("a"), logits))
        (told,) = chunk.message.response_metadata["logprobs"]["content"]
        assert [c["token"] for c in told["top_logprobs"]] == ["a", "b"]
        assert told["logprob"] == pytest.approx(-np.log1p(np.exp(-1)), abs=1e-5)
        assert told["top_logprobs"][0]["logprob"] - told["top_logprobs"][1]["logprob"] == 1.0


def test_a_temperature_draws_alike_each_time() -> None:
    logits = np.random.default_rng(1).normal(size=50).astype(np.float32)
    draws = [[choose(logits) for _ in range(20)] for choose in (_chooser(1.0), _chooser(1.0))]
    assert draws[0] == draws[1]
    assert len(set(draws[0])) > 1
    assert {_chooser(0.0)(logits)} == {int(np.argmax(logits))}


def test_lookup_proposes_what_followed_the_same_words() -> None:
    assert causal_lm._proposed([1, 2, 3, 4, 5, 1, 2, 3], 2) == [4, 5]
    assert causal_lm._proposed([1, 2, 3, 4, 9, 2, 3], 3) == [4, 9, 2]
    assert causal_lm._proposed([7, 2, 3, 1, 7, 2, 3, 8, 7, 2, 3], 1) == [8]
    assert causal_lm._proposed([1, 2, 3, 4, 5], 3) == []


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    (tmp_path / causal_lm.GRAPH).write_text("<net")
    with pytest.raises(ModelMissing, match=r"cannot be loaded.*Delete that folder") as caught:
        ChatOpenVINO(model_path=tmp_path).invoke("Hello?")
    assert str(tmp_path) in str(caught.value)


def conversation(engine: CausalLM, text: str) -> list[int]:
    return engine.prompt(
        [{"role": "system", "content": "Be short."}, {"role": "user", "content": text}]
    )


def shares_its_beginning(engine: CausalLM) -> tuple[list[int], list[int]]:
    """Two prompts that differ only at their ends."""
    long = "A list of ships: " + ", ".join(f"ship {n}" for n in range(60))
    first, second = (conversation(engine, f"{long}. {ask}") for ask in ("How many?", "Which?"))
    return first, second


def test_only_what_differs_is_read_again(local_engine: CausalLM, tokens_fed: list[int]) -> None:
    first, second = shares_its_beginning(local_engine)
    local_engine.read(first, lambda: True)
    tokens_fed.clear()
    local_engine.read(second, lambda: True)
    assert 0 < sum(tokens_fed) < causal_lm.READ_BLOCK + 15
    tokens_fed.clear()
    local_engine.read(second, lambda: True)
    assert not tokens_fed


def test_a_prompt_is_read_alike_whatever_was_read_before(local_engine: CausalLM) -> None:
    first, second = shares_its_beginning(local_engine)
    alone = np.array(local_engine.read(first, lambda: True))
    state = local_engine.state()
    steps = list(local_engine.reply(first, alone, 12, lambda row: int(row.argmax())))
    written = [step.token for step in steps]
    for before in (second, first, [*first, *written], first[:-3], second[:70], [1, 2, 3]):
        local_engine.read(before, lambda: True)
        again = local_engine.read(first, lambda: True)
        assert np.array_equal(again, alone)
        assert np.array_equal(local_engine.state(), state)


def test_a_state_needs_a_whole_prompt(local_engine: CausalLM) -> None:
    local_engine.states([1, 2, 3])
    with pytest.raises(ValueError, match="No prompt"):
        local_engine.state()


def test_reading_ends_once_nobody_wants_it(local_engine: CausalLM, tokens_fed: list[int]) -> None:
    tokens = conversation(local_engine, "word " * 300)
    wanted = iter([True, False])
    assert local_engine.read(tokens, lambda: next(wanted)) is None
    assert len(tokens_fed) == 1
    assert local_engine.read(tokens, lambda: True) is not None  # the rest is read after all


def test_lookup_changes_no_reply_and_takes_fewer_passes(
    local_model: ChatModel, tokens_fed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [SYSTEM, HumanMessage(f"{SENTENCE} {SENTENCE}")]
    quick = "".join(local_model.stream(asked, max_tokens=24))
    assert quick.startswith(SENTENCE)
    passes = len(tokens_fed)
    tokens_fed.clear()
    monkeypatch.setattr(causal_lm, "_proposed", lambda seen, most: [])
    assert "".join(local_model.stream(asked, max_tokens=24)) == quick
    assert len(tokens_fed) > 1.5 * passes


def test_a_reply_is_as_long_as_it_may_be(local_model: ChatModel) -> None:
    for most in (1, 7, 12):
        reply = local_model.chat.invoke([SYSTEM, HumanMessage(SENTENCE * 3)], max_tokens=most)
        assert reply.usage_metadata is not None
        assert reply.usage_metadata["output_tokens"] == most
        assert reply.response_metadata["finish_reason"] == "length"
